"""Prices of years gone by and of rare classes, asked for as people ask: provider, model, usage, instant, dollars."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pricing import NotPriced, PriceBook, Question, Quote
from pricing.money import ATTO
from pricing.rows import instant

M = 10**6
IN, OUT = {"input": M}, {"output": M}


@pytest.fixture(scope="module")
def book() -> PriceBook:
    made = PriceBook()
    made.reload(0.0)
    return made


@pytest.mark.parametrize(
    ("provider", "model", "facts", "usage", "at", "dollars"),
    [
        ("openai", "gpt-4o", {}, {"input": M, "output": M}, "2024-06-01", "20"),
        ("openai", "gpt-4o", {}, IN, "2024-10-01T23:59:59Z", "5"),
        ("openai", "gpt-4o", {}, IN, "2024-10-02", "2.5"),
        ("openai", "gpt-4o", {"batch": True}, IN, "2024-06-01", "2.5"),
        ("openai", "gpt-4o-2024-08-06", {}, IN, "2024-08-06", "2.5"),
        ("openai", "gpt-4o-2024-05-13", {}, OUT, "2026-01-01", "15"),
        ("openai", "gpt-3.5-turbo", {}, OUT, "2023-07-01", "2"),
        ("openai", "gpt-3.5-turbo", {}, IN, "2024-01-15", "1"),
        ("openai", "gpt-3.5-turbo", {}, IN, "2024-03-01", "0.5"),
        ("openai", "gpt-4-turbo", {}, IN, "2024-05-01", "10"),
        ("openai", "o1-mini", {}, OUT, "2024-12-01", "12"),
        ("openai", "o3", {}, OUT, "2025-06-09", "40"),
        ("openai", "o3", {}, {"cache_read": M}, "2025-06-09", "2.5"),
        ("openai", "o3", {}, OUT, "2025-06-10", "8"),
        ("openai", "gpt-4o-audio-preview", {}, {"input_audio": M}, "2024-11-01", "100"),
        ("openai", "gpt-4o-audio-preview", {}, {"output_audio": M}, "2025-06-01", "80"),
        ("anthropic", "claude-3-5-haiku-20241022", {}, IN, "2024-11-10", "1"),
        ("anthropic", "claude-3-5-haiku-20241022", {}, {"cache_write": M}, "2025-01-01", "1"),
        ("anthropic", "claude-2", {}, OUT, "2023-10-01", "32.68"),
        ("anthropic", "claude-instant-1.2", {}, IN, "2024-01-01", "0.8"),
        (
            "anthropic",
            "claude-opus-4-6",
            {"batch": True},
            {"input": 10**5},
            "2026-02-20",
            "0.25",
        ),
        ("gcp.gemini", "gemini-1.5-pro", {}, {"input": 10**5}, "2024-09-30", "0.35"),
        ("gcp.gemini", "gemini-1.5-pro", {}, {"input": 2 * 10**5}, "2024-09-30", "1.4"),
        ("gcp.gemini", "gemini-1.5-pro", {}, {"input": 10**5}, "2024-10-01", "0.125"),
        ("gcp.gemini", "gemini-1.5-flash", {}, {"input": 10**5}, "2024-08-11", "0.035"),
        ("gcp.gemini", "gemini-1.5-flash", {}, {"input": 10**5}, "2024-08-12", "0.0075"),
        (
            "gcp.vertex_ai",
            "gemini-1.5-pro-preview-0409",
            {},
            {"input": 10**5},
            "2024-12-01",
            "0.125",
        ),
        ("deepseek", "deepseek-chat", {}, IN, "2025-02-08T15:59:59Z", "0.14"),
        ("deepseek", "deepseek-chat", {}, IN, "2025-02-08T16:00:00Z", "0.27"),
        ("deepseek", "deepseek-chat", {}, IN, "2025-05-01T12:00:00Z", "0.27"),
        ("deepseek", "deepseek-chat", {}, IN, "2025-05-01T23:00:00Z", "0.135"),
        ("deepseek", "deepseek-reasoner", {}, OUT, "2025-05-01T00:29:00Z", "0.55"),
        ("deepseek", "deepseek-chat", {}, OUT, "2025-09-15", "1.68"),
        ("deepseek", "deepseek-chat", {}, OUT, "2025-10-15", "0.42"),
        ("mistral_ai", "mistral-large-latest", {}, IN, "2024-03-15", "8"),
        ("mistral_ai", "mistral-large-latest", {}, IN, "2024-08-15", "3"),
        ("mistral_ai", "mistral-large-latest", {}, IN, "2025-03-01", "2"),
        ("mistral_ai", "mistral-medium-latest", {}, IN, "2025-03-01", "2.7"),
        ("cohere", "command-r", {}, IN, "2024-06-01", "0.5"),
        (
            "fireworks_ai",
            "accounts/fireworks/models/flux-kontext-max",
            {},
            {"images": 2},
            "2026-11-23",
            "0.16",
        ),
    ],
    ids=str,
)
def test_prices(  # noqa: PLR0917  a table's columns
    book: PriceBook,
    provider: str,
    model: str,
    facts: dict[str, Any],
    usage: dict[str, int],
    at: str,
    dollars: str,
) -> None:
    quote = book.current.quote(Question(model, provider=provider, **facts), usage, instant(at))
    assert isinstance(quote, Quote)
    assert (Decimal(quote.atto_usd) / ATTO, quote.status) == (Decimal(dollars), "priced")


def test_before_its_launch_a_model_has_no_price(book: PriceBook) -> None:
    quote = book.current.quote(Question("gpt-4o", provider="openai"), IN, instant("2024-05-12"))
    assert isinstance(quote, NotPriced)
    assert quote.reason == "no_price_at_time"
