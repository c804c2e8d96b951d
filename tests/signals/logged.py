"""Logs requests from plain values, and what is on their records afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from processor.attribution import Attribution
from processor.calls import Memory
from processor.enrich_logs import LogEnricher
from tests.calls.traffic import CALL, COST, END_NS, TRACE, Said, call, put
from tests.calls.traffic import enricher as span_enricher

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pricing import PriceTable
    from processor.enrich import Enriched, Enricher
    from processor.model import Charge
    from processor.wire.fields import Value

DETAILS: Final = "gen_ai.client.inference.operation.details"


@dataclass(frozen=True, kw_only=True)
class Record:
    """A log record as a test says it."""

    attributes: Mapping[str, Value]
    event: str = ""
    body: str = ""
    scope: str = "app"
    trace: bytes = b""
    span_id: bytes = b""
    time_ns: int = END_NS
    observed_ns: int = END_NS + 1
    resource: Mapping[str, Value] = field(default_factory=dict[str, "Value"])


def details(span_id: bytes = b"", **more: Value) -> Record:
    """The conventions' record of a call to gpt-4o, written in its span."""
    said = {**CALL, **{k.replace("__", "."): v for k, v in more.items()}}
    return Record(
        attributes=said, event=DETAILS, span_id=span_id, trace=TRACE if span_id else b""
    )


def request(*records: Record) -> bytes:
    """The records in their order, each in a scope of its own."""
    made = ExportLogsServiceRequest()
    for each in records:
        resource = made.resource_logs.add()
        for key, value in each.resource.items():
            put(resource.resource.attributes, key, value)
        scope = resource.scope_logs.add()
        scope.scope.name = each.scope
        record = scope.log_records.add(
            time_unix_nano=each.time_ns,
            observed_time_unix_nano=each.observed_ns,
            event_name=each.event,
            trace_id=each.trace,
            span_id=each.span_id,
        )
        if each.body:
            record.body.string_value = each.body
        for key, value in each.attributes.items():
            put(record.attributes, key, value)
    return made.SerializeToString()


def written(body: bytes) -> list[dict[str, Value]]:
    """The attributes of each record, in order; none may stand on it twice."""
    found: list[dict[str, Any]] = []
    for resource in ExportLogsServiceRequest.FromString(body).resource_logs:
        for scope in resource.scope_logs:
            for record in scope.log_records:
                pairs = [
                    (kv.key, getattr(kv.value, kv.value.WhichOneof("value") or "string_value"))
                    for kv in record.attributes
                ]
                assert len(dict(pairs)) == len(pairs)
                found.append(dict(pairs))
    return found


def ours(body: bytes, *, at: int = 0) -> dict[str, Value]:
    """What we wrote on one record, our prefix left out."""
    return {
        key.removeprefix("genai_cost."): value
        for key, value in written(body)[at].items()
        if key == COST or key.startswith("genai_cost.")
    }


class Both:
    """Spans and log records before one memory; `charges` are what has arrived."""

    def __init__(self, table: PriceTable, dimensions: tuple[str, ...] = ()) -> None:
        memory = Memory()
        self.table = table
        self.spans: Enricher = span_enricher(memory=memory, dimensions=dimensions)
        self.logs = LogEnricher(self.spans, Attribution(dimensions), memory)
        self.charges: list[Charge] = []

    def logged(self, *records: Record) -> bytes:
        """The records after pricing; they arrive."""
        return self._arrived(self.logs.enrich(request(*records), self.table, END_NS))

    def traced(self, body: bytes) -> bytes:
        """The same of a traces request."""
        return self._arrived(self.spans.enrich(body, self.table, END_NS))

    def _arrived(self, enriched: Enriched) -> bytes:
        self.charges += enriched.charges
        enriched.counted()
        assert not enriched.faults
        return enriched.body

    @property
    def spent(self) -> int:
        """Atto-dollars that were counted."""
        return sum(charge.atto_usd for charge in self.charges)


__all__ = ["DETAILS", "TRACE", "Both", "Record", "Said", "call", "details", "ours", "request"]
