"""HTTP/2 frames written by hand, for what no client library would send.

Header blocks are literals without compression. Nothing here waits for anything but what a peer sends.
https://www.rfc-editor.org/rfc/rfc9113  https://www.rfc-editor.org/rfc/rfc7541
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model import GRPC_METHOD, Signal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    0, 1, 3, 4, 6, 7, 8, 9,
)  # fmt: skip
ACK: Final = 1
END_STREAM, END_HEADERS = 1, 4
LONGEST: Final = 16_384


class Frame(NamedTuple):
    """One frame as it came."""

    kind: int
    flags: int
    stream: int
    payload: bytes


def frame(kind: int, payload: bytes = b"", *, flags: int = 0, stream: int = 0) -> bytes:
    """One frame."""
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags])
    return head + stream.to_bytes(4, "big") + payload


def literal(name: bytes, value: bytes, *, remember: bool = False) -> bytes:
    """A field of a header block; with *remember* it enters the peer's table as its newest, number 62."""
    return (b"\x40" if remember else b"\x00") + _text(name) + _text(value)


def _text(text: bytes) -> bytes:
    length = len(text)
    if length < 127:
        return bytes([length]) + text
    rest, more = length - 127, b"\x7f"
    while rest >= 128:
        more += bytes([rest % 128 + 128])
        rest //= 128
    return more + bytes([rest]) + text


REQUEST: Final = b"".join(
    literal(name, value)
    for name, value in (
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":path", GRPC_METHOD[Signal.TRACES].encode()),
        (b":authority", b"here"),
        (b"te", b"trailers"),
        (b"content-type", b"application/grpc"),
    )
)
"""The header block of a call."""


def headers(stream: int, block: bytes = REQUEST, *, flags: int = END_HEADERS) -> bytes:
    """The frame that begins a call."""
    return frame(HEADERS, block, flags=flags, stream=stream)


def message(body: bytes, *, packed: bool = False) -> bytes:
    """A message of gRPC."""
    return bytes([packed]) + len(body).to_bytes(4, "big") + body


def call(stream: int, body: bytes) -> bytes:
    """A whole call with a body of less than a frame."""
    data = frame(DATA, message(body), flags=END_STREAM, stream=stream)
    return headers(stream) + data


class Peer:
    """A connection to a gRPC server on which a test writes what it wants."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def write(self, data: bytes, *, at_once: int = 65_536) -> bool:
        """Write all of it, piece by piece; False where the peer closed the connection before the end."""
        try:
            for at in range(0, len(data), at_once):
                self.writer.write(data[at : at + at_once])
                await self.writer.drain()
        except OSError:
            return False
        return True

    async def read(self) -> Frame | None:
        """The next frame; None at the end."""
        try:
            head = await self._reader.readexactly(9)
            payload = await self._reader.readexactly(int.from_bytes(head[:3], "big"))
        except (OSError, EOFError):
            return None
        return Frame(head[3], head[4], int.from_bytes(head[5:], "big"), payload)

    async def until_end_of(self, stream: int, within_s: float = 30.0) -> Frame | None:
        """The frame with which the peer ends a stream, or ends everything; None where it just closed."""
        async with asyncio.timeout(within_s):
            while (got := await self.read()) is not None:
                if got.kind == GOAWAY and int.from_bytes(got.payload[4:8], "big"):
                    return got
                ended = got.kind == RST_STREAM or got.flags & END_STREAM
                if got.stream == stream and got.kind in {DATA, HEADERS, RST_STREAM} and ended:
                    return got
        return None


@asynccontextmanager
async def connected(port: int, *, settings: bool = True) -> AsyncGenerator[Peer]:
    """A connection that has begun as the protocol wants."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    try:
        writer.write(PREFACE + (frame(SETTINGS) if settings else b""))
        yield Peer(reader, writer)
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()
