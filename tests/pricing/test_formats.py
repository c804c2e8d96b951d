"""Price files as they are published and as people get them wrong."""

from __future__ import annotations

import json

import pytest

from pricing import PriceError, Question
from pricing.formats import detect
from tests.pricing.tables import ask, table

M = 1_000_000

OPENLIT = json.dumps(
    {
        "chat": {
            "demo-chat": {
                "promptPrice": 0.002,
                "completionPrice": 0.008,
                "cacheReadPrice": 0.0005,
                "cacheCreationPrice": 0.0025,
            },
            "short": {"input": 0.0025, "output": 0.01},
        },
        "embeddings": {"demo-embed": 2e-05},
        "images": {"demo-image": {"standard": {"1024x1024": 0.04}, "hd": {"1024X1024": 0.08}}},
        "audio": {"demo-tts": 0.015, "whisper-1": 0.0001},
    }
)
LITELLM = json.dumps(
    {
        "sample_spec": {
            "litellm_provider": "one of the provider names",
            "input_cost_per_token": 0.0,
        },
        "demo-1": {
            "litellm_provider": "openai",
            "mode": "chat",
            "input_cost_per_token": 2e-06,
            "output_cost_per_token": 8e-06,
            "cache_read_input_token_cost": 2e-07,
            "cache_creation_input_token_cost": 2.5e-06,
            "cache_creation_input_token_cost_above_1hr": 4e-06,
            "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 8e-06,
            "input_cost_per_token_above_200k_tokens": 4e-06,
            "input_cost_per_token_above_200k_tokens_batches": 3e-06,
            "input_cost_per_token_batches": 1e-06,
            "input_cost_per_token_flex": 1.5e-06,
            "input_cost_per_token_priority": 5e-06,
            "output_cost_per_reasoning_token": 9e-06,
            "input_cost_per_audio_token": 3e-05,
            "search_context_cost_per_query": {
                "search_context_size_low": 0.01,
                "search_context_size_medium": 0.02,
                "search_context_size_high": 0.03,
            },
            "off_peak_pricing": {
                "input_cost_per_token": 5e-07,
                "windows": [{"hours_utc": "22:00-00:00", "weekdays": [1, 2, 3, 4, 5]}],
            },
            "regional_processing_uplift_multiplier_eu": 1.1,
            "provider_specific_entry": {"fast": 2.0},
            "search_free_requests": {"count": 1500, "period": "day"},
            "supports_vision": True,
            "max_tokens": 32000,
        },
        "azure/eu/demo-1": {
            "litellm_provider": "azure",
            "mode": "chat",
            "input_cost_per_token": 2.2e-06,
        },
        "azure/demo-1": {
            "litellm_provider": "azure",
            "mode": "chat",
            "input_cost_per_token": 2e-06,
        },
        "bedrock/sa-east-1/meta.demo-v1:0": {
            "litellm_provider": "bedrock",
            "input_cost_per_token": 4e-06,
        },
        "bedrock/us-east-1/1-month-commitment/meta.demo-v1:0": {
            "litellm_provider": "bedrock",
            "input_cost_per_second": 0.01,
        },
        "gemini-demo": {
            "litellm_provider": "vertex_ai-language-models",
            "input_cost_per_token": 1e-06,
        },
        "vertex_ai/gemini-demo": {
            "litellm_provider": "vertex_ai",
            "input_cost_per_token": 3e-06,
        },
        "gemini/gemini-demo": {"litellm_provider": "gemini", "input_cost_per_token": 2e-06},
        "hd/1024-x-1024/dall-e-3": {
            "litellm_provider": "openai",
            "mode": "image_generation",
            "input_cost_per_pixel": 7.629e-08,
            "output_cost_per_pixel": 0.0,
        },
        "whisper-1": {
            "litellm_provider": "openai",
            "mode": "audio_transcription",
            "input_cost_per_second": 0.0001,
            "output_cost_per_second": 0.0001,
        },
        "rerank-demo": {
            "litellm_provider": "cohere",
            "mode": "rerank",
            "input_cost_per_query": 0.002,
        },
        "veo-demo": {
            "litellm_provider": "vertex_ai-video-models",
            "mode": "video_generation",
            "output_cost_per_second": 0.4,
            "output_cost_per_second_4k": 0.6,
        },
        "xai/grok-demo": {
            "litellm_provider": "xai",
            "input_cost_per_token": 1e-06,
            "input_cost_per_token_above_200k_tokens": 2e-06,
        },
        "dashscope/qwen-demo": {
            "litellm_provider": "dashscope",
            "tiered_pricing": [
                {"input_cost_per_token": 5e-08, "range": [0, 256000.0]},
                {"input_cost_per_token": 2.5e-07, "range": [256000.0, 1000000.0]},
            ],
        },
        "openai/dbu-only": {"litellm_provider": "openai", "input_dbu_cost_per_token": 1e-06},
    }
)
GENAI_PRICES = """
id: openai
name: Demo
api_pattern: 'https://api\\.openai\\.com'
models:
  - id: demo-1
    match: {or: [{equals: demo-1}, {equals: demo-one}, {starts_with: demo-1-}]}
    prices:
      - prices: {input_mtok: 2, output_mtok: 8}
      - constraint: {start_date: 2026-09-01}
        prices:
          input_mtok: {base: 1, tiers: [{start: 200000, price: 2}]}
          cache_read_mtok: 0.1
          output_mtok: 4
          web_searches_kcount: 10
      - constraint: {start_time: "01:00:00Z", end_time: "04:00:00Z"}
        prices: {input_mtok: 3, output_mtok: 8}
    price_variants:
      - when: {processing: batch}
        constraint: {start_date: 2026-10-14}
        prices: {input_mtok: 0.5, output_mtok: 2}
      - when: {route: mistral/eu}
        prices: {input_mtok: 9}
  - id: heard
    match: {equals: heard}
    prices: {input_audio_hours: 0.36}
"""


def q(model: str, provider: str = "openai", **facts: object) -> Question:
    return Question(model, provider=provider)._replace(**facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "question", "usage", "expected"),
    [
        pytest.param(
            OPENLIT,
            q("demo-chat"),
            {"input": 1000, "output": 1000},
            "0.01 priced",
            id="openlit-chat",
        ),
        pytest.param(
            OPENLIT,
            q("demo-chat", ""),
            {"cache_read": M},
            "0.5 priced",
            id="openlit-no-provider",
        ),
        pytest.param(
            OPENLIT,
            q("openai/demo-chat", ""),
            {"cache_write": M},
            "2.5 priced",
            id="openlit-prefix",
        ),
        pytest.param(
            OPENLIT,
            q("short"),
            {"input": 1420, "output": 380},
            "0.00735 priced",
            id="openlit-short",
        ),
        pytest.param(
            OPENLIT, q("demo-embed"), {"input": M}, "0.02 priced", id="openlit-embedding"
        ),
        pytest.param(
            OPENLIT,
            q("demo-image", attributes=(("size", "1024x1024"), ("quality", "hd"))),
            {"images": 1},
            "0.08 priced",
            id="openlit-image-size-in-capitals",
        ),
        pytest.param(
            OPENLIT,
            q("demo-tts"),
            {"input_characters": 1000},
            "0.015 priced",
            id="openlit-speech",
        ),
        pytest.param(
            OPENLIT, q("whisper-1"), {"audio_seconds": 60}, "0.006 priced", id="openlit-heard"
        ),
        pytest.param(
            LITELLM, q("demo-1"), {"input": 1000, "output": 10}, "0.00208 priced", id="litellm"
        ),
        pytest.param(
            LITELLM,
            q("demo-1"),
            {"input": 0, "cache_write_1h": 10},
            "0.00004 priced",
            id="litellm-1h",
        ),
        pytest.param(
            LITELLM, q("demo-1"), {"cache_write_1h": M}, "8 priced", id="litellm-1h-over-200k"
        ),
        pytest.param(
            LITELLM, q("demo-1"), {"input": 200_001}, "0.800004 priced", id="litellm-over-200k"
        ),
        pytest.param(
            LITELLM,
            q("demo-1", batch=True),
            {"input": 1000},
            "0.001 priced",
            id="litellm-batch",
        ),
        pytest.param(
            LITELLM,
            q("demo-1", batch=True),
            {"input": M},
            "3 priced",
            id="litellm-batch-over-200k",
        ),
        pytest.param(
            LITELLM,
            q("demo-1", service_tier="flex"),
            {"input": 1000},
            "0.0015 priced",
            id="litellm-flex",
        ),
        pytest.param(
            LITELLM, q("demo-1"), {"reasoning": M}, "9 priced", id="litellm-reasoning"
        ),
        pytest.param(LITELLM, q("demo-1"), {"searches": 1}, "0.02 priced", id="litellm-search"),
        pytest.param(
            LITELLM,
            q("demo-1", attributes=(("search_context_size", "high"),)),
            {"searches": 1},
            "0.03 priced",
            id="litellm-large-search",
        ),
        pytest.param(
            LITELLM, q("demo-1", region="eu"), {"input": 1000}, "0.0022 priced", id="litellm-eu"
        ),
        pytest.param(
            LITELLM,
            q("demo-1", attributes=(("speed", "fast"),)),
            {"input": 1000},
            "0.004 priced",
            id="litellm-fast",
        ),
        pytest.param(
            LITELLM, q("demo-1", "azure"), {"input": M}, "2 priced", id="litellm-azure"
        ),
        pytest.param(
            LITELLM,
            q("demo-1", "azure", region="eu"),
            {"input": M},
            "2.2 priced",
            id="litellm-azure-zone",
        ),
        pytest.param(
            LITELLM,
            q("meta.demo-v1:0", "bedrock", region="sa-east-1"),
            {"input": M},
            "4 priced",
            id="litellm-region",
        ),
        pytest.param(
            LITELLM,
            q("meta.demo-v1:0", "bedrock"),
            {"input": M},
            "unsupported_unit",
            id="litellm-no-region",
        ),
        pytest.param(
            LITELLM, q("gemini-demo", "gemini"), {"input": M}, "2 priced", id="litellm-gemini"
        ),
        pytest.param(
            LITELLM,
            q("gemini-demo", "vertex_ai"),
            {"input": M},
            "3 priced",
            id="litellm-explicit-key-wins",
        ),
        pytest.param(
            LITELLM,
            q("dall-e-3", attributes=(("size", "1024x1024"), ("quality", "hd"))),
            {"images": 1},
            "0.07999586304 priced",
            id="litellm-pixels-of-a-size",
        ),
        pytest.param(
            LITELLM,
            q("whisper-1"),
            {"audio_seconds": 60},
            "0.006 priced",
            id="litellm-seconds-once",
        ),
        pytest.param(
            LITELLM,
            q("rerank-demo", "cohere"),
            {"rerank_units": 1},
            "0.002 priced",
            id="litellm-rerank",
        ),
        pytest.param(
            LITELLM,
            q("veo-demo", "vertex_ai"),
            {"video_seconds": 8},
            "3.2 priced",
            id="litellm-video",
        ),
        pytest.param(
            LITELLM,
            q("veo-demo", "vertex_ai", attributes=(("resolution", "4k"),)),
            {"video_seconds": 8},
            "4.8 priced",
            id="litellm-resolution",
        ),
        pytest.param(
            LITELLM,
            q("grok-demo", "xai"),
            {"input": 199_999},
            "0.199999 priced",
            id="litellm-xai-below",
        ),
        pytest.param(
            LITELLM,
            q("grok-demo", "xai"),
            {"input": 200_000},
            "0.4 priced",
            id="litellm-xai-inclusive",
        ),
        pytest.param(
            LITELLM,
            q("qwen-demo", "dashscope"),
            {"input": 256_000},
            "0.0128 priced",
            id="litellm-range",
        ),
        pytest.param(
            LITELLM,
            q("qwen-demo", "dashscope"),
            {"input": 256_001},
            "0.06400025 priced",
            id="litellm-ranges",
        ),
        pytest.param(
            LITELLM,
            q("dbu-only"),
            {"input": 1},
            "unknown_model",
            id="litellm-units-of-databricks",
        ),
        pytest.param(
            LITELLM,
            q("one of the provider names"),
            {"input": 1},
            "unknown_model",
            id="litellm-sample",
        ),
        pytest.param(
            GENAI_PRICES, q("demo-1"), {"input": 1000}, "0.001 priced", id="genai-prices"
        ),
        pytest.param(
            GENAI_PRICES, q("demo-one"), {"input": M}, "2 priced", id="genai-prices-tier"
        ),
        pytest.param(
            GENAI_PRICES,
            q("demo-1", batch=True),
            {"input": 1000},
            "0.0005 priced",
            id="genai-prices-batch",
        ),
        pytest.param(
            GENAI_PRICES, q("demo-1"), {"searches": 1}, "0.01 priced", id="genai-prices-calls"
        ),
        pytest.param(
            GENAI_PRICES,
            q("heard"),
            {"audio_seconds": 10},
            "0.001 priced",
            id="genai-prices-hours",
        ),
        pytest.param(
            GENAI_PRICES,
            q("demo-1-large"),
            {"input": 1},
            "unknown_model",
            id="genai-prices-no-siblings",
        ),
    ],
)
def test_published_forms(
    source: str, question: Question, usage: dict[str, int], expected: str
) -> None:
    assert ask(table(source), usage, question) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param("2026-11-23T23:00:00Z", "0.5 priced", id="litellm-off-peak"),
        pytest.param("2026-11-22T23:00:00Z", "2 priced", id="litellm-sunday"),
    ],
)
def test_litellm_windows(at: str, expected: str) -> None:
    small = json.dumps(
        {"demo-1": {k: v for k, v in json.loads(LITELLM)["demo-1"].items() if "above" not in k}}
    )
    assert ask(table(small), {"input": M}, q("demo-1"), at=at) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param("2026-08-31T12:00:00Z", "0.002 priced", id="before"),
        pytest.param("2026-09-01T12:00:00Z", "0.001 priced", id="after"),
        pytest.param("2026-09-01T02:00:00Z", "0.003 priced", id="window"),
    ],
)
def test_genai_prices_constraints(at: str, expected: str) -> None:
    assert ask(table(GENAI_PRICES), {"input": 1000}, q("demo-1"), at=at) == expected


@pytest.mark.parametrize(
    ("source", "form"),
    [
        pytest.param(OPENLIT, "openlit", id="openlit"),
        pytest.param(
            '{"chat": {"gpt-4o": {"input": 0.0025, "output": 0.01}}}',
            "openlit",
            id="openlit-short",
        ),
        pytest.param(LITELLM, "litellm", id="litellm"),
        pytest.param(
            '{"chat": {"input_cost_per_token": 1e-6}}', "openlit", id="a-model-named-chat"
        ),
        pytest.param(GENAI_PRICES, "genai-prices", id="genai-prices-yaml"),
        pytest.param(
            '[{"id": "x", "models": [{"id": "m", "prices": {"input_mtok": 1}}]}]',
            "genai-prices",
            id="json",
        ),
        pytest.param(
            "genai-cost: 1\nproviders: {x: {models: {m: {prices: {input: 1}}}}}",
            "genai-cost",
            id="ours",
        ),
        pytest.param("hello: world", "", id="none"),
    ],
)
def test_the_form_is_told_by_content(source: str, form: str) -> None:
    import yaml  # noqa: PLC0415

    assert detect.detect(yaml.safe_load(source)) == form


def test_what_is_passed_over_is_said() -> None:
    loaded = detect.read(LITELLM.encode(), "prices.json")
    assert loaded.warnings == (
        "prices.json: bedrock/us-east-1/1-month-commitment/meta.demo-v1:0: provisioned throughput has no price for a call",
        "prices.json: 2 entries have no price for a call",
    )


def ours(body: str) -> str:
    return f"genai-cost: 1\nproviders:\n  openai:\n    models:\n      m: {body}\n"


PLACE = "f:5: providers.openai.models.m"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        pytest.param("", "f: empty", id="empty"),
        pytest.param(
            "# nothing\n",
            "f: no known price format; a file of ours begins with `genai-cost: 1`",
            id="comment",
        ),
        pytest.param(
            "hello",
            "f: no known price format; a file of ours begins with `genai-cost: 1`",
            id="a-word",
        ),
        pytest.param("{", "f:2: not YAML: did not find expected node content", id="torn"),
        pytest.param(
            "genai-cost: 2\n",
            "f:1: genai-cost: version 2 is not understood; write 1",
            id="version",
        ),
        pytest.param(
            "genai-cost: 1\nprovders: {}\n",
            "f:2: provders: unknown key 'provders'; did you mean 'providers'?",
            id="top-key",
        ),
        pytest.param(
            "genai-cost: 1\n",
            "f: top level: no priced model in it (read as genai-cost)",
            id="no-model",
        ),
        pytest.param(
            ours("{prices: {imput: 1}}"),
            f"{PLACE}.prices.imput: unknown key 'imput'; did you mean 'input'?",
            id="price-key",
        ),
        pytest.param(
            ours("{prices: {cached_input: 1}}"),
            f"{PLACE}.prices.cached_input: unknown key 'cached_input'",
            id="price-key-of-others",
        ),
        pytest.param(
            ours("{prices: {input: -1}}"),
            f"{PLACE}.prices.input: -1 is negative",
            id="negative",
        ),
        pytest.param(ours("{prices: {input: .nan}}"), "f:5: .nan is not a price", id="nan"),
        pytest.param(
            ours("{prices: {input: nan}}"),
            f"{PLACE}.prices.input: 'nan' is not a decimal number",
            id="nan-as-text",
        ),
        pytest.param(
            ours("{prices: {input: .inf}}"), "f:5: .inf is not a price", id="infinite"
        ),
        pytest.param(
            ours("{prices: {input: 1e400}}"),
            f"{PLACE}.prices.input: 1E+400 is out of all proportion",
            id="huge",
        ),
        pytest.param(
            ours("{prices: {input: 1e-400}}"),
            f"{PLACE}.prices.input: 1E-400 is out of all proportion",
            id="tiny",
        ),
        pytest.param(
            ours("{prices: {input: 10000.01}}"),
            f"{PLACE}.prices.input: 10000.01 per 1,000,000 is above 10000 USD",
            id="absurd",
        ),
        pytest.param(
            ours("{prices: {images: 2000 per image}}"),
            f"{PLACE}.prices.images: 2000 per 1 is above 1000 USD",
            id="absurd-image",
        ),
        pytest.param(
            ours("{prices: {input: true}}"),
            f"{PLACE}.prices.input: True is not a price",
            id="boolean",
        ),
        pytest.param(
            ours("{prices: {input: free}}"),
            f"{PLACE}.prices.input: 'free' is not a decimal number",
            id="word",
        ),
        pytest.param(
            ours("{prices: {input: [1]}}"),
            f"{PLACE}.prices.input: [1] is not a price",
            id="list",
        ),
        pytest.param(
            ours("{prices: {input: }}"),
            f"{PLACE}.prices.input: None is not a price",
            id="nothing",
        ),
        pytest.param(
            ours("{prices: {images: 0.04}}"),
            f"{PLACE}.prices.images: needs its unit: `0.04 per image`",
            id="no-unit",
        ),
        pytest.param(
            ours("{prices: {images: 0.04 per second}}"),
            f"{PLACE}.prices.images: images is not counted in 'second', but in image",
            id="wrong-unit",
        ),
        pytest.param(
            ours("{prices: {input: 1 per fortnight}}"),
            f"{PLACE}.prices.input: input is not counted in 'fortnight'",
            id="no-such-unit",
        ),
        pytest.param(ours("{prices: {}}"), f"{PLACE}.prices: names no price", id="no-price"),
        pytest.param(
            ours("{}"), f"{PLACE}: needs `prices` (always the same) or `rows`", id="neither"
        ),
        pytest.param(
            ours("{prices: {input: 1}, rows: []}"),
            f"{PLACE}: needs `prices` (always the same) or `rows`",
            id="both",
        ),
        pytest.param(ours("{rows: []}"), f"{PLACE}: has no row", id="no-row"),
        pytest.param(
            ours("{rows: [{from: 2026-02-30, prices: {input: 1}}]}"),
            f"{PLACE}.rows.0.from: not a date or an instant",
            id="no-such-day",
        ),
        pytest.param(
            ours("{rows: [{from: 2026-02-01T10:00:00, prices: {input: 1}}]}"),
            f"{PLACE}.rows.0.from: not a date or an instant",
            id="no-zone",
        ),
        pytest.param(
            ours("{rows: [{from: 2026-02-02, to: 2026-02-01, prices: {input: 1}}]}"),
            f"{PLACE}.rows.0: ends before it begins",
            id="backwards",
        ),
        pytest.param(
            ours("{rows: [{when: {tier: flex}, prices: {input: 1}}]}"),
            f"{PLACE}.rows.0.when.tier: unknown key 'tier'; did you mean 'service_tier'?",
            id="condition",
        ),
        pytest.param(
            ours("{rows: [{when: {context_over: many}, prices: {input: 1}}]}"),
            f"{PLACE}.rows.0.when.context_over: 'many' is not a count of tokens",
            id="threshold",
        ),
        pytest.param(
            ours("{rows: [{when: {context_over: 1, context_from: 2}, prices: {input: 1}}]}"),
            f"{PLACE}.rows.0.when: has context_over and context_from",
            id="two-thresholds",
        ),
        pytest.param(
            ours('{rows: [{when: {hours: "noon"}, prices: {input: 1}}]}'),
            f"{PLACE}.rows.0.when.hours: 'noon' is not a window",
            id="hours",
        ),
        pytest.param(
            ours('{rows: [{when: {hours: "01:00-02:00 Moon/Base"}, prices: {input: 1}}]}'),
            f"{PLACE}.rows.0.when.hours: 'Moon/Base' is not a time zone",
            id="zone",
        ),
        pytest.param(
            ours("{rows: [{when: {batch: maybe}, prices: {input: 1}}]}"),
            f"{PLACE}.rows.0.when.batch: is true or false",
            id="batch",
        ),
        pytest.param(
            ours("{rows: [5]}"),
            f"{PLACE}.rows.0: needs to be a mapping",
            id="row-not-a-mapping",
        ),
        pytest.param(
            ours("{mode: chatty, prices: {input: 1}}"),
            f"{PLACE}.mode: 'chatty' is not one of them; did you mean 'chat'?",
            id="mode",
        ),
        pytest.param(
            ours("{aliases: [n, n, 5], prices: {input: 1}}"),
            f"{PLACE}.aliases.2: an alias is an id, as text",
            id="alias",
        ),
        pytest.param(
            ours("{multipliers: [{times: 0, when: {region: eu}}], prices: {input: 1}}"),
            f"{PLACE}.multipliers.0.times: 0 is not a factor",
            id="factor",
        ),
        pytest.param(
            ours("{multipliers: [{times: 2}], prices: {input: 1}}"),
            f"{PLACE}.multipliers.0: a multiplier is for facts of the call",
            id="factor-of-nothing",
        ),
        pytest.param(
            ours("{prices: {input: 1, input: 2}}"),
            "f:5: key 'input' stands twice in one mapping",
            id="twice",
        ),
        pytest.param(
            '{"chat": {"a": {"input": 1, "input": 2}}}',
            "f:1: key 'input' stands twice in one mapping",
            id="twice-in-json",
        ),
        pytest.param(
            '{"chat": {"a": {"input": NaN}}}', "f: NaN is not a price", id="nan-in-json"
        ),
        pytest.param(
            '{"chat": {"a": {"input": 0.1, "ouput": 1}}}',
            "f:1: chat.a.ouput: unknown key 'ouput'; did you mean 'output'?",
            id="openlit-key",
        ),
        pytest.param(
            '{"chat": {"a": {"input": -0.1}}}',
            "f:1: chat.a.input: -0.1 is negative",
            id="openlit-negative",
        ),
        pytest.param(
            '{"chat": {"a": {"input": 11}}}',
            "f:1: chat.a.input: 11 per 1,000 is above 10 USD",
            id="openlit-absurd",
        ),
        pytest.param(
            '{"chat": {}, "embedings": {}}',
            "f:1: embedings: unknown key 'embedings'; did you mean 'embeddings'?",
            id="openlit-map",
        ),
        pytest.param(
            '{"m": {"litellm_provider": "x", "input_cost_per_token": 2.5}}',
            "f:1: m.input_cost_per_token: 2.5 per 1 is above 0.01 USD",
            id="litellm-per-million",
        ),
        pytest.param(
            '{"m": {"litellm_provider": "x", "input_cost_per_token": -1e-9}}',
            "f:1: m.input_cost_per_token: -0.000000001 is negative",
            id="litellm-negative",
        ),
        pytest.param(
            '{"m": {"litellm_provider": "x", "input_cost_per_token": "a"}}',
            "f:1: m.input_cost_per_token: 'a' is not a price",
            id="litellm-word",
        ),
        pytest.param(
            "id: x\nmodels: [{id: m, prices: {imput_mtok: 1}}]",
            "f:2: models.0.prices.imput_mtok: unknown price key 'imput_mtok'; did you mean 'input_mtok'?",
            id="genai-prices-key",
        ),
        pytest.param(
            "id: x\nmodels: [{id: m, prices: [{constraint: {start: 1}, prices: {input_mtok: 1}}]}]",
            "f:2: models.0.prices.0.constraint: is not understood",
            id="constraint",
        ),
        pytest.param(
            "a: !!python/object/apply:os.system [x]",
            "f:1: tag tag:yaml.org,2002:python/object/apply:os.system is not understood",
            id="tag",
        ),
        pytest.param(
            "a: *b", "f:1: *b is not defined above, or contains itself", id="undefined-alias"
        ),
        pytest.param(
            "a: &a [*a]", "f:1: *a is not defined above, or contains itself", id="itself"
        ),
        pytest.param(
            "---\na: 1\n---\nb: 2\n", "f:3: a second document; one a file", id="two-documents"
        ),
        pytest.param("[" * 100 + "]" * 100, "f: nested deeper than 64", id="deep-json"),
        pytest.param("[" * 50_000, "f: nested deeper than 64", id="deeper-json"),
        pytest.param(
            "a: " + "{b: " * 100 + "1" + "}" * 100, "f:1: nested deeper than 64", id="deep-yaml"
        ),
        pytest.param("? [a]\n: 1", "f:1: a key must be text", id="key-not-text"),
        pytest.param("a: \x07", "f: not YAML: ", id="control-character"),
    ],
)
def test_a_bad_file_says_where_and_why(source: str, problem: str) -> None:
    with pytest.raises(PriceError) as refused:
        detect.read(source.encode(), "f")
    assert refused.value.problems[0].startswith(problem)


def test_an_alias_bomb_is_one_clear_error() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    with pytest.raises(PriceError, match="more than 2,000,000 values, aliases included"):
        detect.read("\n".join(lines).encode(), "bomb")


def test_all_problems_come_at_once() -> None:
    source = ours("{prices: {input: -1, outptu: 2, images: 3}}")
    with pytest.raises(PriceError) as refused:
        detect.read(source.encode(), "f")
    assert len(refused.value.problems) == 3


def test_outsize_and_binary_files() -> None:
    for data, problem in (
        (b"a" * (64 * 2**20 + 1), "larger than 64 MiB"),
        (b"\xff\xfe", "not UTF-8"),
    ):
        with pytest.raises(PriceError, match=problem):
            detect.read(data, "f")


def test_numbers_are_exact_as_written() -> None:
    source = ours("{prices: {input: 0.1, output: 1.00000000000000000001e-3}}")
    rates = table(source).find(q("m"))
    assert not isinstance(rates, tuple)
    row = rates.basis.rows[0].rates
    assert (row["input"].atto, row["input"].units) == (10**11, 1)
    assert row["output"].atto / row["output"].units == pytest.approx(10**9, rel=1e-15)
    assert row["output"].units > 1
