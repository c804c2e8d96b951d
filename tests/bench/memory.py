"""Resident memory under load for as long as one likes: at half of its capacity, looked at every ten seconds.

python -m tests.bench.memory [--minutes 10] [--otelcol OTELCOL --hops compiled,transform]
"""

from __future__ import annotations

from pathlib import Path

from tests.bench import report
from tests.bench.hop import parser, starts
from tests.bench.latency import half_load
from tests.bench.machine import facts, rss_mib
from tests.bench.pace import paced
from tests.bench.running import running, sink
from tests.bench.traffic import WORKLOADS

LOOK_S = 10.0


def main() -> None:
    more = parser(__doc__)
    more.add_argument("--minutes", type=float, default=10.0)
    more.add_argument("--workload", default="a")
    more.set_defaults(hops="compiled")
    asked = more.parse_args()
    bodies = WORKLOADS[asked.workload].bodies()
    rows: list[report.Row] = []
    for name, start in starts(asked).items():
        with sink() as next_hop, running(start, "grpc", next_hop.grpc) as hop:
            resident = [round(rss_mib(hop.pid))]
            load = half_load({name: hop}, bodies, next_hop)
            while (len(resident) - 1) * LOOK_S < asked.minutes * 60:
                paced("grpc", hop.port, bodies, load, LOOK_S)
                resident.append(round(rss_mib(hop.pid)))
                if len(resident) % 6 == 1:
                    print(
                        f"  {name} after {len(resident) // 6} min: {resident[-1]} MiB",
                        flush=True,
                    )
        rows.append(
            {
                "hop": name,
                "workload": asked.workload,
                "minutes": asked.minutes,
                "spans_per_s": round(load * bodies.workload.spans),
                "rss_mib": resident,
            }
        )
    report.write(asked.json, "memory", facts(Path(asked.otelcol)), rows)


if __name__ == "__main__":
    main()
