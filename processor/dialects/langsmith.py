"""LangSmith's OTLP exporter: the conventions, with details as JSON text in its metadata."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV, USAGE

_META: Final = "langsmith.metadata.usage_metadata#"


def _tiers(at: str, part: str) -> tuple[str, ...]:
    """langchain-openai 1.7 names the parts of usage after a served tier that is not the standard one."""
    return tuple([f"{_META}{at}{tier}_{part}" for tier in ("flex", "priority")])


def _written(ttl: str) -> tuple[str, ...]:
    """langchain-anthropic 1.7 says these, and 0 for all writes."""
    part = f"ephemeral_{ttl}_input_tokens"
    return (f"gen_ai.usage.input_token_details#{part}", f"{_META}input_token_details.{part}")


LANGSMITH: Final = replace(
    SEMCONV,
    name="langsmith",
    read_from="langsmith (PyPI) with LANGSMITH_OTEL_ENABLED, langchain-openai 1.7, langchain-anthropic 1.7; langsmith (npm) 0.12.0",
    scopes=("langsmith",),
    marks=("langsmith.span.kind",),
    operation=("langsmith.span.kind",),
    usage={
        **USAGE,
        "cache_read": (
            *USAGE["cache_read"],
            "gen_ai.usage.input_token_details#cache_read",
            f"{_META}input_token_details.cache_read",
            *_tiers("input_token_details.", "cache_read"),
        ),
        "cache_write": (
            *USAGE["cache_write"],
            "gen_ai.usage.input_token_details#cache_creation",
            f"{_META}input_token_details.cache_creation",
        ),
        "cache_write_5m": _written("5m"),
        "cache_write_1h": (*USAGE["cache_write_1h"], *_written("1h")),
        "reasoning": (
            *USAGE["reasoning"],
            "gen_ai.usage.output_token_details#reasoning",
            f"{_META}output_token_details.reasoning",
            *_tiers("output_token_details.", "reasoning"),
        ),
        "input_audio": (*USAGE["input_audio"], f"{_META}input_token_details.audio"),
        "output_audio": (*USAGE["output_audio"], f"{_META}output_token_details.audio"),
    },
)
