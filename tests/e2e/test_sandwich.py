"""What arrives through the service is what arrives without it, but for what the service adds.

A Collector on each side; recorded requests, every field of the schema with the values at its edges,
and requests by chance; over gRPC and HTTP, in protobuf and JSON, packed and not, with TLS and without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from processor.errors import Code
from processor.model import Signal
from processor.wire.otlp_json import parse, to_protobuf
from tests.e2e.conftest import free_ports, from_environment
from tests.e2e.sandwich import GRPC, HTTP, WAYS, Ports, Sandwich, Way, between, sandwich
from tests.e2e.shapes import called, each_field, requests
from tests.service.calls import COST, spans_of, without_ours
from tests.walk.test_otlp_json import CLASSES, EXAM
from tests.wire.senders import grpc_sender

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

pytestmark = pytest.mark.asyncio(loop_scope="session")
MANY: Final = 256 * 1024
"""Recorded requests are put together up to so many bytes: joined, OTLP requests are one request."""
EVERY_WAY = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hops(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Sandwich]:
    binary = from_environment("GENAI_COST_OTELCOL")
    if not binary:
        pytest.skip("NO COLLECTOR: `make e2e` builds one and sets GENAI_COST_OTELCOL")
    async with sandwich(binary, tmp_path_factory.mktemp("sandwich")) as opened:
        yield opened


def bare(signal: Signal, body: bytes) -> bytes:
    """A request without what the service adds; fields in one order, so that NaN equals itself."""
    kept = (
        without_ours(body) if signal is Signal.TRACES else CLASSES[signal].FromString(body)
    )
    return bytes(kept.SerializeToString(deterministic=True))


async def same(hops: Sandwich, way: Way, signal: Signal, body: bytes) -> bytes | None:
    """Send it on both roads; what arrived through the service, having compared it."""
    pair = await hops.send(way, signal, body)
    (without, direct), (reply, through) = pair
    assert reply == without
    assert (through is None) == (direct is None)
    if through is not None and direct is not None and through != direct:
        assert bare(signal, through) == bare(signal, direct)
    return through


def recorded() -> Iterator[tuple[Signal, bytes]]:
    """The exam's requests, put together."""
    for signal in Signal:
        joined = b""
        for path in sorted(EXAM.glob(f"*/{signal}-*")):
            body = path.read_bytes()
            if path.suffix == ".json":
                body = to_protobuf(parse(body), signal)
            joined += body
            if len(joined) > MANY:
                yield signal, joined
                joined = b""
        yield signal, joined


@EVERY_WAY
async def test_recorded_requests_arrive_alike(hops: Sandwich, way: Way) -> None:
    if not EXAM.exists():
        pytest.skip(f"NOT HELD: there is no exam corpus at {EXAM}")
    arrived = {signal: [await same(hops, way, signal, body) for each, body in recorded() if each is signal] for signal in Signal}
    assert all(map(all, arrived.values()))
    spans = list(spans_of(filter(None, arrived[Signal.TRACES])))
    assert sum(any(kv.key == COST for kv in span.attributes) for span in spans) > 500


@EVERY_WAY
@pytest.mark.parametrize("signal", Signal)
async def test_every_field_arrives_alike(hops: Sandwich, way: Way, signal: Signal) -> None:
    body = each_field(signal).SerializeToString()
    assert await same(hops, way, signal, body)


@EVERY_WAY
async def test_every_field_beside_a_call_arrives_alike(hops: Sandwich, way: Way) -> None:
    message = ExportTraceServiceRequest()
    message.CopyFrom(each_field(Signal.TRACES))
    through = await same(hops, way, Signal.TRACES, called(message).SerializeToString())
    assert through
