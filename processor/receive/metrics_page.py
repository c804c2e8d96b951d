"""The Prometheus page over HTTP: `GET /metrics`."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from processor.metrics.page import render
from processor.receive.asgi import Answer

if TYPE_CHECKING:
    from processor.metrics import Page
    from processor.receive.asgi import App, Receive, Scope, Send

_WHERE: Final = b"the metrics are at /metrics, what the service is doing is at /statusz\n"


def metrics_page(page: Page) -> App:
    """The ASGI application; reads on the loop, renders off it, so that no request waits for it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - as ASGI has it
        if scope["path"] != "/metrics":
            await Answer(404, "text/plain", _WHERE).send(send)
            return
        headers = {
            name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
        }
        reading = page.read(headers, time.monotonic())
        answer = await asyncio.to_thread(render, reading, headers.get("accept", ""))
        await Answer(200, answer.content_type, answer.body).send(send)

    return app
