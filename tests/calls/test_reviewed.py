"""Ways in which calls were once lost or counted twice; each is a sentence that holds now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from pricing import PriceBook, PriceSource
from processor.attribution import Attribution
from processor.billing import Biller
from processor.calls import Memory
from processor.enrich import Enriched, Enricher
from processor.stamp import Stamper

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BOOK = PriceBook()
BOOK.reload(0.0)
GPT_4O: dict[str, object] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.response.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 1420,
    "gen_ai.usage.output_tokens": 380,
}
COST = 7_350_000_000_000_000


def enricher(capacity: int = 65_536) -> Enricher:
    biller = Biller(Stamper("parts"), "replace_estimates")
    return Enricher(biller, Attribution([]), Memory(capacity))


def span(number: int, attributes: Mapping[str, object], **more: object) -> Span:
    made = Span(
        trace_id=number.to_bytes(16, "big"),
        span_id=number.to_bytes(8, "big"),
        end_time_unix_nano=1_795_000_000_000_000_000,
        **more,  # type: ignore[arg-type]
    )
    for key, value in attributes.items():
        told = (
            AnyValue(int_value=value)
            if isinstance(value, int)
            else AnyValue(string_value=str(value))
        )
        made.attributes.append(KeyValue(key=key, value=told))
    return made


def request(*spans: Span, scope: str = "", version: str = "") -> bytes:
    made = ExportTraceServiceRequest()
    spans_of = made.resource_spans.add().scope_spans.add()
    spans_of.scope.name, spans_of.scope.version = scope, version
    spans_of.spans.extend(spans)
    return made.SerializeToString()


def enrich(one: Enricher, body: bytes) -> Enriched:
    return one.enrich(body, BOOK.current, 0)


def spent(*requests: Enriched) -> int:
    """What is counted when all are answered for good."""
    total = 0
    for each in requests:
        total += sum(charge.atto_usd for charge in each.charges)
        each.counted()
    return total


@pytest.mark.parametrize("calls", [20, 30, 40, 50, 60])
def test_what_was_refused_is_counted_when_it_comes_again_however_much_came_between(
    calls: int,
) -> None:
    one = enricher(capacity=64)
    bodies = [
        request(span(n, GPT_4O | {"gen_ai.response.id": f"chatcmpl-{n:012d}"}))
        for n in range(1, calls + 1)
    ]
    for body in bodies:
        enrich(one, body)  # and the next hop refuses it for now
    assert spent(*[enrich(one, body) for body in bodies]) == calls * COST


def test_ids_of_which_there_are_a_thousand_name_calls_of_one_trace_only() -> None:
    one = enricher()
    attributes = GPT_4O | {"gen_ai.response.id": "chatcmpl-523"}
    both = [enrich(one, request(span(n, attributes))) for n in (1, 2)]
    assert spent(*both) == 2 * COST


@pytest.mark.parametrize(
    ("attributes", "scope", "version"),
    [
        pytest.param(
            {"metadata.usage_object": "{'cache_read_input_tokens': 0x" + "f" * 9000 + "}"},
            "litellm",
            "",
            id="a-number-too-long-to-print",
        ),
        pytest.param(
            {},
            "openinference.instrumentation.anthropic",
            "0.1²",
            id="a-digit-that-is-no-number",
        ),
    ],
)
def test_one_strange_span_takes_nothing_from_the_others(
    attributes: dict[str, object], scope: str, version: str
) -> None:
    one = enricher()
    strange = request(
        span(1, GPT_4O | attributes | {"openinference.span.kind": "LLM"}),
        scope=scope,
        version=version,
    )
    honest = request(span(2, GPT_4O))
    assert spent(enrich(one, strange + honest)) >= COST


def test_a_cost_without_counts_is_one_call_however_many_spans_say_it() -> None:
    one = enricher()
    charged: dict[str, object] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openrouter",
        "gen_ai.response.model": "some/model",
        "gen_ai.response.id": "gen-0123456789abcdef",
        "gen_ai.usage.cost": "0.5",
    }
    spans = (span(1, charged), span(2, charged))
    assert spent(enrich(one, request(*spans))) == 5 * 10**17


def test_a_price_of_nothing_is_a_problem_of_its_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    for price in ("0 per 0 minutes", "1 per 1 minutes, minimum " + "9" * 5000):
        path.write_text(
            "genai-cost: 1\nproviders: {openai: {models: {whisper-1: {prices: "
            f"{{audio_seconds: '{price}'}}}}}}}}\n"
        )
        outcome = PriceBook([PriceSource(str(path))], builtin=False).reload(0.0)
        assert outcome.result == "kept"
        assert outcome.problems


def test_one_span_sent_again_and_again_keeps_no_request_of_the_past() -> None:
    """What is remembered of a span must not hold the stamps of the whole request it first came in."""
    memory = Memory(1000)
    enriching = Enricher(Biller(Stamper("parts"), "replace_estimates"), Attribution([]), memory)
    faithful = span(10**6, GPT_4O)
    for n in range(1, 21):
        enriched = enriching.enrich(
            request(faithful, *[span(n * 1000 + k, GPT_4O) for k in range(100)]),
            BOOK.current,
            1,
        )
        enriched.counted()
        known = memory.span(faithful.trace_id + faithful.span_id)
        assert known is not None
        assert known.settled is enriched.settled


def test_a_tag_of_more_bytes_than_it_needs_is_that_tag() -> None:
    """protobuf reads `CA 00` as 4A: field 9, attributes."""
    plain = span(1, GPT_4O).SerializeToString()
    first = span(1, {}).SerializeToString()
    assert plain.startswith(first)
    overlong = first + plain[len(first) :].replace(b"\x4a", b"\xca\x00", 1)
    body = b"\x12" + bytes([len(overlong) & 127 | 128, len(overlong) >> 7]) + overlong
    body = b"\x12" + bytes([len(body) & 127 | 128, len(body) >> 7]) + body
    body = b"\x0a" + bytes([len(body) & 127 | 128, len(body) >> 7]) + body
    (charge,) = enricher().enrich(body, BOOK.current, 1).charges
    assert charge.atto_usd == COST


def test_a_class_that_is_said_to_be_0_is_not_missing() -> None:
    """So the answer of a model that can draw, but drew nothing, is no lower bound."""
    source = PriceSource("drawn", fetched=True)
    book = PriceBook([source], builtin=False)
    book.put(
        source,
        b"genai-cost: 1\nproviders: {openai: {models: {drawer: {prices: {input: 1, output: 2,"
        b" output_image: 30}}}}}",
    )
    book.reload(0.0)
    said = {**GPT_4O, "gen_ai.response.model": "drawer"}
    stated = {**said, "gen_ai.usage.image.output_tokens": 0}
    for attributes, status in ((said, "priced_lower_bound"), (stated, "priced")) * 2:
        enriched = enricher().enrich(request(span(1, attributes)), book.current, 1)
        assert [charge.status for charge in enriched.charges] == [status]
