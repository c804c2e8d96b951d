"""LangWatch: the conventions, its own metrics as JSON, models with their seller before a slash."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV, USAGE

_METRICS: Final = "langwatch.metrics#value."
_PLAIN: Final = "langwatch.metrics#"

LANGWATCH: Final = replace(
    SEMCONV,
    name="langwatch",
    read_from="langwatch 1.4.0 (PyPI), attributes.py and domain",
    scopes=("langwatch",),
    marks=("langwatch.span.type", "langwatch.metrics"),
    operation=("langwatch.span.type", *SEMCONV.operation),
    operations={"rag": "", "component": "", "module": "", "server": "", "client": ""},
    usage={
        **USAGE,
        "input": (*USAGE["input"], f"{_METRICS}promptTokens", f"{_PLAIN}prompt_tokens"),
        "output": (
            *USAGE["output"],
            f"{_METRICS}completionTokens",
            f"{_PLAIN}completion_tokens",
        ),
        "reasoning": (*USAGE["reasoning"], f"{_PLAIN}reasoning_tokens"),
    },
    reported_cost=(*SEMCONV.reported_cost, f"{_METRICS}cost", f"{_PLAIN}cost"),
)
