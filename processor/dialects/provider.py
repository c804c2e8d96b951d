"""Who sold the call: the provider's canonical id, from what the span says of it.

The SDK of one vendor often talks to another (`gen_ai.provider.name` is then the protocol's), so a
server address that belongs to a known seller tells more than a name. Then the names in their
order, then the model's own text.
"""

from __future__ import annotations

from typing import Final

from cachetools import LRUCache, cached

from pricing.providers import canonical, from_address, from_model

# Names that frameworks write where the provider should stand; they sell nothing.
# Strands 1.62, Microsoft Agent Framework, AutoGen, Google ADK 1.5 (dialects.md section 10).
FRAMEWORKS: Final = frozenset(
    {
        "strands-agents",
        "microsoft.agent_framework",
        "autogen",
        "langchain",
        "llama_index",
        "litellm",
        "gcp.vertex.agent",
        "mastra",
        "semantic_kernel",
        "crewai",
        "agno",
        "haystack",
        "dspy",
        "smolagents",
    }
)

VERTEX_CLIENTS: Final = frozenset(
    {
        "@traceloop/instrumentation-vertexai",
        "openinference.instrumentation.vertexai",
        "opentelemetry.instrumentation.vertexai",
    }
)
"""Scopes that trace Vertex AI's own client, of which they say "Google" (@traceloop 0.27)."""


@cached(LRUCache[tuple[tuple[str, ...], str, str], str](maxsize=4096))
def resolve(names: tuple[str, ...], address: str, model: str) -> str:
    """The canonical provider id; empty where nothing tells it. The memo is bounded."""
    if address:
        seller = from_address(address)
        if seller:
            return seller
    for name in names:
        if name and name.lower() not in FRAMEWORKS:
            return canonical(name)
    return from_model(model)
