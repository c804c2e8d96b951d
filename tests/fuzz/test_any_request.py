"""Laws over whole requests: whatever is sent, the promises hold, on spans and in the books.

What is hand-made here (ten thousand attributes, prompts full of bytes that look like attributes, nesting
without end) is what no chance would make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from tests.calls.traffic import CALL_USD, COST, call, enricher, on, put, request
from tests.fuzz import soup
from tests.fuzz.promises import keep

if TYPE_CHECKING:
    from collections.abc import Callable

LAW: Final = settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@given(message=soup.requests)
@LAW
def test_any_attributes(message: ExportTraceServiceRequest) -> None:
    """A well-formed request is answered, and may come again."""
    body = message.SerializeToString()
    enriching = enricher()
    assert keep(body, enriching) is not None
    assert keep(body, enriching) is not None


@given(messages=st.lists(soup.requests, min_size=2, max_size=4))
@LAW
def test_any_past(messages: list[ExportTraceServiceRequest]) -> None:
    """What was heard before changes no promise."""
    enriching = enricher()
    for message in messages:
        assert keep(message.SerializeToString(), enriching) is not None


@given(
    message=soup.requests,
    cuts=st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 1), st.binary(max_size=6)), max_size=4
    ),
)
@LAW
def test_any_damage(
    message: ExportTraceServiceRequest, cuts: list[tuple[float, float, bytes]]
) -> None:
    """A request with pieces cut out, moved and put in: answered, or refused in one way."""
    body = message.SerializeToString()
    for at, length, instead in cuts:
        start = int(at * len(body))
        end = start + int(length * 8)
        body = body[:start] + instead + body[end:]
    keep(body)


TAGS: Final = b"\x0a\x12\x1a\x2a\x4a\x08\x05\x7f\x80\x01\x00"
"""What most fields of a request begin with, and lengths."""


@given(body=st.binary(max_size=200) | st.lists(st.sampled_from(TAGS), max_size=200).map(bytes))
@LAW
def test_any_bytes(body: bytes) -> None:
    keep(body)


NOISE: Final[dict[str, Callable[[int], tuple[str, str | int]]]] = {
    "short": lambda n: (f"app.field.{n}", "x"),
    "known-prefix": lambda n: (f"gen_ai.usage.details.{n}", n),
    "prompts": lambda n: (f"gen_ai.prompt.{n}.content", "gen_ai.usage.cost"),
    "messages": lambda n: (f"llm.input_messages.{n}.message.content", "{" * 40),
    "same": lambda _: ("gen_ai.usage.input_tokens_details", 7),
}


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_ten_thousand_attributes_on_a_span(noise: str, *, before: bool) -> None:
    """The call is found among them, and each of them stays."""
    message = ExportTraceServiceRequest.FromString(request(call()))
    span = message.resource_spans[0].scope_spans[0].spans[0]
    said = list(span.attributes)
    del span.attributes[:]
    span.attributes.extend([] if before else said)
    for n in range(10_000):
        put(span.attributes, *NOISE[noise](n))
    span.attributes.extend(said if before else [])
    enriched = keep(message.SerializeToString())
    assert enriched is not None
    after = ExportTraceServiceRequest.FromString(enriched.body)
    pairs = after.resource_spans[0].scope_spans[0].spans[0].attributes
    assert [kv.value.double_value for kv in pairs if kv.key == COST] == [CALL_USD]


def attribute(key: str, **value: Any) -> bytes:
    """An attribute as it stands in a span: field 9 and its length before it."""
    pair = KeyValue(key=key, value=AnyValue(**value)).SerializeToString()
    return b"\x4a" + bytes([len(pair)]) + pair


LOOKALIKE: Final = b"".join(
    [
        attribute(COST, double_value=-999.0),
        attribute("genai_cost.status", string_value="priced"),
        attribute("gen_ai.request.model", string_value="free"),
        attribute("gen_ai.usage.input_tokens", string_value="999999999"),
    ]
)
pieces = st.lists(
    st.sampled_from(
        [LOOKALIKE, b"\x4a\x7f", b"gen_ai.usage.cost", b"\x12\x02", b"\x00", b"genai_cost."]
    ),
    max_size=12,
).map(b"".join)


@given(prompt=pieces, answer=pieces, key=st.sampled_from(soup.KEYS))
@LAW
def test_a_prompt_full_of_attributes_changes_no_price(
    prompt: bytes, answer: bytes, key: str
) -> None:
    """Bytes that look like attributes, in text, in bytes and in nested values of the same span."""
    said = call(gen_ai__input__messages=prompt.decode("latin-1"), app__blob=answer)
    enriched = keep(request(said))
    assert enriched is not None
    assert on(enriched.body)[COST] == CALL_USD
    nested = AnyValue()
    nested.kvlist_value.values.add(key=key).value.bytes_value = prompt
    message = ExportTraceServiceRequest.FromString(request(call()))
    message.resource_spans[0].scope_spans[0].spans[0].attributes.add(
        key="app.notes"
    ).value.CopyFrom(nested)
    deep = keep(message.SerializeToString())
    assert deep is not None
    assert on(deep.body)[COST] == CALL_USD


def field(tag: int, payload: bytes) -> bytes:
    """A field of a message, its length before it."""
    length, left = b"", len(payload)
    while left > 0x7F:
        length, left = length + bytes([left & 0x7F | 0x80]), left >> 7
    return bytes([tag]) + length + bytes([left]) + payload


READ_AS_JSON: Final = "langfuse.observation.usage_details"


@pytest.mark.parametrize("depth", [10, 300, 3000])
@pytest.mark.parametrize("key", ["app.notes", "gen_ai.prompt", READ_AS_JSON])
def test_arrays_in_arrays_without_end(key: str, depth: int) -> None:
    """Deeper than protobuf follows, a request is refused or goes on; the sum of the call stays."""
    value = field(0x0A, b"hi")
    for _ in range(depth):
        value = field(0x2A, field(0x0A, value))  # AnyValue.array_value of one value
    pair = field(0x0A, key.encode()) + field(0x12, value)
    span = (
        ExportTraceServiceRequest.FromString(request(call())).resource_spans[0].scope_spans[0]
    )
    within = field(0x12, span.spans[0].SerializeToString() + field(0x4A, pair))
    enriched = keep(field(0x0A, field(0x12, within)))
    if depth == 10:
        assert enriched is not None
        assert on(enriched.body)[COST] == CALL_USD


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"input":' * 20_000, '{"input": 1e999999}', "9" * 10_000]
)
@pytest.mark.parametrize(
    "key", [READ_AS_JSON, "mlflow.chat.tokenUsage", "gen_ai.usage.input_tokens"]
)
def test_texts_that_parsers_choke_on(key: str, text: str) -> None:
    message = ExportTraceServiceRequest.FromString(request(call()))
    put(message.resource_spans[0].scope_spans[0].spans[0].attributes, key, text)
    assert keep(message.SerializeToString()) is not None
