"""Parts made from settings, none of them opened: next hops and the enricher."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from processor.attribution import Attribution
from processor.billing import Biller
from processor.calls.subtree import Subtree
from processor.enrich import Enricher
from processor.errors import ConfigError
from processor.forward.counted import Counted
from processor.forward.debug import DebugExporter
from processor.forward.fanout import FanOut
from processor.forward.grpc_channel import ClientTls, GrpcTarget, Keepalive
from processor.forward.grpc_exporter import GrpcExporter
from processor.forward.headed import Headed
from processor.model import Signal
from processor.stamp import Stamper

if TYPE_CHECKING:
    from pricing import PriceBook
    from processor.calls import Memory
    from processor.calls.orphans import Orphans
    from processor.enrich_logs import LogEnricher
    from processor.forward.next_hop import NextHop
    from processor.metered.meter import Meter
    from processor.metrics import Ledger
    from processor.settings import ExporterSettings, Settings
    from processor.telemetry import Telemetry


class Hops(NamedTuple):
    """Every exporter in use, to be opened once, and what stands behind each signal."""

    exporters: tuple[NextHop, ...]
    by_signal: dict[Signal, NextHop]


def enricher(settings: Settings, memory: Memory, orphans: Orphans | None = None) -> Enricher:
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
    )


class Priced(NamedTuple):
    """What prices each signal; None for one whose calls are not billed."""

    spans: Enricher | None
    logs: LogEnricher | None
    metrics: Meter | None
    orphans: Orphans | None = None


def priced(
    settings: Settings, memory: Memory, book: PriceBook, ledger: Ledger, telemetry: Telemetry
) -> Priced:
    """The same for every signal whose calls are billed; what they remember is one."""
    attribution = Attribution(settings.metrics.dimensions)
    orphans: Orphans | None = None
    if settings.counting.orphan_aggregates == "bill":
        from processor.calls.orphans import Orphans  # noqa: PLC0415 - where it is asked for

        orphans = Orphans(memory, settings.counting.wait_s)
    spans = enricher(settings, memory, orphans)
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
            now_ns=time.time_ns(),
        )
    billed = settings.prices_spans and "spans" in settings.sources
    return Priced(spans if billed else None, logs, meter, orphans)


def next_hops(settings: Settings, user_agent: str, telemetry: Telemetry) -> Hops:
    """The next hop of each signal that has a pipeline; an exporter is one however often it is named."""
    used = {name for names in settings.pipelines.values() for name in names}
    made: dict[str, NextHop] = {
        name: _headed(
            Counted(_exporter(settings.exporters[name], user_agent), telemetry),
            settings.exporters[name],
        )
        for name in sorted(used)
    }
    by_signal: dict[Signal, NextHop] = {}
    for signal in Signal:
        names = settings.pipelines.get(signal, ())
        if names:
            hops = [made[name] for name in names]
            by_signal[signal] = hops[0] if len(hops) == 1 else FanOut(hops)
    return Hops(tuple(made.values()), by_signal)


def _headed(hop: NextHop, settings: ExporterSettings) -> NextHop:
    """The exporter behind what tells it of the sender's headers; without rules it hears of none."""
    return Headed(hop, settings.header_rules)


def _exporter(settings: ExporterSettings, user_agent: str) -> NextHop:
    if settings.kind == "debug":
        return DebugExporter(settings.name, _print)
    if settings.kind != "grpc":
        raise ConfigError([f"{settings.setting}: {settings.kind} waits for a later release"])
    return GrpcExporter(
        settings.name,
        _target(settings, user_agent),
        headers=tuple(settings.headers.items()),
        timeout_s=settings.timeout_s,
        wait_for_ready=settings.wait_for_ready,
        setting=settings.setting,
    )


def _target(settings: ExporterSettings, user_agent: str) -> GrpcTarget:
    tls, keepalive = settings.tls, settings.keepalive
    return GrpcTarget(
        endpoint=settings.endpoint,
        tls=ClientTls(
            insecure=tls.insecure,
            ca_file=tls.ca_file,
            cert_file=tls.cert_file,
            key_file=tls.key_file,
            server_name_override=tls.server_name_override,
        ),
        compression=settings.compression,
        balancer_name=settings.balancer_name,
        keepalive=None
        if keepalive is None
        else Keepalive(
            time_s=keepalive.time_s,
            timeout_s=keepalive.timeout_s,
            permit_without_stream=keepalive.permit_without_stream,
        ),
        authority=settings.authority,
        user_agent=user_agent,
    )


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
