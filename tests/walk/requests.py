"""Traces requests of every shape the schema allows, and raw bytes that are none."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

MARKS = ("gen_ai.operation.name", "llm.model_name")
WANTED = (
    "gen_ai.request.model",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.cost",
    "genai_cost.status",
    "server.address",
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = st.one_of(st.sampled_from(MARKS + WANTED), st.sampled_from(MARKS), texts)
unsigned = st.integers(0, 2**64 - 1)
signed = st.integers(-(2**63), 2**63 - 1)


def _any_values() -> st.SearchStrategy[AnyValue]:
    plain: st.SearchStrategy[AnyValue] = st.one_of(
        st.just(AnyValue()),
        texts.map(lambda v: AnyValue(string_value=v)),
        st.booleans().map(lambda v: AnyValue(bool_value=v)),
        signed.map(lambda v: AnyValue(int_value=v)),
        st.floats().map(lambda v: AnyValue(double_value=v)),
        st.binary(max_size=8).map(lambda v: AnyValue(bytes_value=v)),
    )
    return st.recursive(plain, _nested, max_leaves=4)


def _nested(inner: st.SearchStrategy[AnyValue]) -> st.SearchStrategy[AnyValue]:
    def array(values: list[AnyValue]) -> AnyValue:
        made = AnyValue()
        made.array_value.values.extend(values)
        return made

    def pairs(values: dict[str, AnyValue]) -> AnyValue:
        made = AnyValue()
        made.kvlist_value.values.extend(KeyValue(key=k, value=v) for k, v in values.items())
        return made

    return st.one_of(
        st.lists(inner, max_size=3).map(array),
        st.dictionaries(texts, inner, max_size=3).map(pairs),
    )


any_values = _any_values()
key_values = st.builds(KeyValue, key=keys, value=st.none() | any_values)


def _unknown(message: Any, extra: bytes) -> Any:
    """The message with fields that its schema does not know."""
    message.MergeFromString(extra)
    return message


# Fields 900 to 1003 as varint, bytes and fixed, and an empty group: legal, unknown to OTLP.
unknown_fields = st.sampled_from(
    [
        b"",
        b"\xa0\x38\x01",
        b"\xaa\x38\x03abc",
        b"\xb1\x3e12345678",
        b"\xb5\x3e1234",
        b"\xc3\x38\xc4\x38",
    ]
)

spans = st.builds(
    _unknown,
    st.builds(
        Span,
        trace_id=st.binary(max_size=16),
        span_id=st.binary(max_size=8),
        parent_span_id=st.binary(max_size=8),
        trace_state=texts,
        name=texts,
        kind=st.sampled_from([0, 1, 2, 3, 4, 5]),
        start_time_unix_nano=unsigned,
        end_time_unix_nano=unsigned,
        attributes=st.lists(key_values, max_size=5),
        events=st.lists(
            st.builds(Span.Event, name=texts, attributes=st.lists(key_values, max_size=2)),
            max_size=2,
        ),
        links=st.lists(st.builds(Span.Link, trace_id=st.binary(max_size=16)), max_size=2),
        status=st.none() | st.builds(Status, message=texts, code=st.sampled_from([0, 1, 2])),
        dropped_attributes_count=st.integers(0, 2**32 - 1),
    ),
    unknown_fields,
)


def _scope_spans(name: str, spans: list[Span], url: str) -> ScopeSpans:
    made = ScopeSpans(spans=spans, schema_url=url)
    if name:
        made.scope.name = name
        made.scope.version = "1.2"
    return made


def _resource_spans(attributes: list[KeyValue], scopes: list[ScopeSpans]) -> ResourceSpans:
    made = ResourceSpans(scope_spans=scopes)
    made.resource.attributes.extend(attributes)
    return made


resource_spans = st.builds(
    _unknown,
    st.builds(
        _resource_spans,
        st.lists(key_values, max_size=2),
        st.lists(
            st.builds(
                _unknown,
                st.builds(_scope_spans, texts, st.lists(spans, max_size=4), texts),
                unknown_fields,
            ),
            max_size=3,
        ),
    ),
    unknown_fields,
)
requests = st.builds(
    _unknown,
    st.builds(ExportTraceServiceRequest, resource_spans=st.lists(resource_spans, max_size=3)),
    unknown_fields,
)
