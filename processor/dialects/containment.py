"""Which counts contain which: the input the cached tokens, the output the thoughts.

The same attribute means one thing from one instrumentation and another from the next, so it is
decided by who wrote it: (scope, provider), with the evidence beside each row. Where no row
speaks, the conventions do: parts are inside their totals. What the numbers themselves prove wins
over both (see `usage.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container


@dataclass(frozen=True, slots=True)
class Containment:
    """Whether parts are inside their totals, as one writer reports one provider's calls."""

    cache_inside: bool = True
    """Cached tokens, read and written, are part of the input count."""
    reasoning_inside: bool = True
    """Reasoning tokens are part of the output count."""
    cache_billed: bool = True
    """The provider bills cached tokens at all; where not, a count of them says nothing."""


CONVENTIONS: Final = Containment()
CACHE_OUTSIDE: Final = Containment(cache_inside=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: spans of this scope about this provider count like this."""

    scope: str
    """The beginning of the scope's name; empty for all."""
    providers: frozenset[str]
    """Canonical provider ids; empty for all."""
    containment: Containment
    evidence: str
    below: tuple[int, ...] = ()
    """Only for scope versions below this one; empty for all."""
    unless: str = ""
    """An attribute whose presence shows a writer to whom the row does not apply."""


_ANTHROPIC: Final = frozenset({"anthropic"})
_BEDROCK: Final = frozenset({"aws.bedrock"})
_BOTH: Final = _ANTHROPIC | _BEDROCK
_GEMINI: Final = frozenset({"gcp.gemini", "gcp.vertex_ai"})
_ALL: Final[frozenset[str]] = frozenset()

# Read from captured telemetry held against the provider's own usage block; the packages are named.
RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "",
        frozenset({"cohere"}),
        Containment(cache_billed=False),
        "Cohere bills billed_units; its cached_tokens are about raw tokens and have no price",
    ),
    Rule(
        "opentelemetry.instrumentation.botocore.bedrock-runtime",
        _ALL,
        CACHE_OUTSIDE,
        "opentelemetry-instrumentation-botocore 0.58b0, 0.66b2 copy Converse's inputTokens",
    ),
    Rule(
        "opentelemetry.instrumentation.genai.bedrock",
        _ALL,
        CACHE_OUTSIDE,
        "opentelemetry-instrumentation-genai-bedrock 1.3b0 copies Converse's inputTokens",
    ),
    Rule(
        "@opentelemetry/instrumentation-aws-sdk",
        _ALL,
        CACHE_OUTSIDE,
        "@opentelemetry/instrumentation-aws-sdk copies Converse's inputTokens, cache keys left out",
    ),
    Rule(
        "@traceloop/instrumentation-anthropic",
        _ALL,
        CACHE_OUTSIDE,
        "@traceloop/instrumentation-anthropic 0.27 copies input_tokens; the Python one adds them up",
    ),
    Rule(
        "opentelemetry.instrumentation.bedrock",
        _ALL,
        CACHE_OUTSIDE,
        "opentelemetry-instrumentation-bedrock 0.40, 0.62 copy the provider's input count",
    ),
    Rule(
        "openinference.instrumentation.anthropic",
        _ALL,
        CACHE_OUTSIDE,
        "openinference-instrumentation-anthropic 0.1.3 copies input_tokens and has no cache keys",
        below=(0, 1, 9),
    ),
    Rule(
        "openlit.",
        _BOTH,
        CACHE_OUTSIDE,
        "openlit 1.45.0 and 1.34.1 copy the provider's input count for Anthropic and Bedrock",
    ),
    Rule(
        "openlit.",
        _GEMINI,
        Containment(reasoning_inside=False),
        "openlit 1.45.0 writes candidates as output and thoughts beside it (97 + 211 of 308)",
    ),
    Rule(
        "langtrace",
        _BOTH,
        CACHE_OUTSIDE,
        "langtrace-python-sdk 3.8 copies input_tokens",
    ),
    Rule(
        "ai",
        _BOTH,
        CACHE_OUTSIDE,
        "Vercel AI SDK 4 and 5 copy the provider's count; 6 adds up and sends inputTokenDetails",
        unless="ai.usage.inputTokenDetails.noCacheTokens",
    ),
)


UNLESS: Final = frozenset(rule.unless for rule in RULES if rule.unless)
"""Attributes that the table asks for."""


def containment(
    scope: str, version: str, provider: str, present: Container[str]
) -> Containment:
    """What the table says of this writer; `present` holds the keys of the span's attributes."""
    for rule in RULES:
        if _speaks_of(rule, scope, version, provider) and rule.unless not in present:
            return rule.containment
    return CONVENTIONS


def _speaks_of(rule: Rule, scope: str, version: str, provider: str) -> bool:
    named = (
        not rule.scope
        or scope == rule.scope
        or (
            scope.startswith(rule.scope)
            and (rule.scope.endswith(".") or scope[len(rule.scope)] in "._/-")
        )
    )
    return (
        named
        and (not rule.providers or provider in rule.providers)
        and (not rule.below or version_number(version) < rule.below)
    )


def version_number(text: str) -> tuple[int, ...]:
    """The leading numbers of a version: 1.3b0 is (1, 3), nothing is ()."""
    numbers: list[int] = []
    for part in text.split("."):
        digits = ""
        for character in part:
            if not character.isdecimal():
                break
            digits += character
        if not digits:
            break
        numbers.append(int(digits[:9]))
        if digits != part:
            break
    return tuple(numbers)
