"""The built-in table on what the newest releases of its sources no longer say, or say under another name."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from pricing import NotPriced, PriceBook, Question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pricing import PriceTable

NOW = 1_795_478_400 * 10**9
ATTO = 10**18


@pytest.fixture(scope="module")
def table() -> PriceTable:
    book = PriceBook([], builtin=True)
    book.reload(0)
    return book.current


def cost(
    table: PriceTable, provider: str, model: str, usage: Mapping[str, int], **facts: str
) -> tuple[str, Decimal]:
    question = Question(model, provider=provider, attributes=tuple(sorted(facts.items())))
    quote = table.quote(question, usage, NOW)
    assert not isinstance(quote, NotPriced), quote
    return str(quote.status), Decimal(quote.atto_usd) / ATTO


DRAWN = {"size": "1024x1024", "quality": "high"}
CLIP = {"video_seconds": 10}


@pytest.mark.parametrize(
    ("seller_model", "usage", "facts", "usd"),
    [
        ("openai/gpt-image-1", {"images": 2}, DRAWN, "0.334"),
        ("openai/gpt-image-1", {"images": 1, "output": 4160}, DRAWN, "0.1664"),
        ("openai/gpt-image-1", {"images": 1, "output_image": 4160}, DRAWN, "0.1664"),
        ("openai/gpt-image-1.5", {"images": 1}, DRAWN, "0.133"),
        ("openai/sora-2-pro", CLIP, {}, "3"),
        ("openai/sora-2-pro", CLIP, {"size": "1792x1024"}, "5"),
        ("azure.ai.openai/sora-2-pro", CLIP, {"size": "1024x1792"}, "5"),
        ("gcp.gemini/imagen-4.0-ultra-generate-001", {"images": 1}, {}, "0.06"),
        ("gcp.gemini/veo-2.0-generate-001", CLIP, {}, "3.5"),
        ("x_ai/grok-4-fast", {"input": 127_999}, {}, "0.0255998"),
        ("x_ai/grok-4-fast", {"input": 128_000}, {}, "0.0512"),
        ("x_ai/grok-4", {"input": 128_000, "output": 1000}, {}, "0.798"),
        ("anthropic/claude-opus-4-6", {"output": 1000}, {"speed": "fast"}, "0.15"),
        ("openai/omni-moderation-latest", {"input": 9}, {}, "0"),
        ("gcp.gemini/gemma-3-27b-it", {"input": 9, "output": 9}, {}, "0"),
    ],
)
def test_its_price(
    seller_model: str, usage: dict[str, int], facts: dict[str, str], usd: str, table: PriceTable
) -> None:
    provider, _, model = seller_model.partition("/")
    assert cost(table, provider, model, usage, **facts) == ("priced", Decimal(usd))


@pytest.mark.parametrize("model", ["gemma-2-27b-it", "gemini-gemma-2-9b-it"])
def test_what_a_reseller_asks_is_not_the_sellers_price(model: str, table: PriceTable) -> None:
    quote = table.quote(Question(model, provider="gcp.gemini"), {"input": 1}, NOW)
    assert isinstance(quote, NotPriced)
