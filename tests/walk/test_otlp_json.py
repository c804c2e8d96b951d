"""OTLP/JSON against two oracles: protobuf's classes, and protobuf's own JSON mapping (ids apart)."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any, cast

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from processor.model import Signal
from processor.wire.fields import Malformed
from processor.wire.otlp_json import (
    MAX_DEPTH,
    Unreadable,
    parse,
    text_of,
    to_json,
    to_protobuf,
)
from tests.walk.requests import requests

EXAM = Path(__file__).parents[3] / "shared" / "exam" / "cases"
CLASSES: dict[Signal, Any] = {
    Signal.TRACES: ExportTraceServiceRequest,
    Signal.METRICS: ExportMetricsServiceRequest,
    Signal.LOGS: ExportLogsServiceRequest,
}
IDS = {"traceId", "spanId", "parentSpanId"}


def known(body: bytes, signal: Signal = Signal.TRACES) -> str:
    """All that protobuf reads in a request; the bits of a NaN, which JSON has no word for, aside."""
    return repr(MessageToDict(CLASSES[signal].FromString(body)))


def hex_ids(document: Any) -> Any:
    """Protobuf's JSON with OTLP's ids."""
    if isinstance(document, dict):
        fields = cast("dict[str, Any]", document)
        return {
            key: base64.b64decode(item).hex() if key in IDS else hex_ids(item)
            for key, item in fields.items()
        }
    if not isinstance(document, list):
        return document
    return [hex_ids(item) for item in document]  # pyright: ignore[reportUnknownVariableType]


def round_trip(body: bytes, signal: Signal = Signal.TRACES) -> bytes:
    return to_protobuf(parse(text_of(to_json(body, signal))), signal)


@given(requests)
def test_there_and_back_is_what_protobuf_reads(request: ExportTraceServiceRequest) -> None:
    body = request.SerializeToString()
    assert known(round_trip(body)) == known(body)


@given(requests)
def test_it_is_protobufs_own_mapping_but_for_the_ids(
    request: ExportTraceServiceRequest,
) -> None:
    theirs = hex_ids(MessageToDict(request, use_integers_for_enums=True))
    assert repr(to_json(request.SerializeToString(), Signal.TRACES)) == repr(theirs)


def recorded() -> list[Any]:
    if not EXAM.exists():
        why = pytest.mark.skip(reason=f"NOT HELD: there is no exam corpus at {EXAM}")
        return [pytest.param(EXAM, Signal.TRACES, marks=why, id="corpus")]
    return [
        pytest.param(
            path, Signal(path.name.partition("-")[0]), id=f"{path.parent.name}/{path.name}"
        )
        for path in sorted(EXAM.glob("*/*.pb"))
    ]


@pytest.mark.parametrize(("path", "signal"), recorded())
def test_recorded_requests_survive(path: Path, signal: Signal) -> None:
    body = path.read_bytes()
    assert known(round_trip(body, signal), signal) == known(body, signal)
    message = CLASSES[signal].FromString(body)
    theirs = hex_ids(MessageToDict(message, use_integers_for_enums=True))
    assert to_json(body, signal) == theirs


def span(**fields: Any) -> dict[str, Any]:
    return {"resourceSpans": [{"scopeSpans": [{"spans": [fields]}]}]}


def read(**fields: Any) -> Any:
    body = to_protobuf(span(**fields), Signal.TRACES)
    return ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans[0]


TRACE = "5b8efff798038103d269b633813fc60c"


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        pytest.param({"traceId": TRACE}, "trace_id", bytes.fromhex(TRACE), id="hex"),
        pytest.param({"traceId": TRACE.upper()}, "trace_id", bytes.fromhex(TRACE), id="upper"),
        pytest.param({"trace_id": TRACE}, "trace_id", bytes.fromhex(TRACE), id="snake"),
        pytest.param({"endTimeUnixNano": "7"}, "end_time_unix_nano", 7, id="text"),
        pytest.param({"endTimeUnixNano": 7}, "end_time_unix_nano", 7, id="number"),
        pytest.param(
            {"endTimeUnixNano": str(2**64 - 1)}, "end_time_unix_nano", 2**64 - 1, id="largest"
        ),
        pytest.param({"kind": 3}, "kind", 3, id="enum"),
        pytest.param({"kind": "SPAN_KIND_CLIENT"}, "kind", 3, id="enum-by-name"),
        pytest.param({"name": None}, "name", "", id="null"),
        pytest.param({"name": "a\ud800b"}, "name", "a\ufffdb", id="half-a-pair"),
        pytest.param({"nobodyKnows": {"a": [1]}}, "name", "", id="unknown"),
    ],
)
def test_what_is_read(fields: dict[str, Any], name: str, value: object) -> None:
    assert getattr(read(**fields), name) == value


@pytest.mark.parametrize(
    ("value", "which", "read_as"),
    [
        ({"intValue": "-5"}, "int_value", -5),
        ({"intValue": -5}, "int_value", -5),
        ({"intValue": 1e3}, "int_value", 1000),
        ({"doubleValue": 1}, "double_value", 1.0),
        ({"doubleValue": "1e-3"}, "double_value", 0.001),
        ({"doubleValue": "-Infinity"}, "double_value", -math.inf),
        ({"boolValue": False}, "bool_value", False),
        ({"stringValue": ""}, "string_value", ""),
        ({"bytesValue": "_-8"}, "bytes_value", b"\xff\xef"),
        ({"bytesValue": "/+8="}, "bytes_value", b"\xff\xef"),
        ({}, None, None),
    ],
    ids=str,
)
def test_values_are_read(value: dict[str, Any], which: str | None, read_as: object) -> None:
    found = read(attributes=[{"key": "k", "value": value}]).attributes[0].value
    assert found.WhichOneof("value") == which
    assert which is None or getattr(found, which) == read_as


@pytest.mark.parametrize("text", [b"-0", b"-0.0", b"-0e0", b'"-0"'])
def test_minus_zero_keeps_its_sign_as_go_writes_it(text: bytes) -> None:
    document = parse(
        text_of(
            span(attributes=[{"value": {"doubleValue": 0}}, {"value": {"intValue": -7}}])
        ).replace(b":0}", b":" + text + b"}")
    )
    made = ExportTraceServiceRequest.FromString(to_protobuf(document, Signal.TRACES))
    zero, other = made.resource_spans[0].scope_spans[0].spans[0].attributes
    assert math.copysign(1, zero.value.double_value) == -1
    assert other.value.int_value == -7


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"intValue": "1"}
    for _ in range(levels):
        value = {"arrayValue": {"values": [value]}}
    return span(attributes=[{"key": "k", "value": value}])


SPAN = "resourceSpans[0].scopeSpans[0].spans[0]"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "is no ExportTraceServiceRequest"),
        ({"resourceSpans": {}}, "resourceSpans: is no list"),
        ({"resourceSpans": [None]}, "resourceSpans[0]: is no ResourceSpans"),
        (span(traceId="W47/95gDgQPSabYzgT/GDA=="), f"{SPAN}.traceId: is no hex"),
        (span(traceId="5b 8e"), "is no hex"),
        (span(traceId=5), "is no hex"),
        (span(name=5), f"{SPAN}.name: is no text"),
        (span(endTimeUnixNano=-1), "is no whole number from 0 to 18446744073709551615"),
        (span(endTimeUnixNano="--1"), "is no whole number"),
        (span(endTimeUnixNano="٣"), "is no whole number"),
        (span(endTimeUnixNano=True), "is no whole number"),
        (span(endTimeUnixNano=1.5), "is no whole number"),
        (span(kind="KIND"), "is no whole number"),
        (span(attributes=[{"value": {"boolValue": 1}}]), "attributes[0].value.boolValue"),
        (span(attributes=[{"value": {"doubleValue": "x"}}]), "is no number"),
        (span(attributes=[{"value": {"doubleValue": 10**400}}]), "out of range"),
        (span(attributes=[{"value": {"bytesValue": "*"}}]), "is no base64"),
        (deep(MAX_DEPTH), "is nested too deeply"),
    ],
    ids=lambda value: str(value)[-60:],
)
def test_what_cannot_be_read_says_where(document: Any, words: str) -> None:
    with pytest.raises(Unreadable) as bad:
        to_protobuf(document, Signal.TRACES)
    assert words in str(bad.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"a":', "line 1 column 6"),
        (b"\xff\xfe{", "is no UTF-8 text at byte 0"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"1" * 5000, "is no JSON"),
    ],
    ids=["cut", "utf-16", "deep", "digits"],
)
def test_what_is_no_json_says_so(text: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        parse(text)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_as_protobuf_reads_them_or_refused(body: bytes) -> None:
    try:
        document = to_json(body, Signal.TRACES)
    except Malformed:
        return
    json.dumps(document, allow_nan=False)
    to_protobuf(document, Signal.TRACES)


@given(requests, st.data())
def test_a_request_cut_short_is_refused(
    request: ExportTraceServiceRequest, data: st.DataObject
) -> None:
    body = request.SerializeToString()
    cut = data.draw(st.integers(0, len(body)))
    try:
        theirs = known(body[:cut])
    except Exception:  # noqa: BLE001 - protobuf's own error has no stable class
        with pytest.raises(Malformed):
            to_json(body[:cut], Signal.TRACES)
    else:
        assert known(round_trip(body[:cut])) == theirs
