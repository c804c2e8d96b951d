"""The Prometheus page over HTTP, as an ASGI application. What is on it: `page.py`.

The reading is taken on the event loop in one step; text and compression are made in a thread, since
a full page is some 20 MB of text.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from typing import TYPE_CHECKING, Any, Final

from processor.metrics.page import Answer, render

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    from processor.metrics.page import Page, Reading

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Message, Receive, Send], Awaitable[None]]

PATH: Final = "/metrics"
_NOT_FOUND: Final = Answer("text/plain", b"the metrics are at /metrics\n")


def page_app(page: Page, *, clock_s: Callable[[], float] = time.monotonic) -> App:
    """The application that answers GET /metrics."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:  # noqa: ARG001 - as ASGI has it
        if scope["path"] != PATH or scope["method"] not in {"GET", "HEAD"}:
            await _send(send, 404, _NOT_FOUND)
            return
        raw: list[tuple[bytes, bytes]] = scope["headers"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
        reading = page.read(headers, clock_s())
        zipped = "gzip" in headers.get("accept-encoding", "")
        answer = await asyncio.to_thread(_body, reading, headers, zipped=zipped)
        await _send(send, 200, answer, zipped=zipped)

    return app


def _body(reading: Reading, headers: Mapping[str, str], *, zipped: bool) -> Answer:
    answer = render(reading, headers.get("accept", ""))
    return answer._replace(body=gzip.compress(answer.body, 1)) if zipped else answer


async def _send(send: Send, status: int, answer: Answer, *, zipped: bool = False) -> None:
    headers = [
        (b"content-type", answer.content_type.encode("latin-1")),
        (b"content-length", str(len(answer.body)).encode("ascii")),
        *([(b"content-encoding", b"gzip")] if zipped else []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
