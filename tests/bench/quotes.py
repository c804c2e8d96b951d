"""What a flood of questions about prices does to the spans beside it: rate and CPU, in turn in one run.

    python -m tests.bench.quotes [--command "genai-cost"] [--rounds 5] [--clients 32]

The flood asks again as soon as it is answered or refused. CPU is user + system of the service's own
process. Client, flood and service share the machine: only ratios within one run mean anything.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import grpc
import grpc.aio

from proto_gen.price_service_pb2 import QuoteRequest
from tests.bench.hops import ours
from tests.bench.load import fresh, request
from tests.bench.machine import cpu_s
from tests.bench.running import running, sink
from tests.bench.sending import EXPORT

if TYPE_CHECKING:
    from collections.abc import Generator

QUOTE: Final = "/genai_cost.v1.PriceService/Quote"
SPANS: Final = 200


class Measured(NamedTuple):
    """Of one while: spans a second, and µs of the service's CPU a span, the questions' in it."""

    rate: float
    cpu_us: float


async def flood(port: int, clients: int, seconds: float) -> Counter[str]:
    """How the questions of so many clients ended."""
    ended: Counter[str] = Counter()
    until = time.monotonic() + seconds

    async def ask(client: int) -> None:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            open_channel: Any = channel  # the stubs ask for serializers
            quote = open_channel.unary_unary(QUOTE)
            number = 0
            while time.monotonic() < until:
                number += 1
                asked = QuoteRequest(model=f"m-{client}-{number}", usage={"input": 1})
                try:
                    await quote(asked.SerializeToString(), timeout=5)
                    ended["answered"] += 1
                except grpc.aio.AioRpcError as error:
                    ended[error.code().name.lower()] += 1

    await asyncio.gather(*(ask(client) for client in range(clients)))
    return ended


@contextlib.contextmanager
def flooding(port: int, clients: int, seconds: float) -> Generator[None]:
    """A flood in its own process, over when the block is."""
    argv = ["--flood", str(port), "--clients", str(clients), "--seconds", str(seconds)]
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.quotes", *argv])  # noqa: S603
    time.sleep(0.7)  # until it asks
    try:
        yield
    finally:
        process.wait(30)


def measured(pid: int, port: int, bodies: list[bytes], seconds: float) -> Measured:
    """Requests of spans, four at a time."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        send = channel.unary_unary(EXPORT, None, None)
        before, began, sent, index = cpu_s(pid), time.monotonic(), 0, time.time_ns()
        while time.monotonic() < began + seconds:
            calls = [
                send.future(fresh(bodies[n % len(bodies)], n), timeout=60)
                for n in range(index, index + 4)
            ]
            for call in calls:
                call.result()
            index, sent = index + 4, sent + 4 * SPANS
        return Measured(sent / (time.monotonic() - began), (cpu_s(pid) - before) / sent * 1e6)


def compare(asked: argparse.Namespace) -> None:
    with (
        sink() as next_hop,
        running(ours(asked.command), "grpc", next_hop.grpc) as hop,
    ):
        pid, port = hop.pid, hop.port
        bodies = [request(SPANS, 0.5, 1500, seed) for seed in range(20)]
        measured(pid, port, bodies, 0.5)
        quiet: list[Measured] = []
        flooded: list[Measured] = []
        for _ in range(asked.rounds):
            quiet.append(measured(pid, port, bodies, asked.seconds))
            with flooding(port, asked.clients, asked.seconds + 2):
                flooded.append(measured(pid, port, bodies, asked.seconds))
        for name, found in (("alone", quiet), ("flooded", flooded)):
            rate = statistics.median(each.rate for each in found)
            cpu_us = statistics.median(each.cpu_us for each in found)
            print(f"  {name:8} {rate:8.0f} spans/s  {cpu_us:6.2f} us of CPU/span")
        ratio = statistics.median(f.rate / q.rate for f, q in zip(flooded, quiet, strict=True))
        print(f"  spans a second, flooded over alone: {ratio:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", default=".venv/bin/genai-cost")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--flood", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.flood:
        ended = asyncio.run(flood(asked.flood, asked.clients, asked.seconds))
        each = ", ".join(f"{n / asked.seconds:.0f} {how}" for how, n in sorted(ended.items()))
        print(f"  the flood, a second: {each}", flush=True)
    else:
        compare(asked)


if __name__ == "__main__":
    main()
