"""Small tables for tests, from the text that people would write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pricing import NotPriced, PriceTable, Question, Quote
from pricing.formats import detect
from pricing.money import to_text
from pricing.rows import instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

NOW = instant("2026-11-23T12:00:00Z")


def table(*sources: str, aliases: Mapping[str, str] | None = None) -> PriceTable:
    """A table of price files' texts, later over earlier."""
    layers = tuple(
        detect.read(text.encode(), f"source-{i}").layer for i, text in enumerate(sources)
    )
    return PriceTable(layers, "test", aliases)


def models(provider: str, **prices: str) -> str:
    """A price file of one provider; `gpt_4o="{input: 1}"`, ids given as in `ids`."""
    body = "\n".join(f"      {name!r}: {{prices: {text}}}" for name, text in prices.items())
    return f"genai-cost: 1\nproviders:\n  {provider}:\n    models:\n{body}\n"


def said(answer: Quote | NotPriced) -> str:
    """`0.0025 priced` or the reason."""
    if isinstance(answer, NotPriced):
        return answer.reason
    return f"{to_text(answer.atto_usd)} {answer.status}"


def ask(
    prices: PriceTable,
    usage: Mapping[str, int | Decimal],
    question: Question,
    *,
    at: str = "2026-11-23T12:00:00Z",
) -> str:
    """What a table says, in words."""
    return said(prices.quote(question, usage, instant(at)))
