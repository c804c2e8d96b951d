"""The pages over HTTP beside OTLP: health on one port, metrics and status on another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.health import health_page
from processor.life.derived import on_the_page
from processor.metrics import Page
from processor.receive.asgi import serve_asgi
from processor.receive.listen import listen
from processor.receive.metrics_page import metrics_page
from processor.status.web import status_page

if TYPE_CHECKING:
    import socket
    from contextlib import AsyncExitStack

    from processor.receive.asgi import App
    from processor.status.facts import Subject


async def open_pages(stack: AsyncExitStack, of: Subject) -> None:
    """Serve them until the stack closes; raises `ConfigError` where a port is taken."""
    settings = of.settings
    pages: list[tuple[App, list[socket.socket]]] = []
    if settings.health is not None:
        taken = listen(settings.health.endpoint, settings.health.setting)
        pages.append((health_page(of.readiness, path=settings.health.path), taken))
    where = settings.telemetry.metrics
    if where is not None:
        costs = on_the_page(settings)
        page = Page(of.ledger, of.telemetry, hold_s=settings.metrics.interval_s, costs=costs)
        app = status_page(of, metrics_page(page))
        pages.append((app, listen(where.endpoint, where.setting)))
    for app, taken in pages:
        await stack.enter_async_context(serve_asgi(app, taken, drain_s=1))
