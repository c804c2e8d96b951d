"""LiteLLM's keys: the provider's own model id in them, and the conditions its path spells out.

`bedrock/sa-east-1/meta.llama3-...` is the id `meta.llama3-...` where the region is sa-east-1;
`hd/1024-x-1792/dall-e-3` is dall-e-3 at a quality and size.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from pricing.tables.making.names import NOT_PROVIDERS, of_litellm
from pricing.tables.making.rows import When, ordered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PREFIXES: Final = {
    "amazon_nova": ("amazon-nova",),
    "bedrock": ("bedrock",),
    "bedrock_converse": ("bedrock",),
    "bedrock_mantle": ("bedrock_mantle",),
    "azure_text": ("azure",),
    "cohere_chat": ("cohere",),
    "fireworks_ai-embedding-models": ("fireworks_ai",),
}
_AWS_REGION: Final = re.compile(r"[a-z]{2}(-gov)?-[a-z]+-\d")
_SIZE: Final = re.compile(r"(\d+)-x-(\d+)")
_STEPS: Final = re.compile(r"(\d+)-steps")
_QUALITY: Final = frozenset({"low", "medium", "high", "xhigh", "max", "standard", "hd"})
_AZURE_ZONES: Final = frozenset({"us", "eu", "apac", "us-gov"})
# Averages over size classes, throughput that is paid by the month, and what is no model at all.
_NOT_MODELS: Final = re.compile(
    r"sample_spec|fallback_generalizations|fireworks-ai-.*|together-ai-.*|.*-month-commitment/.*"
    r"|.*/guardrails|.*max-steps/.*|.*/search_api"
)


class Place(NamedTuple):
    """Where a LiteLLM entry belongs."""

    provider: str
    model: str
    when: When


def place(key: str, litellm_provider: str) -> Place | None:
    """None for what is no model that a call could name."""
    if _NOT_MODELS.fullmatch(key) or litellm_provider in NOT_PROVIDERS:
        return None
    provider = of_litellm(litellm_provider)
    parts = key.split("/")
    pairs: list[tuple[str, str]] = []
    if litellm_provider in {"openai", "xai"} and len(parts) > 1:
        parts = parts[1:] if parts[0] == litellm_provider else parts
    elif parts[0] in _prefixes(litellm_provider):
        parts = parts[1:]
    parts = _conditions(parts, pairs, provider)
    return Place(provider, "/".join(parts), ordered(pairs)) if parts else None


def _prefixes(litellm_provider: str) -> tuple[str, ...]:
    if litellm_provider.startswith("vertex_ai"):
        return ("vertex_ai",)
    return _PREFIXES.get(litellm_provider, (litellm_provider,))


def _conditions(parts: list[str], pairs: list[tuple[str, str]], provider: str) -> list[str]:
    """The path without what is a condition; the model's name is never one."""
    rest: list[str] = []
    for index, part in enumerate(parts):
        condition = None if index == len(parts) - 1 else _condition(part, provider, parts)
        if condition is None:
            rest.append(part)
        elif condition[0]:
            pairs.append(condition)
    return rest


def _condition(part: str, provider: str, parts: list[str]) -> tuple[str, str] | None:
    """What a piece of the path says of the call: empty for nothing, None where it is of the id."""
    if provider in _PLACES and (found := _PLACES[provider](part)) is not None:
        return found
    if size := _SIZE.fullmatch(part):
        return ("size", f"{size[1]}x{size[2]}")
    if steps := _STEPS.fullmatch(part):
        return ("steps", steps[1])
    if part in _QUALITY and (len(parts) == 2 or any(_SIZE.fullmatch(other) for other in parts)):
        return ("quality", part)
    return None


def _aws(part: str) -> tuple[str, str] | None:
    if _AWS_REGION.fullmatch(part):
        return ("region", part)
    return ("", "") if part in {"bedrock", "invoke", "max-x-max"} else None


def _azure(part: str) -> tuple[str, str] | None:
    if part in _AZURE_ZONES:
        return ("region", part)
    return ("", "") if part in {"global", "global-standard", "speech"} else None


_PLACES: Final[Mapping[str, Callable[[str], tuple[str, str] | None]]] = {
    "aws.bedrock": _aws,
    "azure.ai.openai": _azure,
}
