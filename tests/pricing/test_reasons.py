"""Every answer that is not plainly `priced` says why, and no other does."""

from __future__ import annotations

from itertools import islice

import pytest

from pricing import NotPriced, PriceTable, Question, Quote, Standing, compact
from pricing.book import BUILTIN
from pricing.reasons import doubts, factors
from pricing.rows import instant
from tests.pricing.tables import table

TABLE = PriceTable((compact.load(BUILTIN.read_bytes()),), "1")
NOW = instant("2026-11-23")
USAGES: tuple[dict[str, int], ...] = (
    {"input": 10, "output": 3},
    {"input": 10, "cache_read": 5, "cache_write": 4, "cache_write_1h": 2, "output": 3},
    {"input": 300_000, "output": 3, "reasoning": 2},
    {"input": 10, "input_audio": 4, "output_audio": 2, "output_image": 2},
    {"searches": 1, "code_sessions": 2, "images": 1},
)


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(Question(""), id="plain"),
        pytest.param(Question("", service_tier="nonsense"), id="tier"),
        pytest.param(Question("", service_tier="priority"), id="priority"),
        pytest.param(Question("", batch=True), id="batch"),
        pytest.param(Question("", region="us-east5"), id="region"),
        pytest.param(Question("", attributes=(("speed", "fast"),)), id="speed"),
    ],
)
def test_whatever_is_in_doubt_says_why_and_nothing_else_does(question: Question) -> None:
    for provider, model in islice(TABLE.models(), 0, None, 7):
        asked = question._replace(model=model, provider=provider)
        offer = TABLE.find(asked)
        for usage in USAGES if not isinstance(offer, NotPriced) else ():
            assert not isinstance(offer, NotPriced)
            quote = offer.charge(usage, NOW)
            if isinstance(quote, Quote):
                why = doubts(offer, asked, usage, NOW)
                assert bool(why) is (quote.status is not Standing.PRICED), (asked, usage, why)


def test_the_rows_prices_times_what_is_said_are_the_amount() -> None:
    question = Question("claude-sonnet-4-5", provider="gcp.vertex_ai", region="us-east5")
    offer = TABLE.find(question)
    assert not isinstance(offer, NotPriced)
    (times,) = factors(offer, NOW)
    quote = offer.charge({"input": 10**5}, NOW)
    assert isinstance(quote, Quote)
    assert quote.atto_usd == 3 * 10**17 * times.numerator // times.denominator


PICTURES = """
genai-cost: 1
providers:
  demo:
    models:
      m:
        rows:
          - {when: {size: 1x1, quality: hd}, prices: {images: 2 per image}}
          - {when: {size: 1x1, quality: low}, prices: {images: 1 per image}}
          - {when: {size: 2x2, quality: low}, prices: {images: 3 per image}}
"""


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        pytest.param((), "its rows ask for size (1x1, 2x2) and quality (hd, low)", id="none"),
        pytest.param((("size", "1x1"),), "its rows ask for quality (hd, low)", id="size"),
        pytest.param((("quality", "hd"),), "its rows ask for size (1x1)", id="quality"),
    ],
)
def test_conditions_that_a_call_does_not_meet_are_named_with_their_values(
    attributes: tuple[tuple[str, str], ...], words: str
) -> None:
    answer = table(PICTURES).find(Question("m", provider="demo", attributes=attributes))
    assert isinstance(answer, NotPriced)
    assert answer.detail.endswith(words)
