"""Whole pipelines, every process counted: prices by rules inside a Collector, and by our service beside or instead of it.

    python -m tests.bench.pipelines --otelcol OTELCOL [--workloads ace] [--rounds 5]

Each is measured from the first process to the last before the sink, which is the same for all. Nothing batches and
nothing queues, so each answers after the sink did; but for small requests (e) there are two with a Collector that
makes large ones of them.
"""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import answers, report
from tests.bench.hop import parser
from tests.bench.hops import Start, collector, ours
from tests.bench.machine import facts, rss_mib
from tests.bench.running import Hop, Sink, running, sink
from tests.bench.sending import Measured, saturated
from tests.bench.traffic import WORKLOADS, Bodies
from tests.doubles.ports import free_ports

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

Pipeline = list[Hop]
BATCHING = {"batching Collector with transform", "batching Collector, then ours"}


def pipelines(
    asked: argparse.Namespace, sink: Sink, stack: contextlib.ExitStack
) -> dict[str, Pipeline]:
    """Each with its processes, the first one first."""

    def start(which: Start, next_port: int) -> Hop:
        return stack.enter_context(running(which, "grpc", next_port))

    service, plain = ours(asked.compiled), collector(asked.otelcol)
    behind, back = start(service, sink.grpc), free_ports(1)[0]
    beside = start(service, back)
    there_and_back = collector(asked.otelcol, back=(back, sink.grpc))
    batching = collector(asked.otelcol, batched=True)
    batching_priced = collector(asked.otelcol, batched=True, priced=True)
    return {
        "Collector": [start(plain, sink.grpc)],
        "Collector with transform": [start(collector(asked.otelcol, priced=True), sink.grpc)],
        "Collector, then ours": [start(plain, behind.port), behind],
        "Collector, ours, the same Collector": [start(there_and_back, beside.port), beside],
        "ours in the Collector's place": [start(service, sink.grpc)],
        "batching Collector with transform": [start(batching_priced, sink.grpc)],
        "batching Collector, then ours": [start(batching, behind.port), behind],
    }


def measured(
    asked: argparse.Namespace, key: str, found: dict[str, Pipeline], sink: Sink
) -> list[report.Row]:
    bodies: Bodies = WORKLOADS[key].bodies()
    found = {name: hops for name, hops in found.items() if key == "e" or name not in BATCHING}
    body = bodies.fresh()
    seen = {
        name: answers.through("grpc", hops[0].port, sink, body) for name, hops in found.items()
    }
    answers.compare(seen, set(found) - {"Collector"}, len(answers.costs(body)))
    rounds: dict[str, list[Measured]] = {name: [] for name in found}
    for turn, (name, hops) in itertools.product(range(asked.rounds + 1), found.items()):
        seconds, settle_s = (asked.seconds if turn else 0.3), (name in BATCHING) * 0.5
        one = saturated("grpc", hops, bodies, seconds, sink, settle_s=settle_s)
        rounds[name] += [one] if turn else []
    return [
        report.row("grpc", key, name, each, sum(rss_mib(hop.pid) for hop in found[name]))
        for name, each in rounds.items()
    ]


def measure(asked: argparse.Namespace) -> Iterator[report.Row]:
    with sink() as next_hop, contextlib.ExitStack() as stack:
        found = pipelines(asked, next_hop, stack)
        for key in asked.workloads:
            rows = measured(asked, key, found, next_hop)
            report.tell(f"{key}: {WORKLOADS[key].title}", rows)
            yield from rows


def main() -> None:
    more = parser(__doc__)
    more.add_argument("--workloads", default="ace")
    asked = more.parse_args()
    report.write(asked.json, "pipelines", facts(Path(asked.otelcol)), measure(asked))


if __name__ == "__main__":
    main()
