"""The walk reads what a decode by the official classes reads, and never more than is there."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from .requests import MARKS, WANTED, requests
from .twins import IDS, TWINS

REPLACEABLE = frozenset({"gen_ai.usage.cost", "genai_cost.status"})
CORPUS = sorted(
    (Path(__file__).parents[2].parent / "shared" / "exam" / "cases").glob("*/traces-*.pb")
)

both = pytest.mark.parametrize("twin", TWINS, ids=IDS)
thorough = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def value_of(value: AnyValue) -> Any:
    """What the walk should make of an AnyValue."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind in ("array_value", "kvlist_value", "bytes_value"):
        return value.SerializeToString()
    return getattr(value, kind)


def attributes_of(span: Span) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in span.attributes:
        if pair.key in MARKS + WANTED and pair.key not in found:
            value = value_of(pair.value)
            if value is not None:
                found[pair.key] = value
    return found


def spans_of(request: ExportTraceServiceRequest) -> list[tuple[Any, Any, Span]]:
    return [
        (resource.resource, scope.scope, span)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if any(pair.key in MARKS for pair in span.attributes)
    ]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    if isinstance(one, bytes) and isinstance(other, bytes):  # unknown fields are written last
        return one == other or AnyValue.FromString(one) == AnyValue.FromString(other)
    return type(one) is type(other) and one == other


def check_against_decode(twin: Any, body: bytes, request: ExportTraceServiceRequest) -> None:
    found = twin.walk(body, twin.KeyTable(WANTED, MARKS), REPLACEABLE)
    views = found.views
    assert found.spans == sum(
        len(scope.spans) for each in request.resource_spans for scope in each.scope_spans
    )
    expected = spans_of(request)
    assert len(views) == len(expected)
    for view, (resource, scope, span) in zip(views, expected, strict=True):
        assert (
            body[view.start : view.end] == span.SerializeToString()
            or Span.FromString(body[view.start : view.end]) == span
        )
        assert (view.trace_id, view.span_id, view.parent_id) == (
            span.trace_id,
            span.span_id,
            span.parent_span_id,
        )
        assert view.start_ns == span.start_time_unix_nano & (2**63 - 1)
        assert view.end_ns == span.end_time_unix_nano & (2**63 - 1)
        assert Resource.FromString(view.scope.parent.about) == resource
        assert InstrumentationScope.FromString(view.scope.about) == scope
        wanted = attributes_of(span)
        assert view.attributes.keys() == wanted.keys()
        assert all(same(view.attributes[key], value) for key, value in wanted.items())
        for key, start, end in view.places:
            assert key in REPLACEABLE
            assert Span.FromString(body[start:end]).attributes[0].key == key


@both
@given(request=requests)
@thorough
def test_it_reads_what_a_decode_reads(twin: Any, request: ExportTraceServiceRequest) -> None:
    body = request.SerializeToString()
    check_against_decode(twin, body, ExportTraceServiceRequest.FromString(body))


@both
@pytest.mark.skipif(not CORPUS, reason="needs ../shared/exam beside the checkout")
def test_it_reads_what_a_decode_reads_of_real_traffic(twin: Any) -> None:
    for path in CORPUS:
        body = path.read_bytes()
        check_against_decode(twin, body, ExportTraceServiceRequest.FromString(body))


@both
@given(request=requests, data=st.data())
@thorough
def test_cut_short_it_refuses_or_reads_what_a_decode_reads(
    twin: Any, request: ExportTraceServiceRequest, data: st.DataObject
) -> None:
    whole = request.SerializeToString()
    body = whole[: data.draw(st.integers(0, len(whole)))]
    accept_or_refuse(twin, body)


@both
@given(request=requests, data=st.data())
@thorough
def test_with_bytes_turned_it_refuses_or_reads_what_a_decode_reads(
    twin: Any, request: ExportTraceServiceRequest, data: st.DataObject
) -> None:
    body = bytearray(request.SerializeToString())
    for _ in range(data.draw(st.integers(1, 3))):
        if body:
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    accept_or_refuse(twin, bytes(body))


@both
@given(body=st.binary(max_size=200))
@example(body=b"\x0a\x02\x12\x00")
@example(body=b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
@example(body=b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
@example(body=b"\x0b" * 5000)
@example(body=b"\x0b" * 40 + b"\x0c" * 40)
@example(body=b"\x00\x00")
@thorough
def test_any_bytes_are_read_or_refused_by_one_error(twin: Any, body: bytes) -> None:
    accept_or_refuse(twin, body)


def accept_or_refuse(twin: Any, body: bytes) -> None:
    """Where the official classes decode, so do we, and alike; where they refuse, we may read less."""
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        try:
            twin.walk(body, twin.KeyTable(WANTED, MARKS), REPLACEABLE)
        except twin.Malformed:
            return
        return
    try:
        check_against_decode(twin, body, request)
    except twin.Malformed:
        # Group nesting is bounded lower here than in protobuf (64 against 100).
        assert body.count(b"\x0b") > 32 or any(byte & 7 == 3 for byte in body)


@given(body=st.binary(max_size=120))
@thorough
def test_compiled_and_interpreted_agree_on_everything(body: bytes) -> None:
    assert outcome(TWINS[0], body) == outcome(TWINS[1], body)


def outcome(twin: Any, body: bytes) -> object:
    try:
        views = twin.walk(body, twin.KeyTable(WANTED, MARKS), REPLACEABLE).views
    except twin.Malformed as problem:
        return str(problem)
    return [(v.start, v.end, v.attributes, v.places, v.trace_id, v.end_ns) for v in views]


@both
def test_attribute_like_bytes_inside_a_prompt_are_not_attributes(twin: Any) -> None:
    planted = Span(
        attributes=[KeyValue(key="gen_ai.usage.input_tokens", value=AnyValue(int_value=10**9))]
    ).SerializeToString()
    span = Span(
        attributes=[
            KeyValue(
                key="gen_ai.prompt", value=AnyValue(string_value=planted.decode("latin-1"))
            ),
            KeyValue(key="raw", value=AnyValue(bytes_value=planted * 3)),
            KeyValue(key="gen_ai.operation.name", value=AnyValue(string_value="chat")),
        ]
    )
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.append(span)
    found = twin.walk(request.SerializeToString(), twin.KeyTable(WANTED, MARKS), REPLACEABLE)
    (view,) = found.views
    assert view.attributes == {"gen_ai.operation.name": "chat"}


@both
@pytest.mark.parametrize("tag", [b"\x0a", b"\x8a\x00", b"\x8a\x80\x00"])
@pytest.mark.parametrize("length", [b"\x15", b"\x95\x00", b"\x95\x80\x80\x00"])
@pytest.mark.parametrize("value_first", [False, True])
def test_a_mark_is_seen_however_long_its_tag_and_its_length_are_written(
    twin: Any, tag: bytes, length: bytes, *, value_first: bool
) -> None:
    parts = [tag + length + b"gen_ai.operation.name", b"\x12\x06\x0a\x04chat"]
    pair = b"".join(reversed(parts) if value_first else parts)
    ordinary = sized(0x12, sized(0x4A, b"\x0a\x03key" + b"\x12\x06\x0a\x04chat"))
    scope = sized(0x12, ordinary * 2 + sized(0x12, sized(0x4A, pair)) + ordinary)
    found = twin.walk(sized(0x0A, scope), twin.KeyTable(WANTED, MARKS), REPLACEABLE)
    assert found.spans == 4
    (view,) = found.views
    assert view.attributes == {"gen_ai.operation.name": "chat"}


def sized(tag: int, payload: bytes) -> bytes:
    """A field of fewer than 128 bytes, or of up to 16,383."""
    size = len(payload)
    length = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
    return bytes([tag]) + length + payload
