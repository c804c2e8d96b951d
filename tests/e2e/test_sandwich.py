"""What arrives through the service is what arrives without it, but for what the service adds.

A Collector on each side; recorded requests, every field of the schema with the values at its edges,
and requests by chance; over gRPC and HTTP, in protobuf and JSON, packed and not, with TLS and without.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from processor.errors import Code
from processor.model import Signal
from processor.wire.otlp_json import parse, to_protobuf
from tests.doubles.ports import free_ports
from tests.e2e.conftest import from_environment
from tests.e2e.sandwich import GRPC, HTTP, WAYS, Sandwich, Way, between, sandwich
from tests.e2e.shapes import called, each_field, requests
from tests.service.calls import COST, spans_of, without_ours
from tests.service.child import Ports
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
    async with sandwich(Path(binary), tmp_path_factory.mktemp("sandwich")) as opened:
        yield opened


def bare(signal: Signal, body: bytes) -> bytes:
    """A request without what the service adds; fields in one order, so that NaN equals itself."""
    kept = without_ours(body) if signal is Signal.TRACES else CLASSES[signal].FromString(body)
    return bytes(kept.SerializeToString(deterministic=True))


async def same(hops: Sandwich, way: Way, signal: Signal, body: bytes) -> bytes | None:
    """Send it on both roads; what arrived through the service, having compared it."""
    pair = await hops.send(way, signal, body)
    (without, direct), (reply, through) = pair
    assert reply == without
    assert reply.code is Code.OK
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
    arrived = [(signal, await same(hops, way, signal, body)) for signal, body in recorded()]
    assert all(body for _, body in arrived)
    spans = spans_of(body or b"" for signal, body in arrived if signal is Signal.TRACES)
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


@pytest.mark.parametrize("signal", Signal)
@given(data=st.data())
@settings(max_examples=60)
async def test_any_request_arrives_alike(
    hops: Sandwich, signal: Signal, data: st.DataObject
) -> None:
    body = data.draw(requests(signal)).SerializeToString()
    for way in WAYS:
        await same(hops, way, signal, body)


ODD: Final = b"unknown to the schema"


def strange(signal: Signal) -> bytes:
    """A request with a field that no schema has on each message that is not above another's field."""
    unknown = b"\xba\x3e" + bytes([len(ODD)]) + ODD
    message = CLASSES[signal]()
    message.CopyFrom(each_field(signal))
    for group in getattr(message, message.DESCRIPTOR.fields[0].name):
        for each in (group, group.resource):
            each.MergeFromString(unknown)
        for scope in getattr(group, group.DESCRIPTOR.fields[1].name):
            for each in (scope, *getattr(scope, scope.DESCRIPTOR.fields[1].name)):
                each.MergeFromString(unknown)
    if signal is Signal.TRACES:
        called(message)
    return bytes(message.SerializeToString())


@pytest.mark.parametrize("way", [GRPC, HTTP], ids=lambda way: way.name)
@pytest.mark.parametrize("signal", Signal)
async def test_fields_unknown_to_the_schema_end_in_a_collector_and_not_in_the_service(
    hops: Sandwich, tmp_path: Path, way: Way, signal: Signal
) -> None:
    body = strange(signal)
    pair = await hops.send(way, signal, body)
    assert [come and ODD in come for _, come in pair] == [False, False]
    hops.sink.arrivals.clear()
    ports = Ports(*free_ports(4))
    road = GRPC.exporter(hops.sink.port, tmp_path)
    receiver = GRPC.receiver(ports.grpc, tmp_path)
    async with (
        between(tmp_path / "alone", ports, receiver, {GRPC.kind: road}),
        grpc_sender(ports.grpc) as sender,
    ):
        assert (await sender.send(body, signal=signal)).code is Code.OK
    (kept,) = [one.body for one in hops.sink.arrivals if one.signal is signal]
    assert kept.count(ODD) == body.count(ODD) > 100
    assert bare(signal, kept) == bare(signal, body)
