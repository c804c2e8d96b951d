"""A next hop over HTTP: a real OTLP/HTTP server that remembers what it got, and answers as told."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import zstandard
from aiohttp import web

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

UNPACK: Mapping[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.decompress,
    "zlib": zlib.decompress,
    "deflate": zlib.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}


@dataclass(frozen=True)
class Posted:
    """One request as it came in."""

    path: str
    body: bytes
    """Unpacked."""
    headers: dict[str, str]
    peer: object
    """The other end of the connection."""


@dataclass(frozen=True)
class Told:
    """What to answer with."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(
        default_factory=lambda: {"content-type": "application/x-protobuf"}
    )


@dataclass
class WebSink:
    """Enter it to have it listen on `port` (a free one unless given) of 127.0.0.1; `hold` lets requests wait."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    told: Told = field(default_factory=Told)
    posted: list[Posted] = field(default_factory=list[Posted])
    taken: list[bytes] = field(default_factory=list[bytes])
    """Bodies of those that were not refused."""
    waiting: int = 0
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    _open: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    def __post_init__(self) -> None:
        self._open.set()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}"

    @property
    def bodies(self) -> list[bytes]:
        """The bodies that arrived, in their order."""
        return [each.body for each in self.posted]

    def hold(self) -> None:
        """Let requests wait from now on."""
        self._open.clear()

    def release(self) -> None:
        """Let go of whatever waits."""
        self._open.set()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**30)
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, handler_cancellation=True, auto_decompress=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self.tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        packed = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = UNPACK[headers.get("content-encoding", "")](packed)
        self.posted.append(Posted(request.path_qs, body, headers, _peer(request)))
        self.waiting += 1
        try:
            await self._open.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        finally:
            self.waiting -= 1
        if self.told.status == 200:
            self.taken.append(body)
        return web.Response(
            status=self.told.status, body=self.told.body, headers=self.told.headers
        )


def _peer(request: web.Request) -> object:
    return None if request.transport is None else request.transport.get_extra_info("peername")
