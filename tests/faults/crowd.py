"""Many senders at once, each on a connection of its own, and those that take their time.

A `Kept` sender speaks HTTP/1.1 on a connection that it keeps; slow ones are bytes written in pieces.
"""

from __future__ import annotations

import asyncio
import resource
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import pytest

from processor.errors import Code
from tests.faults import frames
from tests.wire.senders import GrpcReply, grpc_sender

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from tests.faults.tally import Sending

TIMEOUT_S: Final = 120.0
"""Of a request among thousands on a slow machine."""
PIECES: Final = 10
PAUSE_S: Final = 0.02
FILES: Final = 3_000
"""What the test needs for both ends of a thousand connections, and some."""


def files_for_a_crowd() -> None:
    """Have room for so many connections in this process too, or skip."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FILES <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
    elif soft < FILES:
        pytest.skip(f"TOO FEW FILES: `ulimit -n` gives {hard}, {FILES} are needed")


def posted(port: int, body: bytes) -> bytes:
    """A request of OTLP over HTTP as bytes."""
    head = (
        f"POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"
        f"content-type: application/x-protobuf\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Kept:
    """A connection over HTTP, kept from request to request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def status(self) -> int:
        """Read one whole answer; 0 where there is none any more."""
        try:
            head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            await self._reader.readexactly(int(length))
        except (OSError, EOFError):
            return 0
        return int(head.split()[1])

    async def ended(self) -> bool:
        """Whether the other side has closed, once it has."""
        with suppress(OSError):
            return not await self._reader.read()
        return True


@asynccontextmanager
async def kept(port: int) -> AsyncGenerator[Kept]:
    """Connect."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Kept(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def sender_by_http(port: int) -> AsyncGenerator[Sending]:
    """A sender that keeps its connection."""
    async with kept(port) as connection:

        async def send(body: bytes) -> GrpcReply:
            connection.writer.write(posted(port, body))
            async with asyncio.timeout(TIMEOUT_S):
                status = await connection.status()
            return GrpcReply(Code.OK if status == 200 else Code.INTERNAL, str(status))

        yield send


@asynccontextmanager
async def sender_by_grpc(port: int) -> AsyncGenerator[Sending]:
    """A sender on a channel of its own."""
    async with grpc_sender(port) as sender:

        async def send(body: bytes) -> GrpcReply:
            return await sender.send(body, timeout_s=TIMEOUT_S)

        yield send


SENDERS: Final = {"grpc": sender_by_grpc, "http": sender_by_http}


async def drip(writer: asyncio.StreamWriter, data: bytes, *, whole: bool) -> None:
    """Write it in pieces with pauses; all but the last piece where it is not to be *whole*."""
    size = -(-len(data) // PIECES)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    for piece in pieces if whole else pieces[:-1]:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(PAUSE_S)  # slowness is the point


def slow_by_http(port: int, *, whole: bool) -> Sending:
    """A sender that takes its time, on a connection of its own; it hears 408 where it never ends."""

    async def send(body: bytes) -> GrpcReply:
        async with asyncio.timeout(TIMEOUT_S), kept(port) as connection:
            await drip(connection.writer, posted(port, body), whole=whole)
            status = await connection.status()
            assert status == 200 or await connection.ended()
        return GrpcReply(Code.OK if status == 200 else Code.CANCELLED, str(status))

    return send


def slow_by_grpc(port: int, *, whole: bool) -> Sending:
    """The same over gRPC, where the connection just ends."""

    async def send(body: bytes) -> GrpcReply:
        async with asyncio.timeout(TIMEOUT_S), frames.connected(port) as peer:
            await drip(peer.writer, frames.call(1, body), whole=whole)
            if whole:
                end = await peer.until_end_of(1, TIMEOUT_S)
                assert end is not None
                assert b"grpc-status\x010" in end.payload
                return GrpcReply(Code.OK)
            while await peer.read() is not None:
                pass
        return GrpcReply(Code.CANCELLED, "0")

    return send


SLOW: Final = {"grpc": slow_by_grpc, "http": slow_by_http}


@asynccontextmanager
async def stalling(to: int, after_bytes: int) -> AsyncGenerator[int]:
    """A port that leads to the port *to*, for so many bytes of a connection; answers always come back."""

    async def relay(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, on = await asyncio.open_connection("127.0.0.1", to)
        left = after_bytes
        with suppress(OSError):
            async with asyncio.TaskGroup() as tasks:
                answers = tasks.create_task(_copied(far, back))
                while left and (some := await near.read(min(left, 65_536))):
                    on.write(some)
                    await on.drain()
                    left -= len(some)
                await answers
        for writer in (on, back):
            writer.close()

    server = await asyncio.start_server(relay, "127.0.0.1")
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()


async def _copied(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while some := await source.read(65_536):
            to.write(some)
            await to.drain()
