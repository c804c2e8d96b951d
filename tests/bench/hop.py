"""CPU per span of five hops in turn in one run: bare, ours compiled and interpreted, a Collector without and with prices.

    python -m tests.bench.hop --otelcol OTELCOL [--interpreted GENAI_COST] [--transports grpc,http+gzip] [--workloads abcdef]

`--written collector` has the requests in the bytes of a Collector, which writes a message's fields from the last to the
first, instead of an SDK's. CPU is user + system of the hop's own process, from the operating system; the answer is given after the next
hop's. Without +gzip nobody compresses. Only ratios within one run mean anything.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import answers, report
from tests.bench.hops import TRANSPORTS, Start, bare, collector, ours
from tests.bench.machine import facts, rss_mib
from tests.bench.running import Hop, Sink, running, sink
from tests.bench.sending import Measured, last_taken, saturated, senders
from tests.bench.traffic import WORKLOADS, Bodies

if TYPE_CHECKING:
    from collections.abc import Iterator

PRICING = {"compiled", "interpreted", "transform", "compiled+batch", "transform+batch"}


def _end(_signal: int, _frame: object) -> None:
    sys.exit(143)


def parser(what: str | None) -> argparse.ArgumentParser:
    """What all benchmarks of hops are told; one that is ended ends its hops."""
    signal.signal(signal.SIGTERM, _end)
    made = argparse.ArgumentParser(
        description=what, formatter_class=argparse.RawTextHelpFormatter
    )
    made.add_argument("--compiled", default=".venv/bin/genai-cost")
    made.add_argument("--interpreted", default="", help="left out: not measured")
    made.add_argument(
        "--otelcol",
        default="",
        help="the Collector of tests/bench/collector.yaml; left out: not measured",
    )
    made.add_argument(
        "--hops",
        default="",
        help="some of bare,compiled,interpreted,collector,transform,compiled+batch,transform+batch",
    )
    made.add_argument("--rounds", type=int, default=5)
    made.add_argument("--seconds", type=float, default=1.5)
    made.add_argument("--json", type=Path, help="where the results are written")
    return made


def starts(asked: argparse.Namespace) -> dict[str, Start]:
    """The hops that are asked for and there."""
    known: dict[str, Start] = {"bare": bare}
    if asked.compiled:
        known["compiled"] = ours(asked.compiled)
    if asked.interpreted:
        known["interpreted"] = ours(asked.interpreted)
    if asked.otelcol:
        known["collector"] = collector(asked.otelcol)
        known["transform"] = collector(asked.otelcol, priced=True)
    names = asked.hops.split(",") if asked.hops else list(known)
    # Only where they are asked for: they are for small requests.
    if asked.compiled:
        known["compiled+batch"] = ours(asked.compiled, together=True)
    if asked.otelcol:
        known["transform+batch"] = collector(asked.otelcol, priced=True, together=True)
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
            measured = saturated(transport, [hop], bodies, seconds, sink)
            if turn:
                found[name].append(measured)
    return found


def workloads(asked: argparse.Namespace, written: str) -> dict[str, Bodies]:
    """The requests, in the bytes of whom they are to be written by."""
    chosen = [(key, WORKLOADS[key]) for key in asked.workloads]
    if written == "sdk":
        return {key: workload.bodies() for key, workload in chosen}
    with (
        sink() as next_hop,
        running(collector(asked.otelcol), "grpc", next_hop.grpc) as hop,
        contextlib.ExitStack() as stack,
    ):
        send = senders("grpc", hop.port, 1, stack)[0]

        def through(body: bytes) -> bytes:
            send(body)
            return last_taken(next_hop)

        return {key: workload.bodies(through) for key, workload in chosen}


def measure(asked: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Rows of results, a workload and a hop each."""
    for written in asked.written.split(","):
        made = workloads(asked, written)
        for transport in asked.transports.split(","):
            for row in by_transport(asked, transport, made, written):
                yield {**row, "written": written}


def _says(log: Path, words: str) -> bool:
    """Whether a hop says so, soon after it listens."""
    until = time.monotonic() + 10
    while words not in log.read_text():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def by_transport(
    asked: argparse.Namespace, transport: str, made: dict[str, Bodies], written: str
) -> Iterator[report.Row]:
    """All workloads, with hops that are started for them."""
    with sink() as next_hop, contextlib.ExitStack() as stack:
        hops = {
            name: stack.enter_context(running(start, transport, next_hop.port(transport)))
            for name, start in starts(asked).items()
        }
        for name in {"compiled", "interpreted", "compiled+batch"} & set(hops):
            words = f"walk runs {name.removesuffix('+batch')}"
            if not _says(hops[name].folder / "log", words):
                sys.exit(f"what is measured as {name} is not: --{name}")
        for key, bodies in made.items():
            found = one_workload(transport, bodies, hops, next_hop, asked)
            rows = [
                report.row(transport, key, name, each, rss_mib(hops[name].pid))
                for name, each in found.items()
            ]
            at = time.strftime("%H:%M:%S")
            title = f"{at} {transport}, written by {written}, {key}: {bodies.workload.title}"
            report.tell(title, rows)
            yield from rows


def main() -> None:
    more = parser(__doc__)
    more.add_argument("--transports", default="grpc", help=",".join(TRANSPORTS))
    more.add_argument("--workloads", default="abcdef")
    more.add_argument("--written", default="sdk", help="sdk,collector")
    asked = more.parse_args()
    kind = "together" if "+batch" in asked.hops else "hops"
    report.write(asked.json, kind, facts(Path(asked.otelcol)), measure(asked))


if __name__ == "__main__":
    main()
