"""What the status page says, as plain values; the same for people and for programs.

Read in one step on the event loop, from what is kept anyway. Invariant: never a secret (addresses,
not headers; the kind of a credential, not the credential), and a bound on every list.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from processor.model import ITEMS, Status
from processor.wire import fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from processor.forward.standing import Standing
    from processor.health import Readiness
    from processor.metrics import Ledger
    from processor.prices import PriceWatch
    from processor.recent import Recent
    from processor.settings import ExporterSettings, Settings
    from processor.settings.values import GrpcServer, HttpServer
    from processor.telemetry import CounterName, GaugeName, Telemetry

Row = dict[str, Any]
Facts = dict[str, Row | list[Row]]

MODELS: Final = 20
"""Models without a price that are shown, those with the most calls."""
MAX_CHARS: Final = 500
_NO_PRICE: Final = (Status.UNKNOWN_MODEL, Status.NO_PRICE_AT_TIME, Status.UNSUPPORTED_UNIT)


class Subject(NamedTuple):
    """Who is asked."""

    settings: Settings
    version: str
    readiness: Readiness
    telemetry: Telemetry
    ledger: Ledger
    prices: PriceWatch
    standings: Mapping[str, Standing]
    recent: Recent
    workers: Callable[[], Sequence[int]] = tuple
    """Pids of the processes at the doors, where those are others."""


def facts(of: Subject, now_s: float, now_unix_s: float) -> Facts:
    """Everything; *now_s* is monotonic, *now_unix_s* is Unix time."""
    return {
        "service": _service(of),
        "prices": _prices(of),
        "price_sources": _sources(of, now_unix_s),
        "doors": _doors(of.settings),
        "next_hops": [_next_hop(of, name, now_s) for name in of.standings],
        "memory": _memory(of),
        "models_without_price": models_without_price(of.ledger),
        "warnings_and_errors": [
            {
                "level": event.level,
                "count": event.times,
                "first_ago_s": _ago(event.first_unix_s, now_unix_s),
                "last_ago_s": _ago(event.last_unix_s, now_unix_s),
                "message": event.message,
            }
            for event in of.recent.events()
        ],
    }


def _service(of: Subject) -> Row:
    telemetry = of.telemetry
    return {
        "version": of.version,
        "state": str(of.readiness.state),
        "uptime_s": round(telemetry.counter("process_uptime")[0][1], 1),
        "pid": os.getpid(),
        "workers": of.settings.workers,
        "worker_pids": ", ".join(map(str, of.workers())),
        "walk": "compiled" if fields.COMPILED else "interpreted",
        "python": sys.version.split()[0],
        "configuration": of.settings.origin,
        "resident_bytes": _now(telemetry, "process_memory_rss"),
        "cpu_s": round(telemetry.counter("process_cpu_seconds")[0][1], 1),
        "open_files": _now(telemetry, "process_open_fds"),
        "open_files_limit": _now(telemetry, "process_max_fds"),
    }


def _prices(of: Subject) -> Row:
    outcome = of.prices.outcome
    return {
        "version": of.prices.version,
        "age_s": round(_now(of.telemetry, "pricing_age_seconds") or 0, 1),
        "rows": outcome.rows if outcome else 0,
        "models": outcome.models if outcome else 0,
        "last_reload": outcome.result if outcome else "not yet",
        "good": bool(_now(of.telemetry, "pricing_last_reload_success")),
        "builtin": of.settings.pricing.builtin,
    }


def _sources(of: Subject, now_unix_s: float) -> list[Row]:
    outcome = of.prices.outcome
    current = dict(of.telemetry.reading("pricing_source_current_timestamp_seconds"))
    good = dict(of.telemetry.reading("pricing_source_success"))
    return [
        {
            "source": one.name,
            "outcome": one.result,
            "good": bool(good.get((one.name,))),
            "version": one.version,
            "rows": one.rows,
            "current_ago_s": _ago(current.get((one.name,), 0), now_unix_s),
            "error": of.prices.trouble(one.name)[:MAX_CHARS],
        }
        for one in (outcome.sources if outcome else ())
    ]


def _doors(settings: Settings) -> list[Row]:
    paths = {"gRPC": settings.grpc, "HTTP": settings.http}
    rows = [_door(name, server) for name, server in paths.items() if server is not None]
    if settings.health is not None:
        rows.append(_page("health", settings.health.endpoint))
    if settings.telemetry.metrics is not None:
        rows.append(_page("metrics", settings.telemetry.metrics.endpoint))
    return rows


def _door(name: str, server: GrpcServer | HttpServer) -> Row:
    tls, auth = "none", "none"
    if server.tls is not None:
        tls = "mutual" if server.tls.client_ca_file else "server"
    if server.auth is not None:
        auth = "bearer token" if hasattr(server.auth, "tokens") else "basic"
    return {"door": f"OTLP/{name}", "endpoint": server.endpoint, "tls": tls, "auth": auth}


def _page(name: str, endpoint: str) -> Row:
    return {"door": name, "endpoint": endpoint, "tls": "none", "auth": "none"}


def _next_hop(of: Subject, name: str, now_s: float) -> Row:
    exporter, standing = of.settings.exporters[name], of.standings[name]
    signals = [signal for signal, names in of.settings.pipelines.items() if name in names]
    queue = exporter.sending_queue
    return {
        "exporter": name,
        "signals": ", ".join(signals),
        "endpoint": _where(exporter),
        "state": standing.state,
        "for_s": round(now_s - standing.since_s, 1),
        "in_flight": standing.in_flight,
        "sent": _items(of.telemetry, "sent", name),
        "failed": _items(of.telemetry, "send_failed", name),
        "last_refusal": standing.last_refusal,
        "refused_ago_s": round(now_s - standing.refused_at_s, 1)
        if standing.last_refusal
        else None,
        "queue": _now(of.telemetry, "exporter_queue_size", name) if queue.enabled else None,
        "queue_capacity": queue.queue_size if queue.enabled else None,
        "queue_unit": queue.sizer if queue.enabled else None,
        "queue_in": _queue_place(exporter),
    }


def _where(exporter: ExporterSettings) -> str:
    """Where it goes: the settings keep no secret in an `endpoint`."""
    return exporter.file.path if exporter.file is not None else exporter.endpoint


def _queue_place(exporter: ExporterSettings) -> str | None:
    queue = exporter.sending_queue
    if not queue.enabled:
        return None
    return "memory" if queue.place is None else queue.place.directory


def _items(telemetry: Telemetry, how: str, exporter: str) -> int:
    names: Sequence[Any] = [f"exporter_{how}_{items}" for items in ITEMS.values()]
    return int(
        sum(
            value
            for name in names
            for labels, value in telemetry.counter(name)
            if labels == (exporter,)
        )
    )


def _memory(of: Subject) -> Row:
    def read(name: GaugeName) -> float | None:
        return _now(of.telemetry, name)

    def counted(name: CounterName) -> float:
        return sum(value for _, value in of.telemetry.counter(name))

    return {
        "in_flight_bytes": read("receiver_in_flight_bytes"),
        "in_flight_limit_bytes": read("receiver_in_flight_bytes_capacity"),
        "requests_refused_by_it": counted("receiver_in_flight_refused_requests"),
        "calls_remembered": read("calls_remembered"),
        "calls_without_price_remembered": of.ledger.unpriced,
        "calls_without_price_forgotten": of.ledger.unpriced_forgotten,
        "label_sets": len(of.ledger.accounts),
        "label_sets_limit": of.settings.metrics.cardinality_limit,
        "pricing_faults": counted("pricing_faults"),
    }


def models_without_price(ledger: Ledger) -> list[Row]:
    """Those with the most calls; calls of all services and users together."""
    calls: Counter[tuple[str, str, str]] = Counter()
    for account in ledger.accounts:
        found = {status: account.spans.get(status, 0) for status in _NO_PRICE}
        if any(found.values()):
            of = dict(account.attributes)
            model = of.get("gen_ai.response.model") or of.get("gen_ai.request.model", "")
            for status, count in found.items():
                if count:
                    calls[of.get("gen_ai.provider.name", ""), model, str(status)] += count
    return [
        {
            "model": model[:MAX_CHARS],
            "provider": provider[:MAX_CHARS],
            "status": status,
            "calls": n,
        }
        for (provider, model, status), n in calls.most_common(MODELS)
    ]


def _now(telemetry: Telemetry, name: GaugeName, *labels: str) -> float | None:
    return next((value for has, value in telemetry.reading(name) if has == labels), None)


def _ago(then_unix_s: float, now_unix_s: float) -> float | None:
    return round(max(0.0, now_unix_s - then_unix_s), 1) if then_unix_s else None
