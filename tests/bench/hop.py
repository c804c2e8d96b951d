"""CPU per span of five hops in turn in one run: bare, ours compiled and interpreted, a Collector without and with prices.

    python -m tests.bench.hop --otelcol OTELCOL [--interpreted GENAI_COST] [--transports grpc,http+gzip] [--workloads abcdef]

CPU is user + system of the hop's own process, from the operating system; the answer is given after the next
hop's. Without +gzip nobody compresses. Only ratios within one run mean anything.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import answers, report
from tests.bench.hops import TRANSPORTS, Hop, Sink, bare, collector, ours, running, sink
from tests.bench.machine import facts, rss_mib
from tests.bench.sending import Measured, saturated
from tests.bench.traffic import WORKLOADS, Bodies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PRICING = {"compiled", "interpreted", "transform"}


def parser(what: str | None) -> argparse.ArgumentParser:
    """What all benchmarks of hops are told."""
    made = argparse.ArgumentParser(description=what, formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument("--compiled", default=".venv/bin/genai-cost")
    made.add_argument("--interpreted", default="", help="left out: not measured")
    made.add_argument("--otelcol", default="", help="the Collector of tests/bench/collector.yaml; left out: not measured")
    made.add_argument("--hops", default="", help="some of bare,compiled,interpreted,collector,transform")
    made.add_argument("--rounds", type=int, default=5)
    made.add_argument("--seconds", type=float, default=1.5)
    made.add_argument("--json", type=Path, help="where the results are written")
    return made


def starts(asked: argparse.Namespace) -> dict[str, Callable[..., list[str]]]:
    """The hops that are asked for and there."""
    known: dict[str, Callable[..., list[str]]] = {"bare": bare}
    if asked.compiled:
        known["compiled"] = ours(asked.compiled)
    if asked.interpreted:
        known["interpreted"] = ours(asked.interpreted)
    if asked.otelcol:
        known["collector"] = collector(asked.otelcol)
        known["transform"] = collector(asked.otelcol, priced=True)
    names = asked.hops.split(",") if asked.hops else list(known)
    return {name: known[name] for name in names}


def one_workload(
    transport: str, bodies: Bodies, hops: dict[str, Hop], sink: Sink, asked: argparse.Namespace
) -> dict[str, list[Measured]]:
    """All hops in turn, round by round; before that each does it once untimed and is looked at."""
    body = bodies.fresh()
    seen = {
        name: answers.through(transport, hop.port, sink, body) for name, hop in hops.items()
    }
    answers.compare(seen, PRICING, len(answers.costs(body)))
    found: dict[str, list[Measured]] = {name: [] for name in hops}
    for turn in range(asked.rounds + 1):
        for name, hop in hops.items():
            seconds = asked.seconds if turn else 0.3
            measured = saturated(transport, hop.port, bodies, seconds, [hop.pid], sink)
            if turn:
                found[name].append(measured)
    return found


def measure(asked: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Rows of results, a workload and a hop each."""
    workloads = {key: WORKLOADS[key].bodies() for key in asked.workloads}
    for transport in asked.transports.split(","):
        with sink() as next_hop, contextlib.ExitStack() as stack:
            hops = {
                name: stack.enter_context(running(start, transport, next_hop.port(transport)))
                for name, start in starts(asked).items()
            }
            for key, bodies in workloads.items():
                found = one_workload(transport, bodies, hops, next_hop, asked)
                rows = [
                    report.row(transport, key, name, each, rss_mib(hops[name].pid))
                    for name, each in found.items()
                ]
                report.tell(f"{time.strftime('%H:%M:%S')} {transport} {key}: {bodies.workload.title}", rows)
                yield from rows


def main() -> None:
    more = parser(__doc__)
    more.add_argument("--transports", default="grpc", help=",".join(TRANSPORTS))
    more.add_argument("--workloads", default="abcdef")
    asked = more.parse_args()
    rows = list(measure(asked))
    report.write(asked.json, "hops", facts(Path(asked.otelcol)), rows)


if __name__ == "__main__":
    main()
