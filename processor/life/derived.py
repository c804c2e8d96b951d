"""The derived metrics on their way out, and what is counted late because it waited for spans.

Each exporter of the metrics pipeline is told by itself: it knows what only it took.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from processor.metrics import MetricsExporter, OtlpView
from processor.model import Batch, Signal, Status, Terms
from processor.wire.count import count_items

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.assembly import Priced
    from processor.forward.next_hop import NextHop
    from processor.metrics import Ledger
    from processor.settings import Settings
    from processor.telemetry import Telemetry

RELEASE_S: Final = 5.0
"""How often what waits for spans is looked at."""


def leave_by_otlp(settings: Settings) -> bool:
    """Whether the derived metrics reach anybody who keeps them; `debug` keeps nothing."""
    names = settings.pipelines.get(Signal.METRICS, ())
    return any(settings.exporters[name].kind != "debug" for name in names)


def on_the_page(settings: Settings) -> bool:
    """Whether the metrics page has the derived metrics: `metrics.prometheus`, decided."""
    choice = settings.metrics.prometheus
    return choice == "on" or (choice == "auto" and not leave_by_otlp(settings))


async def export_derived(  # noqa: PLR0913 - what it reads, where it sends, and until when
    settings: Settings,
    ledger: Ledger,
    exporters: Mapping[str, NextHop],
    telemetry: Telemetry,
    drained: asyncio.Event,
    *,
    version: str,
) -> None:
    """Export until *drained*, and once more then."""
    async with asyncio.TaskGroup() as tasks:
        for name in settings.pipelines.get(Signal.METRICS, ()):
            temporality = settings.exporters[name].temporality or settings.metrics.temporality
            exporter = MetricsExporter(
                OtlpView(ledger, version=version, temporality=temporality),
                partial(_send, exporters[name]),
                telemetry,
                name=name,
                interval_s=settings.metrics.interval_s,
            )
            tasks.create_task(exporter.run(drained))


async def release(priced: Priced, ledger: Ledger, requests_done: asyncio.Event) -> None:
    """Count what waited for spans that did not come; all of it at the end.

    That is usage which metrics reported, and aggregates without calls.
    """
    meter, orphans = priced.metrics, priced.orphans
    while (meter is not None or orphans is not None) and not requests_done.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(requests_done.wait(), RELEASE_S)
        now_ns, everything = time.time_ns(), requests_done.is_set()
        if meter is not None:
            meter.release(now_ns, everything=everything)
        if orphans is not None:
            due = orphans.due(now_ns, everything=everything)
            ledger.add_late(due, Status.AGGREGATE, now_ns)


async def _send(hop: NextHop, body: bytes) -> bytes:
    points = count_items(body, points=True)
    return await hop.send(Batch(Signal.METRICS, body, items=points), Terms())
