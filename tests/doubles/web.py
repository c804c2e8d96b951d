"""A real HTTP server on loopback that answers as badly as a test wants, byte by byte.

Each path has a behaviour; every request is remembered. What a test leaves hanging is cut at the end.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
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
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            fields = (line.partition(":") for line in head[1:] if line)
            request = Heard(
                head[0].split(" ")[1],
                {name.lower(): value.strip() for name, _, value in fields},
            )
            running.heard.append(request)
            await running.behaviours[request.path](request, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort() if task.cancelling() else writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    running = Web(f"{'https' if tls else 'http'}://{host}:{port}")
    try:
        yield running
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


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
