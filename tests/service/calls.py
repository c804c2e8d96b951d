"""Requests as SDKs send them, and what is on their spans afterwards.

Every call made here has ids of its own, so that tests can share a service that counts each call once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Value = str | int | float | bool | bytes
COST: Final = "gen_ai.usage.cost"
OURS: Final = (COST, "genai_cost.")
END_NS: Final = 1_785_000_000_000_000_000  # July 2026

PRICES: Final = """\
genai-cost: 1
version: "test"
providers:
  openai:
    models:
      gpt-4o: {prices: {input: 2.50, cache_read: 1.25, output: 10}}
      gpt-4o-mini: {prices: {input: 0.15, cache_read: 0.075, output: 0.60}}
"""
GPT_4O_USD: Final = 0.00735
"""1,420 in at 2.50 and 380 out at 10, as `chat` has them unless it is told otherwise."""


def repriced(input_usd: str) -> str:
    """The price file with another price for gpt-4o's input."""
    changed = PRICES.replace("input: 2.50", f"input: {input_usd}")
    assert changed != PRICES
    return changed


def put(attributes: Any, key: str, value: Value) -> None:
    """Add an attribute of the value's own kind."""
    kind = {bool: "bool", str: "string", int: "int", float: "double", bytes: "bytes"}[
        type(value)
    ]
    setattr(attributes.add(key=key).value, f"{kind}_value", value)


def span(name: str, attributes: Mapping[str, Value]) -> Span:
    """A span that took a second, with ids that no other has."""
    made = Span(
        trace_id=os.urandom(16),
        span_id=os.urandom(8),
        name=name,
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=END_NS - 1_000_000_000,
        end_time_unix_nano=END_NS,
    )
    for key, value in attributes.items():
        put(made.attributes, key, value)
    return made


def chat(
    model: str = "gpt-4o",
    more: Mapping[str, Value] | None = None,
    *,
    fresh: int = 1420,
    output: int = 380,
) -> Span:
    """A call to a model in OpenTelemetry's own words, with *more* attributes."""
    said: dict[str, Value] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": model,
        "gen_ai.response.id": f"chatcmpl-{os.urandom(12).hex()}",
        "gen_ai.usage.input_tokens": fresh,
        "gen_ai.usage.output_tokens": output,
    }
    return span(f"chat {model}", said | dict(more or {}))


def request(
    *spans: Span, scope: str = "", resource: Mapping[str, Value] | None = None
) -> ExportTraceServiceRequest:
    """One resource, one scope."""
    made = ExportTraceServiceRequest()
    group = made.resource_spans.add()
    for key, value in ({"service.name": "shop"} | dict(resource or {})).items():
        put(group.resource.attributes, key, value)
    within = group.scope_spans.add()
    within.scope.name = scope
    within.spans.extend(spans)
    return made


def sent(*spans: Span, **about: Any) -> bytes:
    """The request of these spans, as bytes."""
    return request(*spans, **about).SerializeToString()


def spans_of(bodies: Iterable[bytes]) -> Iterator[Span]:
    """All spans in these requests, in order."""
    for body in bodies:
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            for within in group.scope_spans:
                yield from within.spans


def values(one: Span) -> dict[str, Value]:
    """A span's attributes; fails where a key is written twice."""
    found = {
        kv.key: getattr(kv.value, kv.value.WhichOneof("value") or "") for kv in one.attributes
    }
    assert len(found) == len(one.attributes), "an attribute stands there twice"
    return found


def ours(one: Span) -> dict[str, Value]:
    """What was written on it."""
    return {key: value for key, value in values(one).items() if key.startswith(OURS)}


def without_ours(body: bytes) -> ExportTraceServiceRequest:
    """The request without what was written on its spans."""
    message = ExportTraceServiceRequest.FromString(body)
    for group in message.resource_spans:
        for within in group.scope_spans:
            for one in within.spans:
                kept = [kv for kv in one.attributes if not kv.key.startswith(OURS)]
                del one.attributes[:]
                one.attributes.extend(kept)
    return message
