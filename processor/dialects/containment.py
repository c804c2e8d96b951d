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
    cache_left_over: bool = False
    """Cached tokens that don't fit into the input are another call's, for certain."""
    invented: bool = False
    """The counts are the writer's own guess, not the provider's: nothing is known of the usage."""
    cache_untold: bool = False
    """Cached tokens are left out of all counts, 0 though they may be said to be: a cost is a bound."""


CONVENTIONS: Final = Containment()
INVENTED: Final = Containment(invented=True)
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
    where: str = ""
    """An attribute without which the row does not apply; empty for all."""
    operations: frozenset[str] = frozenset()
    """What `gen_ai.operation.name` says; empty for all."""


_ANTHROPIC: Final = frozenset({"anthropic"})
_BEDROCK: Final = frozenset({"aws.bedrock"})
_BOTH: Final = _ANTHROPIC | _BEDROCK
_GEMINI: Final = frozenset({"gcp.gemini", "gcp.vertex_ai"})
_ALL: Final[frozenset[str]] = frozenset()
RAW_TOTALS: Final = frozenset({"cohere"})
"""Providers whose sums may hold more than is billed: `tokens` beside `billed_units`. With all others, what a
sum has above the counts beside it was used, and some writer left it out."""

# Read from captured telemetry held against the provider's own usage block; the packages are named.
RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "",
        frozenset({"cohere"}),
        Containment(cache_billed=False),
        "Cohere bills billed_units; its cached_tokens are about raw tokens and have no price",
    ),
    Rule(
        "litellm",
        _ANTHROPIC,
        CACHE_OUTSIDE,
        "litellm 1.60 copies input_tokens and names them prompt_tokens; 1.106 adds up and says input_tokens",
        where="gen_ai.usage.prompt_tokens",
    ),
    Rule("litellm", _ALL, CONVENTIONS, "litellm 1.106 and 1.109 add the cached tokens up"),
    Rule(
        "",
        _ALL,
        Containment(cache_left_over=True),
        "litellm 1.109 writes call over call onto an application's span; what only one had stays",
        where="litellm.call_id",
    ),
    Rule(
        "@traceloop/instrumentation-openai",
        _ALL,
        INVENTED,
        "@traceloop/instrumentation-openai 0.27 makes up an image's tokens: 3 and 1056 of 59 and 4160",
        operations=frozenset({"image_generation"}),
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
        "@arizeai/openinference-instrumentation-bedrock",
        _ALL,
        CACHE_OUTSIDE,
        "@arizeai/openinference-instrumentation-bedrock 0.5.1 copies inputTokens and input_tokens",
    ),
    Rule(
        "openinference.instrumentation.anthropic",
        _ALL,
        CACHE_OUTSIDE,
        "openinference-instrumentation-anthropic 0.1.3 copies input_tokens and has no cache keys",
        below=(0, 1, 9),
    ),
    Rule(
        "com.anthropic.claude_code",
        _ALL,
        CACHE_OUTSIDE,
        "Claude Code 2.1 copies the provider's usage into its own records and metrics",
    ),
    *[
        Rule(
            scope,
            _BOTH,
            CACHE_OUTSIDE,
            "openlit 1.45.0 and 1.34.1 copy the provider's input count; over LiteLLM and the Claude SDK "
            "1.45.0 has it added up",
        )
        for scope in (
            "openlit.instrumentation.anthropic",
            "openlit.instrumentation.bedrock",
            "openlit.otel.tracing",
            "openlit.otel.metrics",
        )
    ],
    Rule(
        "openlit.instrumentation.langchain",
        _BOTH,
        Containment(cache_inside=False, cache_untold=True),
        "openlit 1.45.0 copies Anthropic's input_tokens and writes 0 for what was cached",
    ),
    Rule(
        "opentelemetry.instrumentation.llamaindex",
        _BOTH,
        CACHE_OUTSIDE,
        "opentelemetry-instrumentation-llamaindex 0.62.4 copies input_tokens and the cache's counts",
    ),
    Rule(
        "openinference.instrumentation.agno",
        _BOTH,
        CACHE_OUTSIDE,
        "openinference-instrumentation-agno 1.0.15 copies agno's counts, those are the provider's (3.1.10)",
    ),
    Rule(
        "@openlit/",
        _BOTH,
        CACHE_OUTSIDE,
        "openlit (npm) 1.15.0 copies the provider's input count too",
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


ASKED: Final = frozenset(key for rule in RULES for key in (rule.unless, rule.where) if key)
"""Attributes that the table asks for."""


def containment(
    scope: str, version: str, provider: str, present: Container[str], operation: str = ""
) -> Containment:
    """What the table says of this writer; `present` holds the keys of the span's attributes."""
    for rule in RULES:
        if (
            _speaks_of(rule, scope, version, provider)
            and rule.unless not in present
            and (not rule.where or rule.where in present)
            and (not rule.operations or operation in rule.operations)
        ):
            return rule.containment
    return CONVENTIONS


def _speaks_of(rule: Rule, scope: str, version: str, provider: str) -> bool:
    named = (
        not rule.scope
        or scope == rule.scope
        or (
            scope.startswith(rule.scope)
            and (rule.scope.endswith((".", "/")) or scope[len(rule.scope)] in "._/-")
        )
    )
    return (
        named
        and (not rule.providers or provider in rule.providers)
        and (not rule.below or (version != "" and version_number(version) < rule.below))
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
