"""Which metrics count the tokens that models used, and where their points say of whom and of what class.

Data. A count that an attribute tells apart is read by that attribute's words; a word that no row has
counts nothing. As in a dialect, `+` behind a class: it stands beside its total, never in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from processor.dialects.agents.claude_code import CLAUDE_CODE
from processor.dialects.agents.codex import CODEX
from processor.dialects.agents.gemini_cli import GEMINI_CLI
from processor.dialects.semconv import SEMCONV

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.dialects.dialect import Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenMetric:
    """One metric, or one of a family of metrics that count one class each."""

    family: str
    dialect: Dialect
    """Where its points say what they are about."""
    scope: str = ""
    """Whose containment rules hold, where that is not the scope it comes under."""
    by: str = ""
    """The attribute that tells the classes apart; empty where it counts one alone."""
    classes: Mapping[str, str] = field(default_factory=dict[str, str])
    only: str = ""
    """The class, where it counts one alone."""
    splits_cache: bool = True
    """Whether cached tokens are told apart; where not, they are among the input or nowhere."""
    repeated_by: tuple[str, ...] = ()
    """Scopes that write it next to a fuller metric of the same calls."""
    read_from: str


_USAGE: Final = "gen_ai.client.inference.usage"
_DRAFT: Final = "semantic-conventions-genai, gen-ai-metrics.md (the counters of #374)"

METRICS: Final[Mapping[str, TokenMetric]] = {
    "gen_ai.client.token.usage": TokenMetric(
        family="gen_ai.client.token.usage",
        dialect=SEMCONV,
        by="gen_ai.token.type",
        classes={
            "input": "input",
            "prompt": "input",
            "output": "output",
            "completion": "output",
        },
        splits_cache=False,
        repeated_by=("gemini-cli",),
        read_from="opentelemetry-instrumentation-genai-openai 1.3b0, openlit 1.45.0: a histogram",
    ),
    **{
        f"{_USAGE}.{said}": TokenMetric(
            family=_USAGE, dialect=SEMCONV, only=name, read_from=_DRAFT
        )
        for said, name in (
            ("input_tokens", "input"),
            ("output_tokens", "output"),
            ("cache_read.input_tokens", "cache_read"),
            ("cache_write.input_tokens", "cache_write"),
            ("reasoning.output_tokens", "reasoning"),
        )
    },
    "claude_code.token.usage": TokenMetric(
        family="claude_code.token.usage",
        dialect=CLAUDE_CODE,
        scope="com.anthropic.claude_code",
        by="type",
        classes={
            "input": "input",
            "output": "output",
            "cacheRead": "cache_read",
            "cacheCreation": "cache_write",
        },
        read_from="Claude Code 2.1: a sum, delta unless told otherwise",
    ),
    "codex.turn.token_usage": TokenMetric(
        family="codex.turn.token_usage",
        dialect=CODEX,
        scope="codex",
        by="token_type",
        classes={
            "input": "input",
            "cached_input": "cache_read",
            "output": "output",
            "reasoning_output": "reasoning",
        },
        read_from="codex-rs 0.137.0: a histogram of turns",
    ),
    "gemini_cli.token.usage": TokenMetric(
        family="gemini_cli.token.usage",
        dialect=GEMINI_CLI,
        scope="gemini-cli",
        by="type",
        classes={
            "input": "input",
            "output": "output",
            "cache": "cache_read",
            "thought": "reasoning+",
            "tool": "tool_input+",
        },
        read_from="@google/gemini-cli 0.21: a sum",
    ),
}
