"""Traces requests from plain values, and what is on their spans afterwards.

No ports, no clock, no chance: a span has the ids that a test gives it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from hypothesis import settings
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from processor.attribution import Attribution
from processor.billing import Biller
from processor.calls import Memory
from processor.enrich import Enricher
from processor.stamp import Stamper
from tests.pricing.tables import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processor.calls.orphans import Orphans
    from processor.calls.subtree import Subtree
    from processor.wire.fields import Value

LAW: Final = settings(deadline=None)
"""A law is about values; how long a busy machine takes for an example says nothing."""

END_NS: Final = 1_785_000_000_000_000_000  # July 2026
TRACE: Final = b"0123456789abcdef"
COST: Final = "gen_ai.usage.cost"

TABLE: Final = table("""\
genai-cost: 1
providers:
  openai:
    models:
      gpt-4o: {prices: {input: 2.50, cache_read: 1.25, output: 10}}
      bare: {prices: {input: 1, output: 2}}
      free: {prices: {input: 0, output: 0}}
      later: {rows: [{from: 2027-01-01, prices: {input: 1, output: 2}}]}
""")

CALL: Final[Mapping[str, Value]] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 1420,
    "gen_ai.usage.output_tokens": 380,
}
CALL_ATTO: Final = 7_350_000_000_000_000  # 1,420 at 2.50 and 380 at 10 the million
CALL_USD: Final = 0.00735


@dataclass(frozen=True, kw_only=True)
class Said:
    """A span as a test says it; `twice` are attributes that stand on it once more."""

    span_id: bytes
    attributes: Mapping[str, Value]
    twice: Mapping[str, Value] = field(default_factory=dict[str, "Value"])
    parent: bytes = b""
    trace: bytes = TRACE
    scope: str = "app"
    start_ns: int = END_NS - 10**9
    end_ns: int = END_NS
    resource: Mapping[str, Value] = field(default_factory=dict[str, "Value"])


def call(span_id: bytes = b"12345678", **more: Value) -> Said:
    """A call to gpt-4o; *more* attributes are written with `__` for a dot."""
    return Said(
        span_id=span_id,
        attributes={**CALL, **{k.replace("__", "."): v for k, v in more.items()}},
    )


def request(*said: Said) -> bytes:
    """The spans in their order, each in a scope of its own."""
    made = ExportTraceServiceRequest()
    for each in said:
        resource = made.resource_spans.add()
        for key, value in each.resource.items():
            put(resource.resource.attributes, key, value)
        scope = resource.scope_spans.add()
        scope.scope.name = each.scope
        span = scope.spans.add(
            trace_id=each.trace,
            span_id=each.span_id,
            parent_span_id=each.parent,
            start_time_unix_nano=each.start_ns,
            end_time_unix_nano=each.end_ns,
        )
        for key, value in (*each.attributes.items(), *each.twice.items()):
            put(span.attributes, key, value)
    return made.SerializeToString()


def put(attributes: Any, key: str, value: Value) -> None:
    """Add an attribute of the value's own kind."""
    kinds = {bool: "bool", str: "string", int: "int", float: "double", bytes: "bytes"}
    setattr(attributes.add(key=key).value, f"{kinds[type(value)]}_value", value)


def written(body: bytes) -> list[list[tuple[str, Value]]]:
    """The attributes of each span, in order, those that stand twice included."""
    parsed = ExportTraceServiceRequest.FromString(body)
    return [
        [
            (pair.key, getattr(pair.value, pair.value.WhichOneof("value") or "string_value"))
            for pair in span.attributes
        ]
        for resource in parsed.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def on(body: bytes, *, at: int = 0) -> dict[str, Value]:
    """The attributes of one span; none may stand on it twice."""
    pairs = written(body)[at]
    found = dict(pairs)
    assert len(found) == len(pairs)
    return found


def ours(body: bytes, *, at: int = 0) -> dict[str, Value]:
    """What we wrote on one span, our prefix left out."""
    return {
        key.removeprefix("genai_cost."): value
        for key, value in on(body, at=at).items()
        if key == COST or key.startswith("genai_cost.")
    }


def enricher(
    *,
    detail: Literal["cost", "parts", "full"] = "parts",
    existing_cost: Literal["replace_estimates", "keep", "replace"] = "replace_estimates",
    dimensions: Sequence[str] = (),
    memory: Memory | None = None,
    orphans: Orphans | None = None,
    subtree: Subtree | None = None,
) -> Enricher:
    """An enricher without a past."""
    return Enricher(
        Biller(Stamper(detail), existing_cost),
        Attribution(dimensions),
        Memory() if memory is None else memory,
        orphans,
        subtree,
    )
