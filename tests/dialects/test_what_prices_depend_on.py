"""What a span says beside its tokens reaches the price: tier, speed, place, size, searches, seconds.

Each row is what a published instrumentation writes; its package is named in the dialect's table.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

import pytest

from tests.calls.traffic import END_NS, Said, enricher, ours, request
from tests.pricing.tables import table

PRICES: Final = table("""
genai-cost: 1
providers:
  openai:
    models:
      gpt-5.1:
        rows:
          - prices: {input: 1, output: 2, searches: 10 per 1K searches, file_searches: 2 per 1K searches}
          - {when: {service_tier: flex}, prices: {input: 0.5, output: 1}}
          - {when: {service_tier: priority}, prices: {input: 3, output: 6}}
          - {when: {batch: true}, prices: {input: 0.25, output: 0.5}}
          - {when: {context_over: 5000}, prices: {input: 9, output: 9}}
      dall-e-3:
        rows:
          - {when: {size: 1024x1024, quality: standard}, prices: {images: 0.04 per image}}
          - {when: {size: 1024x1792, quality: hd}, prices: {images: 0.12 per image}}
      sora-2:
        rows:
          - {when: {size: 720x1280}, prices: {video_seconds: 0.10 per second}}
          - {when: {size: 1024x1792}, prices: {video_seconds: 0.50 per second}}
      tts-1: {prices: {input_characters: 15 per 1M characters}}
      whisper-1: {prices: {audio_seconds: 0.006 per minute}}
  anthropic:
    models:
      claude-opus-4-6:
        rows:
          - prices: {input: 1, output: 2, searches: 10 per 1K searches}
          - {when: {speed: fast}, prices: {input: 6, output: 12}}
          - {when: {region: us}, prices: {input: 1.1, output: 2.2}}
          - {when: {service_tier: priority}, prices: {input: 4, output: 8}}
          - {when: {batch: true}, prices: {input: 0.5, output: 1}}
  gcp.gemini:
    models:
      gemini-2.5-pro:
        rows:
          - prices: {input: 1, output: 2}
          - {when: {service_tier: flex}, prices: {input: 0.5, output: 1}}
  perplexity:
    models:
      sonar:
        rows:
          - prices: {input: 1, output: 2, requests: 5 per 1K requests}
          - {when: {search_context_size: high}, prices: {requests: 12 per 1K requests}}
      sonar-deep-research:
        prices: {input: 1, output: 2, citation: 3, searches: 5 per 1K searches}
""")
OPENINFERENCE: Final = "openinference.instrumentation.openai"
LOGFIRE: Final = "logfire.openai"
OPENLIT: Final = "openlit.instrumentation.openai"
GPT: Final = {
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5.1",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 1000,
}
CLAUDE: Final = {
    **GPT,
    "gen_ai.provider.name": "anthropic",
    "gen_ai.request.model": "claude-opus-4-6",
}
IMAGE: Final = {
    "gen_ai.operation.name": "image",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "dall-e-3",
}
TIERED: Final = '{"model": "gpt-5.1", "service_tier": "%s"}'
SPEAKS: Final = {"gen_ai.provider.name": "openai", "gen_ai.request.model": "tts-1"}


class Row(NamedTuple):
    """What is written, and what it costs by the table above: US dollars and status."""

    scope: str
    attributes: dict[str, Any]
    usd: float
    status: str = "priced"


def llm(provider: str, model: str, **more: object) -> dict[str, Any]:
    """A span of OpenInference's with 1000 tokens each way; keywords with `__` for a dot, maps as JSON."""
    texts = {
        key.replace("__", "."): json.dumps(said) if isinstance(said, dict) else said
        for key, said in more.items()
    }
    return {
        "openinference.span.kind": "LLM",
        "llm.provider": provider,
        "llm.model_name": model,
        "llm.token_count.prompt": 1000,
        "llm.token_count.completion": 1000,
        **texts,
    }


def search(kind: str = "search") -> dict[str, Any]:
    return {"type": "web_search_call", "status": "completed", "action": {"type": kind}}


def ai_sdk(provider: str, **metadata: object) -> dict[str, Any]:
    return {
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.model.provider": provider,
        "ai.model.id": "claude-opus-4-6" if provider == "anthropic" else "sonar-deep-research",
        "ai.usage.inputTokens": 1000,
        "ai.usage.outputTokens": 1000,
        "ai.response.providerMetadata": json.dumps(metadata),
    }


ROWS: Final[dict[str, Row]] = {
    # service tiers: what was served, else what was asked for
    "tier: conventions": Row("x", {**GPT, "openai.response.service_tier": "flex"}, 0.0015),
    "tier: conventions, old name": Row(
        "x", {**GPT, "gen_ai.openai.response.service_tier": "flex"}, 0.0015
    ),
    "tier: served before asked": Row(
        "x",
        {
            **GPT,
            "openai.request.service_tier": "flex",
            "openai.response.service_tier": "default",
        },
        0.003,
    ),
    "tier: asked where none is served": Row(
        "x", {**GPT, "gen_ai.request.service_tier": "priority"}, 0.009
    ),
    "tier: auto is the standard one": Row(
        "x", {**CLAUDE, "anthropic.request.service_tier": "auto"}, 0.003
    ),
    "tier: Anthropic's batch is no tier": Row(
        "x", {**CLAUDE, "anthropic.response.service_tier": "batch"}, 0.0015
    ),
    "tier: Anthropic's priority": Row(
        "com.anthropic.sdk.python",
        {**CLAUDE, "anthropic.response.service_tier": "priority"},
        0.012,
    ),
    "tier: Langfuse's parameters": Row(
        "langfuse-sdk",
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": "gpt-5.1",
            "langfuse.observation.model.parameters": TIERED % "flex",
            "langfuse.observation.usage_details": '{"prompt_tokens": 1000, "completion_tokens": 1000}',
        },
        0.0015,
    ),
    "tier: asked of OpenAI, answer hidden": Row(
        OPENINFERENCE,
        llm("openai", "gpt-5.1", llm__invocation_parameters=TIERED % "flex"),
        0.0015,
    ),
    "tier: Google's kind of traffic": Row(
        "openinference.instrumentation.google_genai",
        llm(
            "google",
            "gemini-2.5-pro",
            output__value={"usage_metadata": {"traffic_type": "ON_DEMAND_FLEX"}},
        ),
        0.0015,
    ),
    "tier: Google's ordinary traffic": Row(
        "openinference.instrumentation.google_genai",
        llm(
            "google",
            "gemini-2.5-pro",
            output__value={"usage_metadata": {"traffic_type": "ON_DEMAND"}},
        ),
        0.003,
    ),
    "tier: one without a price of its own is said": Row(
        "x", {**GPT, "openai.response.service_tier": "scale"}, 0.003, "priced_fallback"
    ),
    # fast mode and place, by Anthropic's answer, else by what it was asked
    "speed: answer": Row(
        "openinference.instrumentation.anthropic",
        llm("anthropic", "claude-opus-4-6", output__value={"usage": {"speed": "fast"}}),
        0.018,
    ),
    "speed: answer before request": Row(
        "openinference.instrumentation.anthropic",
        llm(
            "anthropic",
            "claude-opus-4-6",
            llm__invocation_parameters={"speed": "fast"},
            output__value={"usage": {"speed": "standard"}},
        ),
        0.003,
    ),
    "speed: Logfire": Row(
        "logfire.anthropic", {**CLAUDE, "gen_ai.usage.raw": '{"speed": "fast"}'}, 0.018
    ),
    "speed: AI SDK": Row(
        "ai", ai_sdk("anthropic", anthropic={"usage": {"speed": "fast"}}), 0.018
    ),
    "speed: LiteLLM": Row(
        "litellm", {**CLAUDE, "metadata.usage_object": "{'speed': 'fast'}"}, 0.018
    ),
    "geography: answer": Row(
        "openinference.instrumentation.anthropic",
        llm("anthropic", "claude-opus-4-6", output__value={"usage": {"inference_geo": "us"}}),
        0.0033,
    ),
    "geography: before the caller's own region": Row(
        "openinference.instrumentation.anthropic",
        {
            **llm(
                "anthropic", "claude-opus-4-6", output__value={"usage": {"inference_geo": "us"}}
            ),
            "cloud.region": "europe-west1",
        },
        0.0033,
    ),
    "geography: none told": Row(
        "logfire.anthropic",
        {**CLAUDE, "gen_ai.usage.raw": '{"inference_geo": "not_available"}'},
        0.003,
    ),
    "geography: Logfire": Row(
        "logfire.anthropic", {**CLAUDE, "gen_ai.usage.raw": '{"inference_geo": "us"}'}, 0.0033
    ),
    "geography: AI SDK": Row(
        "ai", ai_sdk("anthropic", anthropic={"usage": {"inference_geo": "us"}}), 0.0033
    ),
    "geography: LiteLLM": Row(
        "litellm", {**CLAUDE, "metadata.usage_object": "{'inference_geo': 'us'}"}, 0.0033
    ),
    # searches: counted where the answer has them, opened pages are none
    "searches: output items": Row(
        OPENINFERENCE,
        llm(
            "openai",
            "gpt-5.1",
            output__value={"output": [search(), search("open_page"), search(), {"type": "x"}]},
        ),
        0.023,
    ),
    "searches: items without an action": Row(
        OPENINFERENCE,
        llm("openai", "gpt-5.1", output__value={"output": [{"type": "web_search_call"}]}),
        0.013,
    ),
    "searches: files": Row(
        OPENINFERENCE,
        llm("openai", "gpt-5.1", output__value={"output": [{"type": "file_search_call"}]}),
        0.005,
    ),
    "searches: none made": Row(
        OPENINFERENCE,
        llm("openai", "gpt-5.1", output__value={"output": [{"type": "message"}]}),
        0.003,
    ),
    "searches: declared is not made": Row(
        OPENINFERENCE,
        llm(
            "openai", "gpt-5.1", llm__invocation_parameters={"tools": [{"type": "web_search"}]}
        ),
        0.003,
    ),
    "searches: streamed, in the metadata": Row(
        "openinference.instrumentation.anthropic",
        llm(
            "anthropic",
            "claude-opus-4-6",
            metadata={"server_tool_use": {"web_search_requests": 3, "web_fetch_requests": 0}},
        ),
        0.033,
    ),
    "searches: pydantic-ai": Row(
        "pydantic-ai", {**CLAUDE, "gen_ai.usage.details.web_search_requests": 3}, 0.033
    ),
    "searches: LiteLLM": Row(
        "litellm",
        {
            **CLAUDE,
            "metadata.usage_object": "{'server_tool_use': {'web_search_requests': 2}}",
        },
        0.023,
    ),
    "searches: AI SDK": Row(
        "ai",
        ai_sdk(
            "anthropic", anthropic={"usage": {"server_tool_use": {"web_search_requests": 1}}}
        ),
        0.013,
    ),
    "searches: whoever": Row("x", {**CLAUDE, "gen_ai.usage.web_search_requests": 1}, 0.013),
    "searches: OpenLIT tells only that there were some": Row(
        OPENLIT,
        {**GPT, "openai.response.built_in_tools": "web_search, web_search"},
        0.003,
        "priced_lower_bound",
    ),
    "searches: OpenLIT, of other tools none costs extra here": Row(
        OPENLIT, {**GPT, "openai.response.built_in_tools": "computer"}, 0.003
    ),
    "searches: OpenLLMetry 0.47 among the tool calls": Row(
        "opentelemetry.instrumentation.openai.v1",
        {**GPT, "gen_ai.completion.0.tool_calls.0.name": "web_search_call"},
        0.003,
        "priced_lower_bound",
    ),
    "searches: a tool of one's own": Row(
        "opentelemetry.instrumentation.openai.v1",
        {**GPT, "gen_ai.completion.0.tool_calls.0.name": "get_weather"},
        0.003,
    ),
    "search context: Perplexity's answer": Row(
        OPENINFERENCE,
        llm("perplexity", "sonar", output__value={"usage": {"search_context_size": "high"}}),
        0.015,
    ),
    "search context: as asked": Row(
        OPENINFERENCE,
        llm(
            "perplexity",
            "sonar",
            llm__invocation_parameters={"web_search_options": {"search_context_size": "high"}},
        ),
        0.015,
    ),
    "search context: Logfire": Row(
        LOGFIRE,
        {
            **GPT,
            "gen_ai.provider.name": "perplexity",
            "gen_ai.request.model": "sonar",
            "gen_ai.usage.raw": '{"search_context_size": "high"}',
        },
        0.015,
    ),
    "search context: not told": Row(OPENINFERENCE, llm("perplexity", "sonar"), 0.008),
    "deep research: AI SDK": Row(
        "ai",
        ai_sdk(
            "perplexity", perplexity={"usage": {"citationTokens": 1000, "numSearchQueries": 2}}
        ),
        0.016,
    ),
    # pictures, sound, film
    "image: Spring AI and Traceloop's tell only what was asked for": Row(
        "x",
        {
            **IMAGE,
            "gen_ai.request.image.size": "1024x1792",
            "gen_ai.request.image.quality": "hd",
            "gen_ai.request.image.count": 2,
        },
        0.0,
        "no_usage",
    ),
    "image: OpenLIT, as it was made": Row(
        OPENLIT,
        {
            **IMAGE,
            "gen_ai.request.image_size": "auto",
            "gen_ai.request.image_quality": "standard",
            "gen_ai.response.image_size": "1024x1792",
            "gen_ai.response.image_quality": "hd",
            "gen_ai.response.image": '["https://a", "https://b"]',
        },
        0.24,
    ),
    "image: OpenInference, as it was made": Row(
        OPENINFERENCE,
        {
            "openinference.span.kind": "LLM",
            "llm.provider": "openai",
            "llm.invocation_parameters": '{"model": "dall-e-3", "size": "auto", "quality": "auto"}',
            "output.value": '{"size": "1024x1792", "quality": "hd", "data": [{"url": "https://a"}]}',
        },
        0.12,
    ),
    "image: Logfire": Row(
        LOGFIRE,
        {
            "gen_ai.operation.name": "image_generation",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "dall-e-3",
            "request_data": '{"size": "1024x1792", "quality": "hd"}',
            "response_data": '{"images": [{"url": "https://a"}, {"url": "https://b"}]}',
        },
        0.24,
    ),
    "image: a size that no row is for": Row(
        "x",
        {**IMAGE, "gen_ai.request.image.size": "8x8", "gen_ai.usage.output_tokens": 9},
        0.0,
        "unsupported_unit",
    ),
    "video: OpenLIT, seconds as a text": Row(
        OPENLIT,
        {
            "gen_ai.operation.name": "video",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "sora-2",
            "gen_ai.openai.video.size": "720x1280",
            "gen_ai.openai.video.seconds": "8",
        },
        0.8,
    ),
    "video: failed, nobody bills it": Row(
        OPENLIT,
        {
            "gen_ai.operation.name": "video",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "sora-2",
            "gen_ai.response.status": "failed",
            "gen_ai.openai.video.size": "720x1280",
            "gen_ai.openai.video.seconds": "8",
        },
        0.0,
        "not_billable",
    ),
    "speech: AI SDK 7 tells the text": Row(
        "gen_ai",
        {
            **SPEAKS,
            "gen_ai.operation.name": "ai.generateSpeech",
            "ai.request.text": "Hello there",
            "ai.response.audio.size": 67,
        },
        0.000165,
    ),
    "speech: AI SDK 7, not answered": Row(
        "gen_ai",
        {
            **SPEAKS,
            "gen_ai.operation.name": "ai.generateSpeech",
            "ai.request.text": "Hello there",
        },
        0.0,
        "no_usage",
    ),
    "speech: AI SDK 7, its older form": Row(
        "ai",
        {
            "ai.operationId": "ai.generateSpeech",
            "ai.model.provider": "openai.speech",
            "ai.model.id": "tts-1",
            "ai.request.text": "Grüße 🙂",
            "ai.response.audio.size": 67,
        },
        0.000105,
    ),
    "transcription: OpenLIT": Row(
        OPENLIT,
        {
            "gen_ai.operation.name": "speech_to_text",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "whisper-1",
            "gen_ai.response.audio.duration": 7.5,
        },
        0.00075,
    ),
    # batches: half price, and a sum is no prompt
    "batch: OpenLIT": Row(
        OPENLIT,
        {**GPT, "gen_ai.operation.name": "batch", "gen_ai.usage.input_tokens": 1_000_000},
        0.2505,
    ),
    "batch: pydantic-ai, one of its calls": Row(
        "pydantic-ai", {**GPT, "pydantic_ai.batch.id": "batch_1"}, 0.00075
    ),
    "a prompt of that size": Row(OPENLIT, {**GPT, "gen_ai.usage.input_tokens": 6000}, 0.063),
}


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in ROWS.items()])
def test_what_a_span_says_reaches_the_price(row: Row) -> None:
    enriching = enricher()
    for n in range(3):  # the first of its shape, and those that are like it
        span = said(row, b"%08d" % n)
        found = ours(enriching.enrich(request(span), PRICES, END_NS).body)
        assert found["status"] == row.status
        assert found.get("gen_ai.usage.cost", 0.0) == pytest.approx(row.usd, rel=1e-12)


def test_one_call_of_a_batch_says_nothing_of_the_next() -> None:
    """Neither the shape of its span nor what was worked out of its subject."""
    enriching = enricher()
    costs: list[object] = []
    for n, more in enumerate(
        [{}, {"pydantic_ai.batch.id": "b"}, {}, {"pydantic_ai.batch.id": "c"}]
    ):
        span = said(Row("pydantic-ai", {**GPT, **more}, 0.0), b"%08d" % n)
        found = ours(enriching.enrich(request(span), PRICES, END_NS).body)
        costs.append(found["gen_ai.usage.cost"])
    assert costs == [0.003, 0.00075, 0.003, 0.00075]


@pytest.mark.parametrize(
    ("status", "usd"), [("queued", 0.8), ("in_progress", 0.8), ("completed", 0.8)]
)
def test_asking_how_a_video_goes_is_no_second_video(status: str, usd: float) -> None:
    row = ROWS["video: OpenLIT, seconds as a text"]
    made = {**row.attributes, "gen_ai.response.id": "video_1", "gen_ai.response.status": status}
    enriching = enricher()
    spans = [said(Row(row.scope, made, usd), b"%08d" % n) for n in range(3)]
    charges = [
        charge
        for span in spans
        for charge in enriching.enrich(request(span), PRICES, END_NS).charges
    ]
    assert [(charge.status, charge.atto_usd) for charge in charges] == [
        ("priced", 8 * 10**17),
        ("duplicate", 0),
        ("duplicate", 0),
    ]


@pytest.mark.parametrize(
    ("total", "status"),
    [
        pytest.param(1320, "priced_lower_bound", id="thoughts in the total alone"),
        pytest.param(1116, "priced", id="all of it counted"),
        pytest.param(1000, "priced", id="less than all: says nothing"),
        pytest.param(0, "priced", id="zero"),
    ],
)
@pytest.mark.parametrize("cached", [0, 600])
def test_googles_own_sum_proves_what_was_not_counted(
    total: int, status: str, cached: int
) -> None:
    """OpenLLMetry 0.62 leaves the thoughts and the tools' prompt out of both counts, not out of the sum."""
    attributes = {
        "gen_ai.provider.name": "gcp.gen_ai",
        "gen_ai.request.model": "gemini-2.5-pro",
        "gen_ai.usage.input_tokens": 1019,
        "gen_ai.usage.output_tokens": 97,
        "gen_ai.usage.cache_read.input_tokens": cached,
        "gen_ai.usage.total_tokens": total,
    }
    scope = "opentelemetry.instrumentation.google_generativeai"
    enriching = enricher()
    for n in range(3):  # the long way, then by the shape
        span = said(Row(scope, attributes, 0.0), b"%08d" % n)
        found = ours(enriching.enrich(request(span), PRICES, END_NS).body)
        assert found["status"] == (
            "priced_fallback" if cached and status == "priced" else status
        )


def said(row: Row, span_id: bytes = b"12345678") -> Said:
    return Said(span_id=span_id, attributes=row.attributes, scope=row.scope)
