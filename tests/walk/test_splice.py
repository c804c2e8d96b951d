"""Splicing changes the spans it is told to, and nothing else."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from processor.wire.attributes import double_attribute, string_attribute
from processor.wire.keys import KeyTable
from processor.wire.splice import Edit, patch, patched, splice, varint
from processor.wire.walk import walk
from proto_gen import lean_pb2 as lean

from .requests import MARKS, WANTED, requests

REPLACEABLE = frozenset({"gen_ai.usage.cost", "genai_cost.status"})
thorough = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@given(request=requests)
@thorough
def test_without_edits_the_very_bytes_leave(request: ExportTraceServiceRequest) -> None:
    body = request.SerializeToString()
    assert splice(body, []) is body
    assert patched(body, patch([])) is body


@given(request=requests, data=st.data())
@thorough
def test_a_stamp_changes_its_own_span_alone(
    request: ExportTraceServiceRequest, data: st.DataObject
) -> None:
    body = request.SerializeToString()
    views = walk(body, KeyTable(WANTED, MARKS), REPLACEABLE).views
    chosen = [view for view in views if data.draw(st.booleans())]
    text = data.draw(st.sampled_from(["", "x", "y" * 100, "z" * 20_000]))
    stamp = double_attribute(b"gen_ai.usage.cost", 0.5) + string_attribute(
        b"genai_cost.note", text
    )
    edits = [
        Edit(view, stamp, [(start, end) for _, start, end in view.places]) for view in chosen
    ]
    spliced = splice(body, edits)
    assert canonical(spliced) == expected(body, {view.start for view in chosen}, stamp)
    assert patched(body, patch(edits)) == spliced


def expected(body: bytes, chosen: set[int], stamp: bytes) -> bytes:
    """The same by lean views: an independent codec does the lengths and keeps unknown fields."""
    views = iter(walk(body, KeyTable(WANTED, MARKS), REPLACEABLE).views)
    request = lean.TracesRequest.FromString(body)
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                if not any(pair.key.decode() in MARKS for pair in span.attributes):
                    continue
                if next(views).start in chosen:
                    stamp_lean(span, stamp)
    return canonical(request.SerializeToString())


def stamp_lean(span: lean.Span, stamp: bytes) -> None:
    kept = [pair for pair in span.attributes if pair.key.decode() not in REPLACEABLE]
    del span.attributes[:]
    span.attributes.extend(kept)
    span.MergeFromString(stamp)


def canonical(body: bytes) -> bytes:
    return ExportTraceServiceRequest.FromString(body).SerializeToString(deterministic=True)


@given(number=st.integers(0, 2**63 - 1))
def test_a_varint_is_protobufs(number: int) -> None:
    field = lean.Span(start_time_unix_nano=0, kind=1)
    assert field.kind == 1
    value = 0
    for index, byte in enumerate(varint(number)):
        value |= (byte & 127) << (7 * index)
    assert value == number
    assert len(varint(number)) == max(1, -(-number.bit_length() // 7))
