"""A cost that came with a span: under which names it stands, who wrote it, and whether he charges it.

A provider or gateway charges what it reports. An SDK inside the application works it out of a
table of its own: an estimate like ours, only with less at hand. Data, and one loop over it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processor.dialects.texts import Texts
    from processor.wire.fields import Value

# Names under which a cost stands on spans of whatever dialect, the plainest first: hops and back
# ends add them to spans of others (pipeline-peers B7).
REPORTED_COST: Final = (
    "gen_ai.usage.cost",
    "gen_ai.usage.cost.amount",
    "gen_ai.usage.total_cost",
    "gen_ai.usage.cost_usd",
    "gen_ai.cost.total_cost",
    "operation.cost",
    "llm.cost.total",
    "litellm.cost.total",
    "gen_ai.cost.total_tokens",
    "agw.ai.usage.cost.total",
    "_signoz.gen_ai.total_cost",
)

# In the AI SDK's metadata a gateway says under its own name what it took from the account.
GATEWAYS_CHARGES: Final = (
    "ai.response.providerMetadata#gateway.cost",
    "ai.response.providerMetadata#openrouter.usage.cost",
)

# OpenRouter with one's own key at the provider (BYOK): its cost is the fee, the provider's stands beside it.
_OPENROUTER: Final = "ai.response.providerMetadata#openrouter.usage."
_UPSTREAM: Final = {
    "output.value#usage.cost": "output.value#usage.cost_details.upstream_inference_cost",
    f"{_OPENROUTER}cost": f"{_OPENROUTER}costDetails.upstreamInferenceCost",
}

SOURCE: Final = "gen_ai.usage.cost.source"
"""The draft's own word for who made the number (semantic-conventions-genai, pull request 443)."""
CURRENCY: Final = "gen_ai.usage.cost.currency"
"""Of the first two names (the draft; openlit, its issue 1666). Left out, it is US dollars."""
_IN_CURRENCY: Final = REPORTED_COST[:2]
LITELLM_KEY: Final = "metadata.user_api_key_hash"
LITELLM_NEW_KEY: Final = "litellm.api_key.hash"  # litellm 1.109, its second `otel` integration

TELL: Final = (SOURCE, CURRENCY)
"""Attributes whose few words decide what a cost is."""
KEYS: Final = frozenset({*TELL, LITELLM_KEY, LITELLM_NEW_KEY})
"""Attributes that `charged` and `in_dollars` read."""


class Producer(NamedTuple):
    """Somebody who writes a cost. What is left empty may be anything."""

    who: str
    charges: bool
    evidence: str
    scopes: tuple[str, ...] = ()
    """Beginnings of instrumentation scope names."""
    names: tuple[str, ...] = ()
    """Attributes that hold the cost."""
    providers: tuple[str, ...] = ()
    """Canonical ids of sellers."""
    carries: tuple[str, ...] = ()
    """Attributes of which one is there and not empty."""


PRODUCERS: Final = (
    # By name: these are written by one kind of producer each, whoever's span they stand on.
    Producer(
        who="SigNoz's Collector",
        charges=False,
        evidence="signoz-otel-collector, signozllmpricingprocessor: rules with prices per million",
        names=("_signoz.gen_ai.total_cost",),
    ),
    Producer(
        who="pydantic-ai and Logfire",
        charges=False,
        evidence="pydantic-ai 2.68, logfire 5.2: genai-prices, list prices without discounts",
        names=("operation.cost",),
    ),
    Producer(
        who="Sentry",
        charges=False,
        evidence="getsentry/relay, span AI module: models.dev and OpenRouter's list prices",
        names=("gen_ai.cost.total_tokens",),
    ),
    Producer(
        who="the seller's own answer, kept whole",
        charges=True,
        evidence="OpenRouter usage.cost, in US dollars, as openinference-instrumentation-openai 0.1.66 keeps it",
        names=("output.value#usage.cost",),
    ),
    Producer(
        who="Langfuse's SDKs",
        charges=False,
        evidence="langfuse 3.3 and 5.0.4: what the application passes; zeros on streams",
        names=("langfuse.observation.cost_details#total",),
    ),
    Producer(
        who="gateways under the AI SDK",
        charges=True,
        evidence="Vercel AI Gateway's providerMetadata.gateway.cost; @openrouter/ai-sdk-provider's usage.cost",
        names=GATEWAYS_CHARGES,
    ),
    # LiteLLM is a library and a gateway. Only its gateway has keys to bill: the hash of the caller's.
    Producer(
        who="LiteLLM's gateway",
        charges=True,
        evidence="litellm 1.60 and 1.106 proxy: what it books against the key's budget",
        scopes=("litellm",),
        carries=(LITELLM_KEY, LITELLM_NEW_KEY),
    ),
    Producer(
        who="LiteLLM, the library",
        charges=False,
        evidence="litellm 1.60 and 1.106: model_prices_and_context_window.json",
        scopes=("litellm",),
    ),
    Producer(
        who="agentgateway",
        charges=True,
        evidence="agentgateway 1.3: its operator's catalog of rates, span attribute gen_ai.usage.cost",
        scopes=("agentgateway",),
    ),
    Producer(
        who="agentgateway, under its own name",
        charges=True,
        evidence="agentgateway 75b4e6ce6, telemetry/log.rs: the same amount since gen_ai.usage.cost was left",
        names=("agw.ai.usage.cost.total",),
    ),
    Producer(
        who="gateways that sell or meter",
        charges=True,
        evidence="by what they are; no span of theirs with a cost was seen yet",
        scopes=(
            "ai-gateway",
            "bifrost",
            "envoy-ai-gateway",
            "helicone",
            "kong",
            "openrouter",
            "portkey",
        ),
    ),
    Producer(
        who="OpenLIT",
        charges=False,
        evidence="openlit 1.34.1 and 1.45.0: assets/pricing.json; a model it lacks costs 0",
        scopes=("openlit.", "@openlit/"),
    ),
    Producer(
        who="other SDKs in the application",
        charges=False,
        evidence="openllmetry 0.62, openinference 0.1.52, pydantic-ai 2.68, logfire 5.2, langfuse 5.0.4: "
        "where they write a cost it is worked out in the process",
        scopes=(
            "pydantic-ai",
            "logfire.",
            "langfuse",
            "opentelemetry.instrumentation.",
            "openinference.",
            "@arizeai/openinference",
            # agentops 0.4.21, langwatch 1.4, braintrust 0.48.1: price maps of their own; Sentry's is in its ingest.
            "agentops",
            "braintrust",
            "langwatch",
            "sentry",
        ),
    ),
    # Whoever is not known to estimate has a seller's number from the seller's answer.
    Producer(
        who="sellers whose answers say what they charge",
        charges=True,
        evidence="OpenRouter usage.cost; Perplexity usage.cost; xAI cost_in_usd_ticks; "
        "Vercel AI Gateway providerMetadata.gateway.cost",
        providers=("openrouter", "vercel_ai_gateway", "perplexity", "x_ai"),
    ),
)


def charged(provider: str, scope: str, name: str, attributes: Mapping[str, Value]) -> bool:
    """Whether the cost at `name` is somebody's charge; what nobody is known for is an estimate."""
    said = attributes.get(SOURCE)
    if said is not None and name in _IN_CURRENCY:
        return said == "provider"
    for producer in PRODUCERS:
        if _is(producer, provider, scope, name, attributes):
            return producer.charges
    return False


def _is(
    producer: Producer, provider: str, scope: str, name: str, attributes: Mapping[str, Value]
) -> bool:
    return (
        (not producer.scopes or scope.startswith(producer.scopes))
        and (not producer.names or name in producer.names)
        and (not producer.providers or provider in producer.providers)
        and (not producer.carries or any(attributes.get(key) for key in producer.carries))
    )


def fee_alone(name: str, usd: float, texts: Texts) -> bool:
    """Whether the cost at `name` is a gateway's fee for a call that somebody else charges more for."""
    place = _UPSTREAM.get(name)
    upstream = None if place is None else texts.value(place)
    return isinstance(upstream, (int, float)) and upstream > usd


def says_dollars(attributes: Mapping[str, Value]) -> bool:
    """Whether the cost that came is in US dollars, or nothing says that it is not."""
    currency = attributes.get(CURRENCY)
    return currency is None or (isinstance(currency, str) and currency.upper() in {"USD", ""})


def in_dollars(names: Sequence[str], attributes: Mapping[str, Value]) -> tuple[str, ...]:
    """Those of the names whose numbers are US dollars: of other money we know no value."""
    if says_dollars(attributes):
        return tuple(names)
    return tuple([name for name in names if name not in _IN_CURRENCY])


def in_other_money(attributes: Mapping[str, Value]) -> str:
    """The attribute with a cost in another currency; empty for none."""
    if not says_dollars(attributes):
        for name in _IN_CURRENCY:
            if name in attributes:
                return name
    return ""
