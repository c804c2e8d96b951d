"""Serving an ASGI application on sockets that are ours, inside the running loop.

Used by the HTTP door, the health endpoint and the Prometheus page. uvicorn does HTTP; its signal
handlers, its access log and its main loop (which only keeps a clock) stay out of it.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import AsyncGenerator

    from processor.receive.connection import Patience

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


_FOR_EVER_S: Final = 366 * 86400


class Answer(NamedTuple):
    """One whole HTTP response."""

    status: int
    content_type: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    async def send(self, send: Send) -> None:
        """Send it."""
        headers = (
            ("content-type", self.content_type),
            ("content-length", str(len(self.body))),
            *self.headers,
        )
        raw = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": self.body})


@asynccontextmanager
async def serve_asgi(
    app: App,
    sockets: list[socket.socket],
    *,
    drain_s: float = 10.0,
    tls: ssl.SSLContext | None = None,
    patience: Patience | None = None,
) -> AsyncGenerator[None]:
    """Serve *app* until leaving, which lets requests in flight finish within the drain time."""
    import uvicorn  # noqa: PLC0415 - 17 ms, and not every command serves

    from processor.receive.connection import Patience, connections  # noqa: PLC0415 - as above

    patience = patience or Patience()
    config = uvicorn.Config(
        _dated(app),
        http=connections(patience),
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="error",  # it warns of each broken request, and strangers choose how many
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=math.ceil(patience.idle_s) or _FOR_EVER_S,
        timeout_graceful_shutdown=math.ceil(drain_s),
    )
    config.load()
    config.ssl = tls
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets)
    try:
        yield
    finally:
        await server.shutdown(sockets)


def _dated(app: App) -> App:
    """Add the Date header, which uvicorn would write from the main loop that we leave out."""
    from email.utils import formatdate  # noqa: PLC0415 - uvicorn has it loaded

    async def dated(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = (b"date", formatdate(usegmt=True).encode("ascii"))
                message["headers"] = [*message.get("headers", ()), date]
            await send(message)

        await app(scope, receive, send_dated)

    return dated
