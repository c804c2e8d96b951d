"""How long a request takes through each hop at half load, and while prices are read anew.

    python -m tests.bench.latency --otelcol OTELCOL [--workloads ae] [--rounds 3] [--seconds 5]

Half load is half of what the slowest of the hops got through just before, and the same for all. `direct` has no hop:
what a hop adds is what it takes beyond that. The second part has our service alone, with a table of ROWS rows that is
replaced again and again: the requests that were due while one was read, against those of a run without.
"""

from __future__ import annotations

import contextlib
import itertools
import statistics
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench import report
from tests.bench.hop import parser, starts
from tests.bench.hops import ours
from tests.bench.machine import facts
from tests.bench.pace import Answer, paced, quantile
from tests.bench.running import Hop, Sink, running, sink
from tests.bench.sending import saturated
from tests.bench.tables import table
from tests.bench.traffic import WORKLOADS, Bodies

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

SHARES: Final = {"p50": 0.5, "p99": 0.99}
ROWS: Final = 5000
PAUSE_S: Final = 0.5
Span = tuple[float, float]


def half_load(hops: dict[str, Hop], bodies: Bodies, sink: Sink) -> float:
    """Requests a second: half of what the slowest gets through."""
    rates = [saturated("grpc", [hop], bodies, 1.0, sink).rate for hop in hops.values()]
    return min(rates) / bodies.workload.spans / 2


def row(name: str, load: float, rounds: Sequence[Sequence[Answer]], **more: Any) -> report.Row:
    """Quantiles of each round."""
    made: report.Row = {"hop": name, **more, "requests_per_s": round(load, 1)}
    for share, value in SHARES.items():
        made[share] = [
            round(quantile([one.ms for one in answers], value), 3) for answers in rounds
        ]
    return made


def tell(title: str, rows: Sequence[report.Row]) -> None:
    print(title)
    floor = {share: statistics.median(rows[0][share]) for share in SHARES}
    for each in rows:
        line = f"  {each['hop']:12}"
        for share in SHARES:
            middle = statistics.median(each[share])
            spread = f"({min(each[share]):.2f} to {max(each[share]):.2f})"
            line += f"  {share} {middle:7.2f} ms {spread}, {middle - floor[share]:+.2f}"
        print(line, flush=True)


def side_by_side(asked: argparse.Namespace) -> Iterator[report.Row]:
    for key in asked.workloads:
        bodies = WORKLOADS[key].bodies()
        with sink() as next_hop, contextlib.ExitStack() as stack:
            hops = {
                name: stack.enter_context(running(start, "grpc", next_hop.grpc))
                for name, start in starts(asked).items()
            }
            load = half_load(hops, bodies, next_hop)
            ports = {"direct": next_hop.grpc, **{name: hop.port for name, hop in hops.items()}}
            found: dict[str, list[list[Answer]]] = {name: [] for name in ports}
            for _, (name, port) in itertools.product(range(asked.rounds), ports.items()):
                found[name].append(paced("grpc", port, bodies, load, asked.seconds))
            rows = [row(name, load, each, workload=key) for name, each in found.items()]
            tell(f"{key}: {bodies.workload.title}, {load:.0f} requests a second", rows)
            yield from rows


def reloaded(
    hop: Hop, prices: Path, ready: list[Path], stop: threading.Event, read: list[Span]
) -> None:
    """Replaces the table until told to stop; notes when each came and when it was in use."""
    while ready:
        version = ready[-1].stem
        began = time.monotonic()
        ready.pop().replace(prices)
        while f"prices are {version}" not in _end(hop.folder / "log"):
            if stop.wait(0.005):
                return
        read.append((began, time.monotonic()))
        if stop.wait(PAUSE_S):
            return


def _end(log: Path) -> str:
    return log.read_bytes()[-4000:].decode(errors="replace")


def while_reloading(asked: argparse.Namespace) -> Iterator[report.Row]:
    bodies = WORKLOADS["a"].bodies()
    most = round(asked.rounds * (1 + asked.seconds / PAUSE_S))
    prices = Path(asked.folder, "prices.json")
    table(prices, ROWS, "bench-0")
    ready = [Path(asked.folder, f"bench-{number}") for number in range(1, 1 + most)]
    for file in ready:
        table(file, ROWS, file.stem)
    service = ours(asked.compiled, pricing={"sources": [{"file": str(prices)}]})
    quiet: list[list[Answer]] = []
    during: list[list[Answer]] = []
    took: list[float] = []
    with sink() as next_hop, running(service, "grpc", next_hop.grpc) as hop:
        load = half_load({"compiled": hop}, bodies, next_hop)
        for _ in range(asked.rounds):
            quiet.append(paced("grpc", hop.port, bodies, load, asked.seconds))
            stop, read = threading.Event(), list[Span]()
            writer = threading.Thread(target=reloaded, args=(hop, prices, ready, stop, read))
            writer.start()
            answers = paced("grpc", hop.port, bodies, load, asked.seconds)
            stop.set()
            writer.join()
            took += [end - began for began, end in read]
            during.append([a for a in answers if any(b <= a.due <= e for b, e in read)])
    told = {"reload_s": round(statistics.median(took), 2), "reloads": len(took)}
    rows = [
        row("without", load, quiet, workload="a", rows=ROWS),
        row("during", load, during, workload="a", rows=ROWS, **told),
    ]
    tell(f"reloads of {ROWS} rows, {len(took)} of {told['reload_s']} s each", rows)
    yield from rows


def main() -> None:
    more = parser(__doc__)
    more.add_argument("--workloads", default="ae")
    more.set_defaults(rounds=3, seconds=5.0, hops="bare,compiled,collector,transform")
    asked = more.parse_args()
    with contextlib.ExitStack() as stack:
        asked.folder = stack.enter_context(report.folder())
        rows = itertools.chain(side_by_side(asked), while_reloading(asked))
        report.write(asked.json, "latency", facts(Path(asked.otelcol)), rows)


if __name__ == "__main__":
    main()
