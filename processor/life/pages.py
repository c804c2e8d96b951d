"""The pages over HTTP beside OTLP: health and metrics, each on a port of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.health import health_page
from processor.life.derived import leave_by_otlp
from processor.metrics import Page
from processor.receive.asgi import serve_asgi
from processor.receive.listen import listen
from processor.receive.metrics_page import metrics_page

if TYPE_CHECKING:
    import socket
    from contextlib import AsyncExitStack

    from processor.health import Readiness
    from processor.metrics import Ledger
    from processor.receive.asgi import App
    from processor.settings import Settings
    from processor.telemetry import Telemetry


async def open_pages(
    stack: AsyncExitStack,
    settings: Settings,
    readiness: Readiness,
    ledger: Ledger,
    telemetry: Telemetry,
) -> None:
    """Serve them until the stack closes; raises `ConfigError` where a port is taken."""
    pages: list[tuple[App, list[socket.socket]]] = []
    if settings.health is not None:
        taken = listen(settings.health.endpoint, settings.health.setting)
        pages.append((health_page(readiness, path=settings.health.path), taken))
    where = settings.telemetry.metrics
    if where is not None:
        choice = settings.metrics.prometheus
        costs = choice == "on" or (choice == "auto" and not leave_by_otlp(settings))
        page = Page(ledger, telemetry, hold_s=settings.metrics.interval_s, costs=costs)
        pages.append((metrics_page(page), listen(where.endpoint, where.setting)))
    for app, taken in pages:
        await stack.enter_async_context(serve_asgi(app, taken, drain_s=1))
