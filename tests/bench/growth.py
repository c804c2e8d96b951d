"""What a span costs while something grows: requests, price rows, series, remembered calls, idle exporters, past requests.

    python -m tests.bench.growth --otelcol OTELCOL [--curves size,rows,series,calls,idle,past] [--rounds 3] [--seconds 1]

A curve that is level is a cost that does not depend on what grows. The services of one curve run beside each other and
are measured in turn; `calls` and `past` are windows of one process's life, a new process a round.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import statistics
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from tests.bench import report
from tests.bench.hop import parser, starts
from tests.bench.hops import Start, ours
from tests.bench.machine import facts, rss_mib
from tests.bench.running import Hop, Sink, running, sink
from tests.bench.sending import saturated
from tests.bench.tables import table
from tests.bench.traffic import WORKLOADS, Bodies, Workload

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

SIZES: Final = (10, 30, 100, 300, 1000, 3000, 10_000)
ROWS: Final = (100, 1000, 10_000, 100_000)
SERIES: Final = [10, 100, 1000, 10_000, 100_000]
IDLE: Final = (0, 1, 4, 16)
# Ends of windows: so many spans, so many requests.
CALLS: Final = (3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
PAST: Final = (100, 300, 1000, 3000, 10_000)


def size(asked: argparse.Namespace) -> Iterator[report.Row]:
    """Spans a request; the floor and a Collector with prices beside us."""
    names = [name for name in starts(asked) if name in {"bare", "compiled", "transform"}]
    with sink() as next_hop, contextlib.ExitStack() as stack:
        hops = {
            name: stack.enter_context(running(starts(asked)[name], "grpc", next_hop.grpc))
            for name in names
        }
        for spans in SIZES:
            bodies = Workload("", spans, 0.5, 1500).bodies()
            for name, hop in hops.items():
                yield _point("size", name, spans, hop, _rounds(asked, hop, bodies, next_hop))


def rows(asked: argparse.Namespace) -> Iterator[report.Row]:
    """Rows of a table of the operator's own, on top of the built-in one."""
    files = {count: Path(asked.folder, f"{count}.json") for count in ROWS}
    for count, file in files.items():
        table(file, count, str(count))
    services = {
        count: ours(asked.compiled, pricing={"sources": [{"file": str(file)}]})
        for count, file in files.items()
    }
    yield from _services("rows", services, lambda _: WORKLOADS["a"].bodies(), asked)


def series(asked: argparse.Namespace) -> Iterator[report.Row]:
    """Users as a dimension, each a series of its own; all have been seen before it is measured."""
    metrics = {"dimensions": ["user.id"], "cardinality_limit": 2 * max(SERIES)}
    service = ours(asked.compiled, metrics=metrics)
    made = {count: Workload("", 1000, 1.0, 400, users=count) for count in SERIES}
    services = dict.fromkeys(SERIES, service)
    yield from _services("series", services, lambda count: made[count].bodies(), asked)


def idle(asked: argparse.Namespace) -> Iterator[report.Row]:
    """Exporters of another pipeline that get nothing."""
    services = {count: ours(asked.compiled, idle=count) for count in IDLE}
    yield from _services("idle", services, lambda _: WORKLOADS["a"].bodies(), asked)


def calls(asked: argparse.Namespace) -> Iterator[report.Row]:
    """Calls that are remembered so that none counts twice; how many fit is bounded."""
    yield from _life("calls", Workload("", 1000, 1.0, 1500), CALLS, asked)


def past(asked: argparse.Namespace) -> Iterator[report.Row]:
    """Requests of ten spans that were answered before."""
    yield from _life("past", WORKLOADS["e"], [10 * each for each in PAST], asked, 10)


CURVES: Final = {each.__name__: each for each in (size, rows, series, calls, idle, past)}


def _services(
    curve: str,
    services: dict[int, Start],
    bodies_of: Callable[[int], Bodies],
    asked: argparse.Namespace,
) -> Iterator[report.Row]:
    """One service a point, all running, measured in turn after each got what it is to hold."""
    with sink() as next_hop, contextlib.ExitStack() as stack:
        hops = {
            x: stack.enter_context(running(start, "grpc", next_hop.grpc))
            for x, start in services.items()
        }
        bodies = {x: bodies_of(x) for x in hops}
        found: dict[int, list[float]] = {x: [] for x in hops}
        for x, hop in hops.items():
            needs = 20 + bodies[x].workload.users // bodies[x].workload.spans
            saturated("grpc", [hop], bodies[x], 600, next_hop, requests=needs)
        for _, (x, hop) in itertools.product(range(asked.rounds), hops.items()):
            one = saturated("grpc", [hop], bodies[x], asked.seconds, next_hop)
            found[x].append(one.cpu_us)
        for x, hop in hops.items():
            yield _point(curve, "compiled", x, hop, found[x], series=_label_sets(hop))


def _life(
    curve: str,
    workload: Workload,
    ends: Sequence[int],
    asked: argparse.Namespace,
    unit: int = 1,
) -> Iterator[report.Row]:
    """A window of one process's life a point, from the end of the window before it."""
    bodies = workload.bodies()
    found: dict[int, list[float]] = {end: [] for end in ends}
    resident: dict[int, float] = {}
    for _ in range(asked.rounds):
        with (
            sink() as next_hop,
            running(ours(asked.compiled), "grpc", next_hop.grpc) as hop,
        ):
            warm = min(ends) // workload.spans // 3
            saturated("grpc", [hop], bodies, 600, next_hop, requests=warm)
            before = warm * workload.spans
            for end in ends:
                count = (end - before) // workload.spans
                one = saturated("grpc", [hop], bodies, 600, next_hop, requests=count)
                found[end].append(one.cpu_us)
                resident[end], before = rss_mib(hop.pid), end
    for end, costs in found.items():
        yield {
            "curve": curve,
            "hop": "compiled",
            "x": end // unit,
            "us": [round(each, 3) for each in costs],
            "rss_mib": round(resident[end]),
        }


def _rounds(asked: argparse.Namespace, hop: Hop, bodies: Bodies, next_hop: Sink) -> list[float]:
    saturated("grpc", [hop], bodies, 0.3, next_hop)
    return [
        saturated("grpc", [hop], bodies, asked.seconds, next_hop).cpu_us
        for _ in range(asked.rounds)
    ]


def _point(
    curve: str, name: str, x: int, hop: Hop, costs: list[float], **more: Any
) -> report.Row:
    us, rss = [round(each, 3) for each in costs], round(rss_mib(hop.pid))
    return {"curve": curve, "hop": name, "x": x, "us": us, "rss_mib": rss, **more}


def _label_sets(hop: Hop) -> int:
    """How many series the service says that it has, wherever its status page says so."""
    config = yaml.safe_load((hop.folder / "config.yaml").read_text())
    page = config["service"]["telemetry"]["metrics"]["address"]
    with urllib.request.urlopen(f"http://{page}/statusz?format=json") as answer:
        said = re.search(rb'"label_sets": *(\d+)', answer.read())
    return int(said[1]) if said else -1


def measure(asked: argparse.Namespace) -> Iterator[report.Row]:
    """The curves that are asked for, point by point."""
    for name in asked.curves.split(","):
        print(CURVES[name].__doc__)
        for each in CURVES[name](asked):
            costs = each["us"]
            line = f"  {name} {each['x']:>9,} {each['hop']:10}"
            line += f" {statistics.median(costs):8.2f} us/span ({min(costs):.2f} to {max(costs):.2f})"
            print(f"{line}; {each['rss_mib']} MiB {each.get('series', '')}", flush=True)
            yield each


def main() -> None:
    more = parser(__doc__)
    more.add_argument("--curves", default=",".join(CURVES))
    more.set_defaults(rounds=3, seconds=1.0)
    asked = more.parse_args()
    with report.folder() as asked.folder:
        report.write(asked.json, "growth", facts(Path(asked.otelcol)), measure(asked))


if __name__ == "__main__":
    main()
