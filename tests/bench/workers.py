"""`workers: 1`, `2` and `3` in turn in one run: spans/s at saturation, CPU per span of each kind of process,
what a lone request waits longer, and how much of the machine the load itself took.

    python -m tests.bench.workers [--command GENAI_COST] [--rounds 5] [--seconds 3]

Connections are many, since each goes to one worker. Only ratios within one run mean anything.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportDeprecated=false, reportUnknownLambdaType=false

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import time
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import grpc

from tests.bench.hops import ours
from tests.bench.load import fresh, request
from tests.bench.machine import cpu_s, rss_mib
from tests.bench.running import Hop, Sink, running, sink
from tests.bench.sending import EXPORT
from tests.bench.sink import SIZES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONNECTIONS: Final = 8
WORKLOADS: Final = {
    "a: 1,000 spans, half gen_ai, 1.5 KB": (1000, 0.5, 1500),
    "d: 1,000 spans, no gen_ai": (1000, 0.0, 0),
    "e: 10 spans, half gen_ai": (10, 0.5, 1500),
}
"""With gzip on both sides, as senders and our exporter do by default, where `--gzip` asks for it."""


class Run(NamedTuple):
    """One workload on one service for a while."""

    spans_per_s: float
    books_us: float
    """Of CPU per span: the process that prices."""
    workers_us: float
    """Of CPU per span: those at the doors, where they are others."""
    load_cores: float
    """Cores that generator and next hop took, which run here."""
    alone_ms: float
    """What the fastest tenth of requests take with no other under way: the way, not the busy machine."""


def children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(each) for each in path.read_text().split()]
    return found


@contextlib.contextmanager
def connections(
    port: int, compression: grpc.Compression | None
) -> Iterator[list[grpc.Channel]]:
    options = [*SIZES, ("grpc.use_local_subchannel_pool", 1)]
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(
                grpc.insecure_channel(
                    f"127.0.0.1:{port}", options=options, compression=compression
                )
            )
            for _ in range(CONNECTIONS)
        ]


def measure(  # noqa: PLR0917 - what is run, and how
    hop: Hop,
    spans: int,
    bodies: list[bytes],
    seconds: float,
    compression: grpc.Compression | None,
    next_hop: Sink,
) -> Run:
    pid = hop.pid
    with (
        connections(hop.port, compression) as channels,
        futures.ThreadPoolExecutor(CONNECTIONS) as threads,
    ):
        sends = [channel.unary_unary(EXPORT, None, None) for channel in channels]
        alone = [_once(sends[n % CONNECTIONS], bodies[n % len(bodies)]) for n in range(40)]
        others = children(pid)
        before = [
            cpu_s(pid),
            sum(map(cpu_s, others)),
            time.process_time() + cpu_s(next_hop.pid),
        ]
        began = time.monotonic()
        end = began + seconds
        counts = list(threads.map(lambda send: _until(send, bodies, end), sends))
        took = time.monotonic() - began
        after = [cpu_s(pid), sum(map(cpu_s, others)), time.process_time() + cpu_s(next_hop.pid)]
    books, carriers, load = (now - then for then, now in zip(before, after, strict=True))
    total = sum(counts) * spans
    return Run(
        total / took,
        books / total * 1e6,
        carriers / total * 1e6,
        load / took,
        statistics.quantiles(alone[8:], n=10)[0] * 1e3,
    )


def _until(send: Callable[..., bytes], bodies: list[bytes], end: float) -> int:
    sent = 0
    while time.monotonic() < end:
        send(fresh(bodies[sent % len(bodies)], time.time_ns()), timeout=30)
        sent += 1
    return sent


def _once(send: Callable[..., bytes], body: bytes) -> float:
    body = fresh(body, time.time_ns())
    began = time.perf_counter()
    send(body, timeout=30)
    return time.perf_counter() - began


def report(title: str, found: dict[int, list[Run]]) -> None:
    print(title)
    first = statistics.median(run.spans_per_s for run in found[min(found)])
    for workers, runs in found.items():
        rates = [run.spans_per_s for run in runs]
        middle = Run(*(statistics.median(column) for column in zip(*runs, strict=True)))
        print(
            f"  workers {workers}: {middle.spans_per_s:9,.0f} spans/s"
            f" ({min(rates):,.0f} to {max(rates):,.0f}), {middle.spans_per_s / first:.2f}x;"
            f" CPU us/span: books {middle.books_us:.2f} + workers {middle.workers_us:.2f};"
            f" load took {middle.load_cores:.2f} cores; alone {middle.alone_ms:.2f} ms",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", default=".venv/bin/genai-cost")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--workers", default="1,2,3")
    parser.add_argument("--workloads", default="ade")
    parser.add_argument("--gzip", action="store_true")
    asked = parser.parse_args()
    numbers = [int(each) for each in asked.workers.split(",")]
    print(f"{os.cpu_count()} cores, generator and next hop among them")
    packed = grpc.Compression.Gzip if asked.gzip else None
    transport = "grpc+gzip" if asked.gzip else "grpc"
    with sink() as next_hop, contextlib.ExitStack() as stack:
        services = {
            workers: stack.enter_context(
                running(
                    ours(asked.command, workers=workers), transport, next_hop.port(transport)
                )
            )
            for workers in numbers
        }
        for title, (spans, share, size) in WORKLOADS.items():
            if title[0] not in asked.workloads:
                continue
            found: dict[int, list[Run]] = {workers: [] for workers in numbers}
            for turn in range(asked.rounds):
                count = 100 if spans < 100 else 8
                bodies = [request(spans, share, size, turn * 1000 + n) for n in range(count)]
                for workers, hop in services.items():
                    found[workers].append(
                        measure(hop, spans, bodies, asked.seconds, packed, next_hop)
                    )
            report(title, found)
        for workers, hop in services.items():
            each = [f"{rss_mib(one):.0f}" for one in (hop.pid, *children(hop.pid))]
            print(f"resident, workers {workers}: {' + '.join(each)} MiB")


if __name__ == "__main__":
    main()
