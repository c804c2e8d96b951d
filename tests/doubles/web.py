"""A real HTTP server on loopback that answers as badly as a test wants, byte by byte.

Each path has a behaviour; every request is remembered. What a test leaves hanging is cut at the end.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl


@dataclass(frozen=True)
class Heard:
    """One request."""

    path: str
    headers: Mapping[str, str]


Behaviour = Callable[[Heard, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Web:
    """The server, while it runs."""

    base: str
    behaviours: dict[str, Behaviour] = field(default_factory=dict[str, Behaviour])
    heard: list[Heard] = field(default_factory=list[Heard])

    def url(self, path: str = "/prices") -> str:
        return self.base + path

    def at(self, behaviour: Behaviour, path: str = "/prices") -> str:
        """Answer so from now on; the URL."""
        self.behaviours[path] = behaviour
        return self.url(path)


@asynccontextmanager
async def web(
    tls: ssl.SSLContext | None = None, host: str = "localhost"
) -> AsyncGenerator[Web]:
    loop = asyncio.get_running_loop()
    taken: dict[asyncio.Task[None], socket.socket] = {}
    # Not asyncio's server: that does not say when the last of its connections is closed.
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0)
        running = Web(f"{'https' if tls else 'http'}://{host}:{door.getsockname()[1]}")
        async with asyncio.TaskGroup() as group:

            def take() -> None:
                with suppress(BlockingIOError):
                    connection, _ = door.accept()
                    connection.settimeout(0)
                    attending = group.create_task(_attend(running, connection, tls))
                    taken[attending] = connection

            loop.add_reader(door, take)
            try:
                yield running
            finally:
                loop.remove_reader(door)
                for attending in taken:
                    attending.cancel()
    for connection in taken.values():  # one that was not attended to yet
        connection.close()


async def _attend(running: Web, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
    """One connection, from its handshake until it is closed."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    with suppress(OSError):  # the other side may not trust us
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=tls)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        try:
            await _answer(running, reader, writer)
            writer.close()
            await writer.wait_closed()
        finally:
            transport.abort()
            with suppress(OSError):
                await writer.wait_closed()


async def _answer(
    running: Web, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in head[1:] if line)
        request = Heard(
            head[0].split(" ")[1], {name.lower(): value.strip() for name, _, value in fields}
        )
        running.heard.append(request)
        await running.behaviours[request.path](request, writer)
    except (OSError, EOFError):
        pass


def raw(data: bytes) -> Behaviour:
    """These very bytes, then the end."""

    async def behave(_: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return behave


def message(status: str, body: bytes = b"", **headers: str) -> bytes:
    """A response with its length."""
    lines = {"content-length": str(len(body))} | {
        key.replace("_", "-"): value for key, value in headers.items()
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def reply(status: str, body: bytes = b"", **headers: str) -> Behaviour:
    return raw(message(status, body, **headers))


def conditional(body: bytes, etag: str = "", modified: str = "") -> Behaviour:
    """200 with validators; 304 to who has it."""

    async def behave(request: Heard, writer: asyncio.StreamWriter) -> None:
        asked = (
            request.headers.get("if-none-match", ""),
            request.headers.get("if-modified-since", ""),
        )
        if asked == (etag, modified):
            writer.write(message("304 Not Modified"))
        else:
            writer.write(message("200 OK", body, etag=etag, last_modified=modified))
        await writer.drain()

    return behave


async def silent(_: Heard, __: asyncio.StreamWriter) -> None:
    """Takes the request and never says a word."""
    await asyncio.Event().wait()


def dripping(begin: bytes, drop: bytes) -> Behaviour:
    """A beginning, then a few bytes now and then for ever: each one resets a socket's timeout."""

    async def behave(_: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        while True:
            await writer.drain()
            await asyncio.sleep(0.02)
            writer.write(drop)

    return behave


def endless(head: bytes, piece: bytes) -> Behaviour:
    """As fast as it is read, without an end."""

    async def behave(_: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()

    return behave


def zipped(body: bytes) -> Behaviour:
    return reply("200 OK", gzip.compress(body), content_encoding="gzip")
