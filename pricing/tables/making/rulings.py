"""The few facts that no source has as data, each with its reason.

Kept small on purpose: what a source gets wrong belongs there. Every ruling is listed in
`disagreements.yaml` beside the disagreements.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from pricing.tables.making.rows import ALWAYS, TOKENS, Book, Period, Price, When, when

if TYPE_CHECKING:
    from collections.abc import Mapping


class Stated(NamedTuple):
    """A price that replaces what the sources say."""

    provider: str
    model: str
    name: str
    price: str
    reason: str
    condition: When = ALWAYS
    unit: str = TOKENS


_THOUSAND: Final = "LiteLLM has the price of a thousand tokens as that of one"

_INSTANT: Final = "LiteLLM kept the price of before 2023-11-21, for 1.2 with a digit slipped; on Bedrock it has 0.80 and 2.40"

_AUDIO: Final = (
    "the alias moved to the snapshot of 2024-12-17; tokencost's row is the first one's"
)
_LONG: Final = when(context_over="128000")
_QUARTER: Final = "LiteLLM divided the price of a character by four where a token has four of them: sixteen times too low"
_FLASH: Final = "genai-prices has 0.15 and 0.60 above 128,000 tokens; LiteLLM's figures are neither ten nor twice"
_BY_IMAGE: Final = "a price for an image, given by LiteLLM as one for a million tokens"

PRICES: Final = (
    Stated(
        "cohere",
        "embed-multilingual-light-v3.0",
        "input",
        "0.1",
        "LiteLLM has 100 USD per million tokens, a thousand times the price of its siblings",
    ),
    Stated("anthropic", "claude-instant-1.2", "input", "0.8", _INSTANT),
    Stated("anthropic", "claude-instant-1.2", "output", "2.4", _INSTANT),
    Stated("anthropic", "claude-instant-1", "input", "0.8", _INSTANT),
    Stated("anthropic", "claude-instant-1", "output", "2.4", _INSTANT),
    Stated("openai", "gpt-4o-audio-preview", "input_audio", "40", _AUDIO),
    Stated("openai", "gpt-4o-audio-preview", "output_audio", "80", _AUDIO),
    *(
        Stated("gcp.vertex_ai", model, name, price, _QUARTER, condition)
        for model in (
            "gemini-1.5-pro-preview-0215",
            "gemini-1.5-pro-preview-0409",
            "gemini-1.5-pro-preview-0514",
        )
        for condition, name, price in (
            (ALWAYS, "input", "1.25"),
            (ALWAYS, "output", "5"),
            (_LONG, "input", "2.5"),
            (_LONG, "output", "10"),
        )
    ),
    Stated("gcp.vertex_ai", "gemini-1.5-flash-exp-0827", "input", "0.075", _QUARTER),
    Stated("gcp.vertex_ai", "gemini-1.5-flash-exp-0827", "output", "0.3", _QUARTER),
    *(
        Stated("gcp.vertex_ai", f"gemini-1.5-flash-{version}", name, price, _FLASH, _LONG)
        for version in ("001", "002", "exp-0827")
        for name, price in (("input", "0.15"), ("output", "0.6"))
    ),
    Stated("gcp.vertex_ai", "text-embedding-preview-0409", "input", "0.1", _QUARTER),
    Stated(
        "gcp.vertex_ai", "text-multilingual-embedding-preview-0409", "input", "0.1", _QUARTER
    ),
    *(
        Stated(
            "fireworks_ai",
            f"accounts/fireworks/models/flux-kontext-{size}",
            "output",
            price,
            _BY_IMAGE,
            unit="image",
        )
        for size, price in (("max", "0.08"), ("pro", "0.04"))
    ),
    Stated("azure.ai.inference", "jais-30b-chat", "input", "3.2", _THOUSAND),
    Stated("azure.ai.inference", "jais-30b-chat", "output", "9.71", _THOUSAND),
    Stated("ibm.watsonx.ai", "core42/jais-13b-chat", "input", "0.5", _THOUSAND),
    Stated("ibm.watsonx.ai", "core42/jais-13b-chat", "output", "2", _THOUSAND),
)

# Rows that are no price of a call, whatever their figure.
LEFT_OUT: Final = (
    (
        "fireworks_ai",
        ("accounts/fireworks/models/flux-1-dev", "accounts/fireworks/models/flux-1-schnell"),
        "an image model, sold by the step; LiteLLM has the default of a text model's size class",
    ),
    (
        "sambanova",
        ("Qwen2-Audio-7B-Instruct",),
        "100 USD per million tokens of output beside 0.50 of input: another unit, most likely",
    ),
    (
        "fireworks_ai",
        ("accounts/fireworks/models/",),
        "a path without a model, in an old map of LiteLLM",
    ),
    (
        "replicate",
        ("replicateopenai/gpt-oss-20b",),
        "a slash left out of an id, in an old map of LiteLLM",
    ),
    (
        "gcp.gemini",
        ("gemma-2-27b-it", "gemini-gemma-2-27b-it", "gemini-gemma-2-9b-it"),
        "genai-prices has OpenRouter's price and says so, LiteLLM the price of a Gemini; the vendor asks none for Gemma",
    ),
    (
        "gcp.gemini",
        ("gemma-4-26b-a4b-it-maas",),
        "sold by Vertex AI alone; genai-prices has one provider for both",
    ),
    (
        "openai",
        ("gpt-oss-120b", "gpt-oss-20b", "gpt-oss-safeguard-20b"),
        "open weights that OpenAI does not serve; genai-prices has what resellers ask (OpenRouter, Groq)",
    ),
)

# (provider, model) -> seconds charged at least; in the vendor's price list, in no source's data.
MINIMUM_SECONDS: Final[Mapping[str, int]] = {"groq": 10}

# Changes that took effect within a day: the dated sources have the day after.
INSTANTS: Final[Mapping[tuple[str, str], str]] = {
    ("deepseek", "2026-08-17"): "2026-08-16T16:00:00Z",
}
INSTANTS_REASON: Final = (
    "the vendor's change took effect at 16:00 UTC; genai-prices has the day"
)


def correct(book: Book) -> list[dict[str, str]]:
    """Put right what a source states wrongly, before anything is compared; for the record."""
    done = [
        line
        for ruling in PRICES
        if (entry := book.get((ruling.provider, ruling.model))) is not None
        for period in entry.periods
        if (line := _rule(ruling, period))
    ]
    return done + leave_out(book)


def leave_out(book: Book) -> list[dict[str, str]]:
    """Take away models that a source lists wrongly; for the record."""
    return [
        {"provider": provider, "model": model, "chosen": "left out", "reason": reason}
        for provider, models, reason in LEFT_OUT
        for model in models
        if book.pop((provider, model.lower()), None) is not None
    ]


def _rule(ruling: Stated, period: Period) -> dict[str, str]:
    classes = period.grid.get(ruling.condition, {})
    old = classes.get(ruling.name)
    if old is None:
        return {}
    name = ruling.name
    if ruling.unit != TOKENS:  # what was called tokens is another measure, and the only one
        classes.clear()
        name = f"{ruling.unit.rpartition(' ')[2]}s"
    classes[name] = Price(Decimal(ruling.price), ruling.unit, old.sources)
    return {
        "provider": ruling.provider,
        "model": ruling.model,
        "class": name,
        "stated": f"{old.amount:f}",
        "chosen": f"{ruling.price}{'' if ruling.unit == TOKENS else f' per {ruling.unit}'}",
        "reason": ruling.reason,
    }


def set_instants(book: Book) -> None:
    """Move changes from the day a source has to the instant at which they took effect."""
    for entry in book.values():
        for period in entry.periods:
            for bound in ("start", "end"):
                exact = INSTANTS.get((entry.provider, getattr(period, bound)))
                if exact:
                    setattr(period, bound, exact)
