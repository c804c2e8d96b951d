"""Who charged a cost that came with the span, and who guessed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from processor.dialects import DIALECTS, Recogniser
from processor.dialects.reported import LITELLM_KEY, LITELLM_NEW_KEY

if TYPE_CHECKING:
    from processor.wire.fields import Value

SOURCE = "gen_ai.usage.cost.source"


@pytest.mark.parametrize(
    ("scope", "provider", "more", "expected"),
    [
        pytest.param("app", "openai", {}, False, id="somebody-unknown"),
        pytest.param("app", "openai", {SOURCE: "provider"}, True, id="the-drafts-own-word"),
        pytest.param(
            "agentgateway", "openai", {SOURCE: "local"}, False, id="its-word-is-final"
        ),
        pytest.param("agentgateway", "openai", {}, True, id="gateway"),
        pytest.param("envoy-ai-gateway", "anthropic", {}, True, id="another-gateway"),
        pytest.param("litellm", "openai", {}, False, id="litellm-the-library"),
        pytest.param("litellm", "openai", {LITELLM_KEY: ""}, False, id="litellm-without-a-key"),
        pytest.param("litellm", "openai", {LITELLM_KEY: "88dc28"}, True, id="litellms-gateway"),
        pytest.param("litellm", "openai", {LITELLM_NEW_KEY: "88dc28"}, True, id="its-new-key"),
        pytest.param("langwatch", "openrouter", {}, False, id="a-price-map-of-its-own"),
        pytest.param("app", "openrouter", {}, True, id="a-seller-that-says-what-it-charges"),
        pytest.param("app", "xai", {}, True, id="by-its-canonical-name"),
        pytest.param(
            "openlit.instrumentation.openai", "openrouter", {}, False, id="an-estimator"
        ),
        pytest.param("pydantic-ai", "openrouter", {}, False, id="another-estimator"),
        pytest.param("opentelemetry.instrumentation.openai.v1", "perplexity", {}, False),
    ],
)
def test_who_charged(
    scope: str, provider: str, more: dict[str, Value], *, expected: bool
) -> None:
    attributes: dict[str, Value] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": "some-model",
        "gen_ai.usage.cost": 0.5,
        **more,
    }
    recogniser = Recogniser(DIALECTS)
    reading = recogniser.read(attributes, recogniser.writer(scope, ""))
    assert reading is not None
    assert reading.charged is expected


@pytest.mark.parametrize(
    ("metadata", "dollars"),
    [
        pytest.param(
            '{"openrouter":{"usage":{"cost":0.0147,"costDetails":{"upstreamInferenceCost":0.0147}}}}',
            0.0147,
            id="openrouters-own-key",
        ),
        pytest.param('{"gateway":{"cost":"0.0045405"}}', 0.0045405, id="vercels-gateway"),
        pytest.param('{"openrouter":{"usage":{"cost":0.0147}}}', 0.0147, id="openrouter"),
    ],
)
def test_a_gateway_under_the_ai_sdk_says_what_it_took(metadata: str, dollars: float) -> None:
    attributes: dict[str, Value] = {
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.model.provider": "gateway",
        "ai.model.id": "openai/gpt-4o",
        "ai.usage.inputTokens": 17,
        "ai.response.providerMetadata": metadata,
    }
    recogniser = Recogniser(DIALECTS)
    reading = recogniser.read(attributes, recogniser.writer("ai", ""))
    assert reading is not None
    assert (reading.reported_usd, reading.charged) == (dollars, True)


def test_a_sellers_answer_charges_whoever_kept_it() -> None:
    attributes: dict[str, Value] = {
        "openinference.span.kind": "LLM",
        "llm.system": "openai",
        "llm.model_name": "openai/gpt-4o-mini",
        "output.value": '{"usage": {"cost": 0.25}}',
    }
    recogniser = Recogniser(DIALECTS)
    writer = recogniser.writer("openinference.instrumentation.openai", "0.1.66")
    reading = recogniser.read(attributes, writer)
    assert reading is not None
    assert (reading.charged, reading.reported_usd) == (True, 0.25)


@pytest.mark.parametrize(
    ("upstream", "charges"),
    [("null", True), ("0.25", True), ("5.0", False), ('"much"', True)],
)
def test_a_fee_for_a_call_on_ones_own_key_is_no_charge_for_it(
    upstream: str, *, charges: bool
) -> None:
    """OpenRouter fills the field on all calls, with the same amount where the key is its own."""
    attributes: dict[str, Value] = {
        "openinference.span.kind": "LLM",
        "llm.system": "openai",
        "llm.model_name": "openai/gpt-4o-mini",
        "output.value": '{"usage": {"cost": 0.25, "cost_details": '
        f'{{"upstream_inference_cost": {upstream}}}}}}}',
    }
    recogniser = Recogniser(DIALECTS)
    writer = recogniser.writer("openinference.instrumentation.openai", "0.1.66")
    reading = recogniser.read(attributes, writer)
    assert reading is not None
    assert (reading.charged, reading.reported_usd) == (charges, 0.25)
