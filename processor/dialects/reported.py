"""Who made a cost that came with a span: somebody who charges it, or somebody who guesses it.

A provider or gateway charged what it reports. An SDK inside the application works it out of a
table of its own: an estimate like ours, only with less at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.dialects.reading import Reading
    from processor.wire.fields import Value

# Sellers whose answers say what they charge. OpenRouter: usage.cost in every answer; xAI:
# cost_in_usd_ticks; Perplexity: usage.cost. An instrumentation that reports a cost of theirs
# without being a known estimator had it from there.
CHARGING_PROVIDERS: Final = frozenset({"openrouter", "vercel_ai_gateway", "perplexity", "x_ai"})

# Scopes and services of gateways: they sell, whoever made the model.
GATEWAY_SCOPES: Final = (
    "agentgateway",
    "ai-gateway",
    "bifrost",
    "envoy-ai-gateway",
    "helicone",
    "kong",
    "openrouter",
    "portkey",
)

# Scopes that estimate from a table of their own, whatever the provider: openlit 1.45 (pricing.json),
# pydantic-ai and logfire (genai-prices), langfuse (its model table), traceloop.
ESTIMATING_SCOPES: Final = (
    "openlit.",
    "@openlit/",
    "pydantic-ai",
    "logfire.",
    "langfuse",
    "opentelemetry.instrumentation.",
    "openinference.",
    # agentops 0.4.21, langwatch 1.4, braintrust 0.48.1: price maps of their own; Sentry's is in its ingest.
    "agentops",
    "braintrust",
    "langwatch",
    "sentry",
)

# LiteLLM is a library and a gateway. Only its gateway has keys to bill: the hash of the caller's.
LITELLM_KEY: Final = "metadata.user_api_key_hash"
LITELLM_NEW_KEY: Final = "litellm.api_key.hash"  # litellm 1.109, its second `otel` integration


def charged(reading: Reading, scope: str, attributes: Mapping[str, Value]) -> bool:
    """Whether the span's reported cost is somebody's charge and not an estimate."""
    said = attributes.get("gen_ai.usage.cost.source")
    if said is not None:  # the draft's own word: provider or local
        return said == "provider"
    if scope.startswith(GATEWAY_SCOPES):
        return True
    if scope == "litellm":
        return bool(attributes.get(LITELLM_KEY) or attributes.get(LITELLM_NEW_KEY))
    return reading.subject.provider in CHARGING_PROVIDERS and not scope.startswith(
        ESTIMATING_SCOPES
    )


KEYS: Final = frozenset({"gen_ai.usage.cost.source", LITELLM_KEY, LITELLM_NEW_KEY})
"""Attributes that `charged` reads."""
