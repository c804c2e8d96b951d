"""`GET /statusz` beside the metrics page: HTML, or JSON with `?format=json` or `Accept: application/json`."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Final

from processor.receive.asgi import Answer
from processor.status.facts import facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.receive.asgi import App, Receive, Scope, Send
    from processor.status.facts import Facts, Subject

PATH: Final = "/statusz"
_SAFE: Final = (
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("vary", "accept"),
)


def status_page(of: Subject, otherwise: App) -> App:
    """The ASGI application; what is not about the status is answered by *otherwise*."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != PATH:
            await otherwise(scope, receive, send)
            return
        if scope["method"] not in {"GET", "HEAD"}:
            allow = (("allow", "GET, HEAD"),)
            await Answer(405, "text/plain", b"read it with GET\n", allow).send(send)
            return
        headers = {
            name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
        }
        told = facts(of, time.monotonic(), time.time_ns() / 1e9)
        query = scope.get("query_string", b"").decode("latin-1")
        answer = await asyncio.to_thread(_answer, told, as_json=wants_json(query, headers))
        await answer.send(send)

    return app


def wants_json(query: str, headers: Mapping[str, str]) -> bool:
    """Whether a program reads it; what is asked for in the address wins over the header."""
    asked = [part.partition("=")[2] for part in query.split("&") if part.startswith("format=")]
    if asked:
        return asked[-1] == "json"
    accept = headers.get("accept", "").lower()
    return "application/json" in accept and "text/html" not in accept


def _answer(told: Facts, *, as_json: bool) -> Answer:
    if as_json:
        body = json.dumps(told, indent=1).encode("ascii") + b"\n"
        return Answer(200, "application/json", body, _SAFE)
    from processor.status.html import html_of  # noqa: PLC0415 - where a person looks

    body = html_of(told).encode("utf-8", "replace")
    return Answer(200, "text/html; charset=utf-8", body, _SAFE)
