"""Requests as nobody sends them on purpose: known words with any value, in any nesting, any number of times.

Keys are those that the dialects listen to, so that values get where they are read; ids and scopes
come from a few, so that spans are parents, duplicates and resends of one another.
"""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from processor.dialects import DIALECTS, Recogniser
from tests.calls.traffic import END_NS
from tests.walk.requests import any_values, texts, unknown_fields

_RECOGNISER: Final = Recogniser(DIALECTS)
MARKS: Final = sorted(_RECOGNISER.marks())
KEYS: Final = sorted(_RECOGNISER.keys())
SCOPES: Final = (
    "",
    "litellm",
    "openlit.otel.tracing",
    "pydantic-ai",
    "gen_ai",
    "ai",
    "langfuse-sdk",
    "mlflow",
    "opentelemetry.instrumentation.openai.v1",
)
WORDS: Final = (
    *("chat", "embeddings", "invoke_agent", "LLM", "generation", "openai", "anthropic"),
    *(
        "gpt-4o",
        "bare",
        "free",
        "later",
        "claude-sonnet-4-5",
        "nan",
        "1e999",
        "-1",
        "12.5",
        "None",
    ),
    *('{"input": 1e308, "output": -5}', '{"usage": {"a": [[[[]]]]}}', "[", '"', "{'a': nan}"),
    *("\x00", "9" * 400, "é" * 50, "priced", "provider", "openai/gpt-4o", "gpt-4o-2024-08-06"),
)
COUNTS: Final = (0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 10**15)

words = st.sampled_from(WORDS).map(lambda said: AnyValue(string_value=said))
counts = st.sampled_from(COUNTS).map(lambda said: AnyValue(int_value=said))
small = st.integers(0, 5000).map(lambda said: AnyValue(int_value=said))
doubles = st.floats().map(lambda said: AnyValue(double_value=said))
said_values = st.one_of(words, counts, small, doubles, any_values)
pairs = st.builds(
    KeyValue,
    key=st.one_of(st.sampled_from(MARKS), st.sampled_from(KEYS), st.sampled_from(KEYS), texts),
    value=said_values,
)
# A call that would be priced, unless what follows it says otherwise.
CALL: Final = [
    KeyValue(key="gen_ai.operation.name", value=AnyValue(string_value="chat")),
    KeyValue(key="gen_ai.provider.name", value=AnyValue(string_value="openai")),
    KeyValue(key="gen_ai.request.model", value=AnyValue(string_value="gpt-4o")),
    KeyValue(key="gen_ai.usage.input_tokens", value=AnyValue(int_value=1420)),
    KeyValue(key="gen_ai.usage.output_tokens", value=AnyValue(int_value=380)),
]
ids = st.sampled_from([b"", b"a" * 8, b"b" * 8, b"c" * 8, b"\x00" * 8, b"short", b"x" * 40])
traces = st.sampled_from([b"t" * 16, b"u" * 16, b"", b"\x00" * 16])
times = st.sampled_from([0, 1, END_NS - 10**9, END_NS, END_NS + 1, 2**63, 2**64 - 1])


def _span(span: Span, unknown: bytes) -> Span:
    span.MergeFromString(unknown)
    return span


def attributes(most: int = 12) -> st.SearchStrategy[list[KeyValue]]:
    """Soup, with a call in it more often than not."""
    soup = st.lists(pairs, max_size=most)
    return st.one_of(
        soup, soup.map(lambda more: CALL + more), soup.map(lambda more: more + CALL)
    )


spans = st.builds(
    _span,
    st.builds(
        Span,
        trace_id=traces,
        span_id=ids,
        parent_span_id=ids,
        name=texts,
        start_time_unix_nano=times,
        end_time_unix_nano=times,
        attributes=attributes(),
        events=st.lists(
            st.builds(Span.Event, name=texts, attributes=st.lists(pairs, max_size=3)),
            max_size=2,
        ),
    ),
    unknown_fields,
)


def _scope(name: str, version: str, within: list[Span]) -> ScopeSpans:
    made = ScopeSpans(spans=within)
    made.scope.name, made.scope.version = name, version
    return made


def _resource(about: list[KeyValue], scopes: list[ScopeSpans]) -> ResourceSpans:
    made = ResourceSpans(scope_spans=scopes)
    made.resource.attributes.extend(about)
    return made


scopes = st.builds(
    _scope, st.sampled_from(SCOPES) | texts, texts, st.lists(spans, min_size=1, max_size=4)
)
requests = st.builds(
    ExportTraceServiceRequest,
    resource_spans=st.lists(
        st.builds(_resource, st.lists(pairs, max_size=3), st.lists(scopes, max_size=2)),
        max_size=2,
    ),
)
