"""Sending OTLP over gRPC or HTTP as fast as a hop takes it, or at a rate of one's own.

Each sender is one thread with one connection's worth of calls. How much of a core the generator and the sink took
is measured with the rest, so that nobody mistakes their limits for the hop's.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import http.client
import itertools
import sys
import threading
import time
import zlib
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import grpc

from tests.bench.machine import cpu_s
from tests.bench.sink import LAST, SIZES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.bench.running import Hop, Sink
    from tests.bench.traffic import Bodies

    Send = Callable[[bytes], None]

EXPORT: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
TIMEOUT_S: Final = 60
OUTSTANDING: Final = 4


class Measured(NamedTuple):
    """A while of sending; CPU in µs a span for each of the hop's processes, and shares of one core."""

    spans: int
    seconds: float
    each_us: tuple[float, ...]
    generator: float
    sink: float

    @property
    def cpu_us(self) -> float:
        return sum(self.each_us)

    @property
    def rate(self) -> float:
        return self.spans / self.seconds


def senders(transport: str, port: int, count: int, stack: ExitStack) -> list[Send]:
    """Ways to send a body and wait for its answer, a thread each; closed with the stack."""
    packed = transport.endswith("+gzip")
    if transport.startswith("http"):
        made: list[Send] = []
        for _ in range(count):
            connection = stack.enter_context(
                closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S))
            )
            made.append(_by_http(connection, packed=packed))
        return made
    compression = grpc.Compression.Gzip if packed else None
    channel: Any = stack.enter_context(
        grpc.insecure_channel(f"127.0.0.1:{port}", options=SIZES, compression=compression)
    )
    export = channel.unary_unary(EXPORT, None, None)

    def send(body: bytes) -> None:
        export(body, timeout=TIMEOUT_S)

    return [send] * count


def _by_http(connection: http.client.HTTPConnection, *, packed: bool) -> Send:
    headers = {"content-type": "application/x-protobuf"}
    if packed:
        headers["content-encoding"] = "gzip"

    def send(body: bytes) -> None:
        if packed:
            packer = zlib.compressobj(1, wbits=31)
            body = packer.compress(body) + packer.flush()
        connection.request("POST", "/v1/traces", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise ConnectionError(f"{answer.status}: {said[:200]!r}")

    return send


def saturated(
    transport: str,
    hops: Sequence[Hop],
    bodies: Bodies,
    seconds: float,
    sink: Sink,
    *,
    requests: int | None = None,
    settle_s: float = 0.0,
) -> Measured:
    """Four requests outstanding at all times, for a while or until so many, to the first of `hops`; all of them are counted.

    What goes on after the answers, where something is queued, is waited for: `settle_s`.
    """
    pids = [hop.pid for hop in hops]
    sent: list[int] = []
    turns = itertools.count() if requests is None else iter(range(requests))

    def loop(send: Send) -> None:
        count = 0
        while time.monotonic() < until and next(turns, None) is not None:
            send(bodies.fresh())
            count += 1
        sent.append(count)

    with ExitStack() as stack:
        ways = senders(transport, hops[0].port, OUTSTANDING, stack)
        for way in ways:
            way(bodies.fresh())  # opens the connection, untimed
        threads = [threading.Thread(target=loop, args=(way,)) for way in ways]
        hop, own, next_hop = [*map(cpu_s, pids)], time.process_time(), cpu_s(sink.pid)
        began = time.monotonic()
        until = began + seconds
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
        time.sleep(settle_s)
        if len(sent) < len(ways):
            sys.exit(f"a sender was refused by the hop on port {hops[0].port}")
        spans = sum(sent) * bodies.workload.spans
        return Measured(
            spans,
            took,
            tuple((cpu_s(pid) - was) / spans * 1e6 for pid, was in zip(pids, hop, strict=True)),
            (time.process_time() - own) / took,
            (cpu_s(sink.pid) - next_hop) / took,
        )


def last_taken(sink: Sink) -> bytes:
    """The last request as it came to the next hop."""
    with grpc.insecure_channel(f"127.0.0.1:{sink.grpc}", options=SIZES) as channel:
        ask: Any = channel
        body: bytes = ask.unary_unary(LAST, None, None)(b"", timeout=TIMEOUT_S)
        return body
