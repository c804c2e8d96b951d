"""What is said at start: what runs, where it listens, where everything goes, what nobody sends.

Never a secret: an endpoint, not its headers.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from processor.life.derived import leave_by_otlp, on_the_page
from processor.model import Signal
from processor.wire import fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from processor.settings import ExporterSettings, Settings

logger = logging.getLogger("genai_cost")

_BOTH: Final = "`metrics: {prometheus: on}` of genai_cost has them on both"
DEMO_SENDS_TO: Final = "localhost:4317"


def announce(
    settings: Settings, signals: Iterable[Signal], version: str, pids: Sequence[int] = ()
) -> None:
    """Say it, once; `pids` are of the workers, where there are several."""
    for warning in settings.warnings:
        logger.warning("%s", warning)
    how = "compiled" if fields.COMPILED else "interpreted (not compiled at installation)"
    logger.info("genai-cost %s, the walk runs %s", version, how)
    if pids:
        logger.info("%d workers take requests: pids %s", len(pids), ", ".join(map(str, pids)))
    _addresses(settings)
    for signal in signals:
        exporters = [settings.exporters[each] for each in settings.pipelines[signal]]
        logger.info("%s go to %s", signal, ", ".join(map(described, exporters)))
    _queues(settings)
    if shows_itself(settings):
        logger.info("to see it work, run `make demo` in a second terminal; Ctrl-C ends this")


def described(exporter: ExporterSettings) -> str:
    """An exporter for the line at start: where it goes, and whether others can read along."""
    if exporter.file is not None:
        return f"{exporter.name} at {exporter.file.path}"
    if not exporter.endpoint:
        return exporter.name
    how = "plaintext" if exporter.tls.insecure else "TLS"
    place = exporter.sending_queue.place
    kept = f", queue in {place.directory}" if place is not None else ""
    facts = f"{how}, compression {exporter.compression}{kept}"
    return f"{exporter.name} at {exporter.endpoint} ({facts})"


def shows_itself(settings: Settings) -> bool:
    """Whether this is the service of somebody who tries it: on its own defaults, printing calls."""
    kinds = {
        settings.exporters[name].kind for name in settings.pipelines.get(Signal.TRACES, ())
    }
    here = None if settings.grpc is None else settings.grpc.endpoint
    return kinds == {"debug"} and here == DEMO_SENDS_TO


def _addresses(settings: Settings) -> None:
    if settings.grpc is not None:
        logger.info("send OTLP/gRPC to %s", settings.grpc.endpoint)
    if settings.http is not None:
        scheme = "https" if settings.http.tls else "http"
        where = settings.http.endpoint
        shown = where if where.startswith("unix:") else f"{scheme}://{where}"
        logger.info("send OTLP/HTTP to %s", shown)
    if settings.telemetry.metrics is not None:
        page = settings.telemetry.metrics.endpoint
        logger.info("metrics are at http://%s/metrics, the status at /statusz", page)
        if settings.prices_spans and leave_by_otlp(settings) and not on_the_page(settings):
            logger.info("costs are not on that page but leave by OTLP; %s", _BOTH)


def _queues(settings: Settings) -> None:
    """Say which requests on disk nobody sends."""
    exporters = settings.exporters.values()
    if not any(exporter.sending_queue.place for exporter in exporters):
        return
    from processor.queue.places import left_behind  # noqa: PLC0415 - where there are any

    for path in left_behind(exporters):
        words = (
            "%s is the queue of an exporter that is not configured: name it again, or delete it"
        )
        logger.warning(words, path)
