"""The sources' provider names as this project spells them: OpenTelemetry's where it has one.

`pricing.providers` decides; here stands only what is peculiar to a source.
"""

from __future__ import annotations

from typing import Final

from pricing.providers import canonical

# Several price lists behind one name (the China platform beside Z.ai), plans that are no price list,
# machines by the hour, and a search engine that is no model.
NOT_PROVIDERS: Final = frozenset(
    {"bigmodel", "chatgpt", "openai-decisions", "google_pse", "sagemaker"}
)
_SEVERAL: Final = {
    "azure": ("azure.ai.openai", "azure.ai.inference"),
    "google": ("gcp.gemini", "gcp.vertex_ai"),
}
_OWN: Final = {"text-completion-inception": "inception"}
_ROUTED: Final = "huggingface_"


def of_litellm(provider: str) -> str:
    """Ours for LiteLLM's."""
    return canonical(_OWN.get(provider, provider))


def of_genai_prices(provider: str) -> tuple[str, ...]:
    """Ours for genai-prices': several where it has one name for two price lists."""
    if provider.startswith(_ROUTED):
        return ("huggingface",)
    return _SEVERAL.get(provider, (canonical(provider.replace("-", "_")),))


def routed(provider: str, model: str) -> str:
    """A model at one of the router's suppliers: `openai/gpt-oss-120b:cerebras`."""
    if provider.startswith(_ROUTED):
        return f"{model}:{provider.removeprefix(_ROUTED)}"
    return model
