"""LangSmith's OTLP exporter: the conventions, with details as JSON text in its metadata."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV, USAGE

_META: Final = "langsmith.metadata.usage_metadata#"
_TIERS: Final = ("priority", "flex")

LANGSMITH: Final = replace(
    SEMCONV,
    name="langsmith",
    read_from="langsmith (PyPI) with LANGSMITH_OTEL_ENABLED, langchain-openai 1.7; langsmith (npm) 0.12.0",
    scopes=("langsmith",),
    marks=("langsmith.span.kind",),
    operation=("langsmith.span.kind",),
    usage={
        **USAGE,
        "cache_read": (
            *USAGE["cache_read"],
            "gen_ai.usage.input_token_details#cache_read",
            f"{_META}input_token_details.cache_read",
            # Of a served tier its wrappers of OpenAI name what it holds.
            *[f"{_META}input_token_details.{tier}_cache_read" for tier in _TIERS],
        ),
        "cache_write": (
            *USAGE["cache_write"],
            "gen_ai.usage.input_token_details#cache_creation",
            f"{_META}input_token_details.cache_creation",
        ),
        "reasoning": (
            *USAGE["reasoning"],
            "gen_ai.usage.output_token_details#reasoning",
            f"{_META}output_token_details.reasoning",
            *[f"{_META}output_token_details.{tier}_reasoning" for tier in _TIERS],
        ),
        "input_audio": (*USAGE["input_audio"], f"{_META}input_token_details.audio"),
        "output_audio": (*USAGE["output_audio"], f"{_META}output_token_details.audio"),
    },
)
