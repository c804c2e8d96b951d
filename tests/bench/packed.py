"""What unpacking gzip costs a hop over gRPC: ours (Python, counted) beside grpcio's own (C++, uncounted).

    python -m tests.bench.packed [--command GENAI_COST] [--rounds 5] [--seconds 2]

The same requests as they are and packed by the sender, in turn in one run; the difference is what unpacking
costs. CPU is user + system of the hop's own process. Texts are words drawn at random: they pack to a third.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import argparse
import gzip
import random
import statistics
import time
from typing import Final, NamedTuple

import grpc

from tests.bench.hops import bare, ours
from tests.bench.load import fresh, request
from tests.bench.machine import cpu_s
from tests.bench.running import running, sink
from tests.bench.sending import EXPORT

WORKLOADS: Final = {
    "1,000 spans, half gen_ai, 1.5 KB": (1000, 0.5, 1500),
    "1,000 spans, no gen_ai": (1000, 0.0, 0),
    "1 span of gen_ai, 1.5 KB": (1, 1.0, 1500),
}
PACKINGS: Final = {"plain": grpc.Compression.NoCompression, "gzip": grpc.Compression.Gzip}
SIZES: Final = [("grpc.max_send_message_length", -1)]


class Load(NamedTuple):
    """Requests of one kind."""

    bodies: list[bytes]
    seconds: float


def written(body: bytes, draw: random.Random) -> bytes:
    """The same with words where the load has one letter again and again."""
    words = [f"{draw.getrandbits(draw.choice((12, 20, 28))):x}" for _ in range(4000)]
    while (at := body.find(b"m" * 700)) >= 0:
        size = len(body) - at - len(body[at:].lstrip(b"m"))
        text = " ".join(draw.choices(words, k=size // 3 + 1))[:size].encode()
        body = body[:at] + text + body[at + size :]
    return body


def cost(pid: int, port: int, load: Load, packing: grpc.Compression) -> float:
    """µs of the hop's CPU a request, four at a time."""
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=SIZES) as channel:
        send = channel.unary_unary(EXPORT, None, None)
        before, began, sent, index = cpu_s(pid), time.monotonic(), 0, time.time_ns()
        while time.monotonic() < began + load.seconds:
            calls = [
                send.future(
                    fresh(load.bodies[n % len(load.bodies)], n), timeout=60, compression=packing
                )
                for n in range(index, index + 4)
            ]
            for call in calls:
                call.result()
            index, sent = index + 4, sent + 4
        return (cpu_s(pid) - before) / sent * 1e6


def compare(hops: dict[str, tuple[int, int]], load: Load, rounds: int) -> None:
    """Print the medians of every hop and packing, and what unpacking comes to."""
    found: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for hop, (pid, port) in hops.items():
            for packing, how in PACKINGS.items():
                found.setdefault((hop, packing), []).append(cost(pid, port, load, how))
    packed = sum(len(gzip.compress(body, 6)) for body in load.bodies) / sum(
        map(len, load.bodies)
    )
    print(f"  {len(load.bodies[0])} bytes a request, packed {packed:.2f} of that")
    for hop in hops:
        plain, gzipped = (statistics.median(found[hop, packing]) for packing in PACKINGS)
        each = [b - a for a, b in zip(found[hop, "plain"], found[hop, "gzip"], strict=True)]
        print(
            f"  {hop:6} plain {plain:7.0f}  gzip {gzipped:7.0f}  unpacking "
            f"{statistics.median(each):6.0f} ({min(each):.0f} to {max(each):.0f}) us of CPU/request"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", default=".venv/bin/genai-cost")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    asked = parser.parse_args()
    with (
        sink() as next_hop,
        running(bare, "grpc", next_hop.grpc) as floor,
        running(ours(asked.command), "grpc", next_hop.grpc) as service,
    ):
        for name, (spans, share, size) in WORKLOADS.items():
            print(name, flush=True)
            draw = random.Random(7)  # noqa: S311 - traffic, not secrets
            bodies = [written(request(spans, share, size, seed), draw) for seed in range(8)]
            hops = {"grpcio": (floor.pid, floor.port), "ours": (service.pid, service.port)}
            compare(hops, Load(bodies, asked.seconds), asked.rounds)


if __name__ == "__main__":
    main()
