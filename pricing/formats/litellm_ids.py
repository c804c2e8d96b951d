"""LiteLLM's model keys: which provider and model each names, and what it encodes of conditions.

`hd/1024-x-1024/dall-e-3`, `azure/eu/gpt-4o`, `bedrock/sa-east-1/meta.llama3-70b-instruct-v1:0`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pricing.layer import ANY
from pricing.providers import canonical, from_model, from_prefix
from pricing.rows import Fact, value

_REGION: Final = re.compile(r"[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d")
_ZONE: Final = frozenset({"us", "eu", "apac", "global", "global-standard"})
_QUALITY: Final = frozenset({"low", "medium", "high", "standard", "hd", "auto"})
_SIZE: Final = re.compile(r"(?:[0-9]{1,6}|max)-x-(?:[0-9]{1,6}|max)")
_STEPS: Final = re.compile(r"([0-9]{1,6}|max)-steps")


class Identity(NamedTuple):
    """What a key says."""

    provider: str
    model: str
    facts: tuple[Fact, ...] = ()
    explicit: bool = False
    """It begins with its provider's name: such a key outranks a bare one of the same model."""
    reserved: bool = False
    """Provisioned throughput: paid by the hour, whatever is called."""


def identify(key: str, litellm_provider: str) -> Identity:
    """The provider, the model and the conditions that a key names."""
    provider = canonical(litellm_provider) if litellm_provider else _provider_of(key)
    parts, facts, explicit = key.split("/"), dict[str, str](), False
    while len(parts) > 1:
        fact = _fact(parts[0], provider)
        if fact is not None:
            facts.setdefault(*fact)
        elif not explicit and _same(parts[0], provider):
            explicit = True
        else:
            break
        parts = parts[1:]
    reserved = any(part.endswith("-month-commitment") for part in parts)
    conditions = tuple(
        Fact(name, frozenset({value(name, text)})) for name, text in sorted(facts.items())
    )
    return Identity(provider, "/".join(parts).lower(), conditions, explicit, reserved)


def pixels(identity: Identity) -> int:
    """How many pixels the size in a key has; 0 where it has none."""
    for fact in identity.facts:
        if fact.name == "size":
            width, _, height = next(iter(fact.values)).partition("x")
            return int(width) * int(height) if width.isdigit() and height.isdigit() else 0
    return 0


def _provider_of(key: str) -> str:
    return from_prefix(key)[0] or from_model(key) or ANY


def _same(prefix: str, provider: str) -> bool:
    return canonical(prefix) == provider or prefix.replace("-", "_") == provider


def _fact(part: str, provider: str) -> tuple[str, str] | None:
    if _SIZE.fullmatch(part):
        return "size", part
    steps = _STEPS.fullmatch(part)
    if steps is not None:
        return "steps", steps[1]
    if part in _QUALITY:
        return "quality", part
    if provider == "aws.bedrock" and (_REGION.fullmatch(part) or part == "*"):
        return "region", part
    if provider == "azure.ai.openai" and part in _ZONE:
        return "region", part.removesuffix("-standard")
    return None
