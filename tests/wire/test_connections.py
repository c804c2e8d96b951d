"""Connections: slow senders, floods, too many at once, long-lived ones that are sent elsewhere."""

# grpc's stubs leave the message types of its generics open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from processor.errors import Code
from processor.receive.connection import Patience
from processor.receive.lasting import MOST_CONNECTIONS, grpc_options, most_connections
from processor.settings.values import GrpcServer, ServerKeepalive
from tests.doubles.intake import Echo
from tests.faults import frames
from tests.wire.hops import doors
from tests.wire.senders import grpc_sender, post

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from processor.model import Signal, Terms

HEAD = b"POST /v1/traces HTTP/1.1\r\nhost: here\r\ncontent-type: application/x-protobuf\r\n"
SHORT = Patience(header_s=0.2, body_s=0.2, idle_s=1)


class Raw:
    """A connection on which a test writes what it wants."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def rest(self) -> bytes:
        """Everything until the other side closes."""
        async with asyncio.timeout(60):
            return await self._reader.read()


@asynccontextmanager
async def connected(port: int) -> AsyncGenerator[Raw]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        pytest.param(b"", b"HTTP/1.1 408", id="nothing"),
        pytest.param(b"POST /v1/tra", b"HTTP/1.1 408", id="half-a-line"),
        pytest.param(HEAD, b"HTTP/1.1 408", id="half-of-headers"),
        pytest.param(
            HEAD + b"content-length: 10\r\n\r\nhalf", b"HTTP/1.1 408", id="half-a-body"
        ),
        pytest.param(
            HEAD + b"content-length: 3\r\n\r\nallPOST", b"HTTP/1.1 200", id="then-half-a-line"
        ),
    ],
)
async def test_who_stops_in_the_middle_is_told_and_let_go(sent: bytes, answer: bytes) -> None:
    async with doors(Echo(), patience=SHORT) as door, connected(door.http.port) as raw:
        raw.writer.write(sent)
        said = await raw.rest()
        assert said.startswith(answer)
        assert said.count(b"connection: close") == (b"408" in said)
        assert door.admission.in_flight_bytes == 0


async def test_what_drips_buys_no_time() -> None:
    async with doors(Echo(), patience=SHORT) as door, connected(door.http.port) as raw:

        async def drip() -> None:
            for byte in HEAD * 100:
                if raw.writer.is_closing():
                    return
                raw.writer.write(bytes([byte]))
                await asyncio.sleep(0.01)

        dripping = asyncio.ensure_future(drip())
        with suppress(ConnectionResetError):  # a drop on its way may overtake the answer
            assert (await raw.rest()).startswith(b"HTTP/1.1 408")
        dripping.cancel()


async def test_an_answer_that_takes_long_is_not_the_senders_fault() -> None:
    class Slow(Echo):
        async def export(self, signal: Signal, body: bytes, terms: Terms) -> bytes:
            await asyncio.sleep(0.5)
            return await super().export(signal, body, terms)

    async with doors(Slow(), patience=SHORT) as door:
        assert (await post(door.http.port, b"spans")).body == b"spans"


@pytest.mark.parametrize("line", [b"x-%d: y\r\n", b"x: " + b"y" * 900 + b"%d\r\n"])
async def test_floods_of_headers_end_the_connection_and_no_other(line: bytes) -> None:
    echo = Echo()
    async with doors(echo) as door, connected(door.http.port) as raw:
        raw.writer.write(HEAD + b"".join(line % number for number in range(20_000)))
        with suppress(ConnectionResetError):  # what we still write may overtake the answer
            assert (await raw.rest()).startswith(b"HTTP/1.1 400")
        assert (await post(door.http.port, b"spans")).status == 200
    assert len(echo.asked) == 1


async def test_one_connection_too_many_is_told_to_come_later() -> None:
    async with doors(Echo(), patience=Patience(connections=3)) as door:
        async with AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(connected(door.http.port))
            async with connected(door.http.port) as raw:
                said = await raw.rest()
            assert said.startswith(b"HTTP/1.1 503")
            assert b"retry-after: 1\r\n" in said
        async with asyncio.timeout(60):  # until the others' leaving is noticed
            while (await post(door.http.port, b"spans")).status == 503:
                pass


async def test_one_grpc_connection_too_many_is_closed_and_senders_try_again() -> None:
    options = grpc_options(GrpcServer(), 2)
    async with doors(Echo(), options=options) as door, AsyncExitStack() as stack:
        for _ in range(2):
            sender = await stack.enter_async_context(grpc_sender(door.grpc.port))
            assert (await sender.send(b"spans")).code is Code.OK
        late = await stack.enter_async_context(grpc_sender(door.grpc.port))
        assert (await late.send(b"spans")).code is Code.UNAVAILABLE


async def test_a_connection_that_is_old_is_sent_elsewhere_and_no_request_fails() -> None:
    keepalive = ServerKeepalive(max_connection_age_s=0.1, max_connection_age_grace_s=5)
    options = grpc_options(GrpcServer(keepalive=keepalive), 100)
    async with doors(Echo(), options=options) as door, grpc_sender(door.grpc.port) as sender:
        for _ in range(60):
            assert (await sender.send(b"spans")).code is Code.OK
            await asyncio.sleep(0.01)


async def test_connections_of_one_moment_are_not_sent_elsewhere_in_one() -> None:
    """gRPC varies the age by a tenth either way, so that senders do not come back together."""
    keepalive = ServerKeepalive(max_connection_age_s=1)
    options = grpc_options(GrpcServer(keepalive=keepalive), 100)
    loop = asyncio.get_running_loop()

    async def age(port: int) -> float:
        async with frames.connected(port) as peer:
            begun = loop.time()
            while (got := await peer.read()) is not None:
                if got.kind == frames.GOAWAY:
                    break
            return loop.time() - begun

    async with doors(Echo(), options=options) as door:
        ages = await asyncio.gather(*(age(door.grpc.port) for _ in range(30)))
    assert min(ages) > 0.85
    assert max(ages) - min(ages) > 0.05  # of 0.2; a slow machine only adds to it


def test_the_collectors_words_for_connections_in_grpcs() -> None:
    keepalive = ServerKeepalive(
        max_connection_idle_s=11,
        max_connection_age_s=12,
        max_connection_age_grace_s=13,
        time_s=30,
        timeout_s=5,
        min_time_s=10,
        permit_without_stream=True,
    )
    server = GrpcServer(keepalive=keepalive, max_concurrent_streams=16)
    assert dict(grpc_options(server, 7)) == {
        "grpc.max_allowed_incoming_connections": 7,
        "grpc.max_connection_idle_ms": 11_000,
        "grpc.max_connection_age_ms": 12_000,
        "grpc.max_connection_age_grace_ms": 13_000,
        "grpc.keepalive_time_ms": 30_000,
        "grpc.keepalive_timeout_ms": 5_000,
        "grpc.http2.min_ping_interval_without_data_ms": 10_000,
        "grpc.keepalive_permit_without_calls": 1,
        "grpc.max_concurrent_streams": 16,
    }
    assert dict(grpc_options(GrpcServer(), 7)) == {"grpc.max_allowed_incoming_connections": 7}
    for_ever = GrpcServer(keepalive=ServerKeepalive(max_connection_age_s=0))
    assert dict(grpc_options(for_ever, 7))["grpc.max_connection_age_ms"] == 2**31 - 1


def test_connections_are_bounded_by_what_the_system_gives() -> None:
    assert 16 <= most_connections() <= MOST_CONNECTIONS
