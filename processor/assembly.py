"""Parts made from settings, none of them opened: next hops and the enricher."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING, NamedTuple, cast

from processor.attribution import Attribution
from processor.billing import Biller
from processor.calls.subtree import Subtree
from processor.enrich import Enricher
from processor.errors import ConfigError
from processor.forward.counted import Counted
from processor.forward.debug import DebugExporter
from processor.forward.fanout import FanOut
from processor.forward.grpc_channel import GrpcTarget
from processor.forward.grpc_exporter import GrpcExporter
from processor.forward.headed import Headed
from processor.forward.replaced import Renewal
from processor.forward.standing import Standing
from processor.model import Signal
from processor.stamp import Stamper

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processor.calls import Memory
    from processor.calls.orphans import Orphans
    from processor.enrich_logs import LogEnricher
    from processor.forward.next_hop import NextHop
    from processor.metered.meter import Books, Meter, Prices
    from processor.settings import ExporterSettings, Settings
    from processor.settings.values import Compression
    from processor.telemetry import Telemetry


class Hops(NamedTuple):
    """Every exporter in use, to be opened once, and what stands behind each signal."""

    exporters: Mapping[str, NextHop]
    """By name."""
    by_signal: dict[Signal, NextHop]
    renewal: Renewal
    """Asks exporters to look at their files again."""
    stopping: asyncio.Event
    """To be set when nothing is to be tried again any more."""
    standings: Mapping[str, Standing]
    """How each exporter does, by name."""


def enricher(
    settings: Settings,
    memory: Memory,
    orphans: Orphans | None = None,
    *,
    elsewhere: bool = False,
) -> Enricher:
    """The pure part of the path of spans."""
    return Enricher(
        Biller(
            Stamper(settings.enrich.detail, settings.enrich.conventions),
            settings.enrich.existing_cost,
        ),
        Attribution(settings.metrics.dimensions),
        memory,
        orphans,
        Subtree() if settings.enrich.subtree else None,
        elsewhere=elsewhere,
    )


class Priced(NamedTuple):
    """What prices each signal; None for one whose calls are not billed."""

    spans: Enricher | None
    logs: LogEnricher | None
    metrics: Meter | None
    orphans: Orphans | None = None


def priced(  # noqa: PLR0913 - one argument for each part it works with
    settings: Settings,
    memory: Memory,
    book: Prices,
    ledger: Books,
    telemetry: Telemetry,
    *,
    since_ns: int | None = None,
    elsewhere: bool = False,
) -> Priced:
    """The same for every signal whose calls are billed; what they remember is one.

    `since_ns`: when metrics began to be watched; now if left out. `elsewhere`: as the enricher has it.
    """
    attribution = Attribution(settings.metrics.dimensions)
    orphans: Orphans | None = None
    if settings.counting.orphan_aggregates == "bill":
        from processor.calls.orphans import Orphans  # noqa: PLC0415 - where it is asked for

        orphans = Orphans(memory, settings.counting.wait_s)
    spans = enricher(settings, memory, orphans, elsewhere=elsewhere)
    logs: LogEnricher | None = None
    meter: Meter | None = None
    if "logs" in settings.sources and Signal.LOGS in settings.pipelines:
        from processor.enrich_logs import LogEnricher  # noqa: PLC0415 - where it is asked for

        logs = LogEnricher(spans, attribution, memory)
    if "metrics" in settings.sources and Signal.METRICS in settings.pipelines:
        from processor.metered.meter import Meter  # noqa: PLC0415 - where it is asked for

        meter = Meter(
            attribution=attribution,
            seen=spans.seen,
            book=book,
            ledger=ledger,
            telemetry=telemetry,
            now_ns=time.time_ns() if since_ns is None else since_ns,
        )
    billed = settings.prices_spans and "spans" in settings.sources
    return Priced(spans if billed else None, logs, meter, orphans)


def next_hops(
    settings: Settings, user_agent: str, telemetry: Telemetry, *, announced: bool = False
) -> Hops:
    """The next hop of each signal that has a pipeline; an exporter is one however often it is named.

    `announced`: another process of this service has said what there is to say of them.
    """
    used = {name for names in settings.pipelines.values() for name in names}
    renewal, stopping = Renewal(), asyncio.Event()
    counted: dict[str, Counted] = {}
    made: dict[str, NextHop] = {}
    for name in sorted(used):
        exporter = settings.exporters[name]
        standing = Standing(since_s=time.monotonic())
        hop = _exporter(exporter, user_agent, renewal, announced=announced)
        patient = _patient(hop, exporter, stopping, standing)
        queue = exporter.sending_queue
        told = queue.enabled and not queue.wait_for_result
        counted[name] = Counted(patient, telemetry, standing=standing, queued=told)
        queued = _queued(counted[name], exporter, telemetry, stopping, settings.admission_bytes)
        made[name] = _headed(queued, exporter)
    by_signal: dict[Signal, NextHop] = {}
    for signal in Signal:
        names = settings.pipelines.get(signal, ())
        if names:
            hops = [made[name] for name in names]
            by_signal[signal] = hops[0] if len(hops) == 1 else FanOut(hops)
    standings = {name: hop.standing for name, hop in counted.items()}
    return Hops(made, by_signal, renewal, stopping, standings)


def _headed(hop: NextHop, settings: ExporterSettings) -> NextHop:
    """The exporter behind what tells it of the sender's headers; without rules it hears of none."""
    return Headed(hop, settings.header_rules)


def _queued(
    hop: NextHop,
    settings: ExporterSettings,
    telemetry: Telemetry,
    stopping: asyncio.Event,
    memory_bytes: int,
) -> NextHop:
    """The exporter behind its queue, where it has one; in memory that holds so many bytes."""
    queue = settings.sending_queue
    if not queue.enabled:
        return hop
    from processor.queue.places import place_for  # noqa: PLC0415 - where it is asked for
    from processor.queue.room import Bounds  # noqa: PLC0415
    from processor.queue.sending_queue import SendingQueue  # noqa: PLC0415

    lasts = queue.place is not None
    return SendingQueue(
        hop,
        place_for(settings.name, queue.place),
        telemetry,
        stopping,
        bounds=Bounds(queue.sizer, queue.queue_size, 0 if lasts else memory_bytes),
        batches=queue.batch,
        num_consumers=queue.num_consumers,
        block_on_overflow=queue.block_on_overflow,
        wait_for_result=queue.wait_for_result,
    )


def _patient(
    hop: NextHop, settings: ExporterSettings, stopping: asyncio.Event, standing: Standing
) -> NextHop:
    """The exporter behind what stands before it: retries here, a queue before those."""
    if not settings.retry_on_failure.enabled:
        return hop
    from processor.forward.retried import Retried  # noqa: PLC0415 - where it is asked for

    return Retried(hop, settings.retry_on_failure, stopping, standing=standing)


def _exporter(
    settings: ExporterSettings, user_agent: str, renewal: Renewal, *, announced: bool
) -> NextHop:
    match settings.kind:
        case "grpc":
            return _grpc(settings, user_agent, renewal)
        case "http":
            return _http(settings, user_agent, renewal)
        case "debug":
            return DebugExporter(
                settings.name,
                _print,
                detailed=settings.verbosity == "detailed",
                announced=announced,
            )
        case "file":
            return _file(settings)


def _grpc(settings: ExporterSettings, user_agent: str, renewal: Renewal) -> NextHop:
    target = GrpcTarget(
        endpoint=settings.endpoint,
        tls=settings.tls,
        compression=cast("Compression", settings.compression),  # the settings saw to it
        balancer_name=settings.balancer_name,
        keepalive=settings.keepalive,
        authority=settings.authority,
        user_agent=user_agent,
    )
    return GrpcExporter(
        settings.name,
        target,
        headers=tuple(settings.headers.items()),
        timeout_s=settings.timeout_s,
        wait_for_ready=settings.wait_for_ready,
        credentials=_credentials(settings, renewal),
        setting=_setting(settings),
        renewal=renewal,
    )


def _http(settings: ExporterSettings, user_agent: str, renewal: Renewal) -> NextHop:
    from processor.forward.http_exporter import HttpExporter, HttpTarget  # noqa: PLC0415 - where it is asked for

    details = settings.http
    if details is None:
        raise ConfigError([f"{settings.setting}: names no URL"])
    target = HttpTarget(
        urls={signal: details.urls[signal] for signal in Signal if signal in details.urls},
        encoding=details.encoding,
        compression=settings.compression,
        level=details.level,
        tls=settings.tls,
        proxies=details.proxies,
        max_connections=details.max_connections,
        idle_s=details.idle_s,
        user_agent=user_agent,
    )
    return HttpExporter(
        settings.name,
        target,
        headers=settings.headers,
        credentials=_credentials(settings, renewal),
        timeout_s=settings.timeout_s,
        setting=_setting(settings),
        renewal=renewal,
    )


def _credentials(
    settings: ExporterSettings, renewal: Renewal
) -> Callable[[], Mapping[str, str]]:
    if settings.auth is None:
        return dict
    from processor.forward.credentials import Credentials  # noqa: PLC0415 - where it is asked for

    return Credentials(settings.auth, renewal)


def _file(settings: ExporterSettings) -> NextHop:
    from processor.forward.file_exporter import FileExporter  # noqa: PLC0415 - where it is asked for

    if settings.file is None:
        raise ConfigError([f"{settings.setting}: names no file"])
    return FileExporter(settings.name, settings.file, setting=settings.setting)


def _setting(settings: ExporterSettings) -> str:
    return settings.setting.removesuffix(".endpoint")


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
