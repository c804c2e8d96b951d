"""LiteLLM's keys taken apart: class, condition, provider, id, unit."""

import json
from typing import Any

import pytest

from pricing.tables.making import litellm
from pricing.tables.making.litellm_ids import Place, place
from pricing.tables.making.litellm_keys import token_price_key


@pytest.mark.parametrize(
    ("key", "meaning"),
    [
        ("input_cost_per_token", ("input", ())),
        ("output_cost_per_token_batches", ("output", (("batch", "true"),))),
        (
            "cache_read_input_token_cost_above_272k_tokens_priority",
            ("cache_read", (("service_tier", "priority"), ("context_over", "272000"))),
        ),
        (
            "cache_creation_input_token_cost_above_1hr_above_200k_tokens",
            ("cache_write_1h", (("context_over", "200000"),)),
        ),
        ("cache_creation_input_token_cost_above_12hr", ("cache_write_12h", ())),
        ("input_cost_per_audio_token_flex", ("input_audio", (("service_tier", "flex"),))),
        ("input_cost_per_token_decisions", None),
        ("input_dbu_cost_per_token", None),
        ("output_cost_per_second", None),
    ],
)
def test_a_key_says_class_and_condition(key: str, meaning: object) -> None:
    assert token_price_key(key) == meaning


@pytest.mark.parametrize(
    ("key", "provider", "where"),
    [
        ("gpt-4o", "openai", Place("openai", "gpt-4o", ())),
        ("azure/gpt-4o", "azure", Place("azure.ai.openai", "gpt-4o", ())),
        ("azure/eu/gpt-4o", "azure", Place("azure.ai.openai", "gpt-4o", (("region", "eu"),))),
        ("azure/global/gpt-4o", "azure", Place("azure.ai.openai", "gpt-4o", ())),
        (
            "bedrock/sa-east-1/meta.llama3-70b-instruct-v1:0",
            "bedrock",
            Place("aws.bedrock", "meta.llama3-70b-instruct-v1:0", (("region", "sa-east-1"),)),
        ),
        (
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "bedrock_converse",
            Place("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", ()),
        ),
        (
            "hd/1024-x-1792/dall-e-3",
            "openai",
            Place("openai", "dall-e-3", (("quality", "hd"), ("size", "1024x1792"))),
        ),
        (
            "fireworks_ai/accounts/fireworks/models/kimi-k3",
            "fireworks_ai",
            Place("fireworks_ai", "accounts/fireworks/models/kimi-k3", ()),
        ),
        (
            "vertex_ai/gemini-3-pro",
            "vertex_ai-language-models",
            Place("gcp.vertex_ai", "gemini-3-pro", ()),
        ),
        ("groq/openai/gpt-oss-20b", "groq", Place("groq", "openai/gpt-oss-20b", ())),
        ("fireworks-ai-4.1b-to-16b", "fireworks_ai", None),
        ("bedrock/*/1-month-commitment/cohere.command-text-v14", "bedrock", None),
        ("chatgpt/gpt-5.4", "chatgpt", None),
    ],
)
def test_a_path_is_an_id_and_its_conditions(
    key: str, provider: str, where: Place | None
) -> None:
    assert place(key, provider) == where


def prices(key: str, **fields: Any) -> dict[str, dict[str, str]]:
    content = json.dumps({key: fields}).encode()
    return {
        " ".join(f"{name}={value}" for name, value in condition): {
            name: f"{price.amount} per {price.unit}" for name, price in classes.items()
        }
        for entry in litellm.read(content, "litellm").values()
        for condition, classes in entry.periods[0].grid.items()
    }


TOKENS = {"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(
            {"mode": "chat", **TOKENS},
            {"": {"input": "1 per 1M tokens", "output": "2 per 1M tokens"}},
            id="tokens",
        ),
        pytest.param(
            {"mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0},
            {},
            id="zeros-are-no-price",
        ),
        pytest.param(
            {
                "mode": "audio_transcription",
                "input_cost_per_second": 0.0001,
                "output_cost_per_second": 0.0001,
            },
            {"": {"audio_seconds": "0.006 per minute"}},
            id="a-recording-is-billed-once",
        ),
        pytest.param(
            {"mode": "audio_speech", "input_cost_per_character": 1.5e-05},
            {"": {"input_characters": "15 per 1M characters"}},
            id="characters",
        ),
        pytest.param(
            {"mode": "rerank", "input_cost_per_token": 0, "input_cost_per_query": 0.002},
            {"": {"rerank_units": "2 per 1K units"}},
            id="rerank",
        ),
        pytest.param(
            {"mode": "ocr", "ocr_cost_per_page": 0.004, "ocr_cost_per_page_batches": 0.002},
            {"": {"pages": "4 per 1K pages"}, "batch=true": {"pages": "2 per 1K pages"}},
            id="pages",
        ),
        pytest.param(
            {
                "mode": "video_generation",
                "output_cost_per_second": 0.4,
                "output_cost_per_second_4k": 0.6,
            },
            {
                "": {"video_seconds": "0.4 per second"},
                "resolution=4k": {"video_seconds": "0.6 per second"},
            },
            id="video",
        ),
        pytest.param(
            {
                "mode": "image_generation",
                "output_cost_per_image_token": 4e-05,
                "input_cost_per_token": 5e-06,
                "input_cost_per_image": 0.04,
            },
            {
                "": {
                    "input": "5 per 1M tokens",
                    "output_image": "40 per 1M tokens",
                    "output": "40 per 1M tokens",
                }
            },
            id="an-image-by-tokens-has-no-price-per-image",
        ),
        pytest.param(
            {
                "mode": "chat",
                "tiered_pricing": [
                    {"range": [0, 256000.0], **TOKENS},
                    {
                        "range": [256000.0, 1e6],
                        "input_cost_per_token": 5e-06,
                        "output_cost_per_token": 6e-06,
                    },
                ],
            },
            {
                "": {"input": "1 per 1M tokens", "output": "2 per 1M tokens"},
                "context_over=256000": {
                    "input": "5 per 1M tokens",
                    "output": "6 per 1M tokens",
                },
            },
            id="tiers-by-prompt",
        ),
    ],
)
def test_an_entry_is_priced_by_one_measure(
    fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert prices("demo/model", litellm_provider="demo", **fields) == expected


def test_a_local_model_is_free() -> None:
    found = prices(
        "ollama/llama3",
        litellm_provider="ollama",
        mode="chat",
        input_cost_per_token=0,
        output_cost_per_token=0,
    )
    assert found == {"": {"input": "0 per 1M tokens", "output": "0 per 1M tokens"}}


def test_xai_thresholds_are_reached_not_passed() -> None:
    found = prices(
        "xai/grok",
        litellm_provider="xai",
        mode="chat",
        input_cost_per_token_above_200k_tokens=2e-06,
        **TOKENS,
    )
    assert "context_over=199999" in found
