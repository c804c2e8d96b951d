"""From usage to money: classes and their parents, tiers, thresholds, dates, hours, minimums."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from pricing import NotPriced, Question
from tests.pricing.tables import NOW, ask, table

if TYPE_CHECKING:
    from pricing import PriceTable

PRICES = table("""
genai-cost: 1
providers:
  openai:
    models:
      flat: {prices: {input: 2.50, cache_read: 1.25, output: 10}}
      bare: {prices: {input: 2, output: 8}}
      free: {prices: {input: 0, output: 0}}
      reasoner: {prices: {input: 1, output: 4, reasoning: 6}}
      heard: {prices: {input: 2, cache_read: 1, input_audio: 30, output: 8, output_audio: 60}}
      cached: {prices: {input: 3, cache_write: 3.75, cache_write_1h: 6, output: 15}}
      third: {prices: {audio_seconds: "0.111 per hour, minimum 10"}}
      spoken: {prices: {input_characters: 30 per 1M characters}}
      drawn:
        rows:
          - {when: {quality: standard, size: 1024x1024}, prices: {images: 0.04 per image}}
          - {when: {quality: hd, size: 1024x1024}, prices: {images: 0.08 per image}}
      both:
        rows:
          - prices: {input: 5, output_image: 40}
          - {when: {size: 1024x1024}, prices: {images: 0.04 per image}}
      tiered:
        rows:
          - prices: {input: 4, cache_read: 0.4, output: 20, searches: 10 per 1K searches}
          - {when: {service_tier: flex}, prices: {input: 2, output: 10}}
          - {when: {service_tier: priority}, prices: {input: 8, cache_read: 0.8, output: 40}}
          - {when: {batch: true}, prices: {input: 2, cache_read: 0.2, output: 10}}
          - {when: {context_over: 1000}, prices: {input: 6, cache_read: 0.6, output: 30}}
          - {when: {batch: true, context_over: 1000}, prices: {input: 3, cache_read: 0.3, output: 15}}
      inclusive:
        rows:
          - prices: {input: 1, output: 2}
          - {when: {context_from: 1000}, prices: {input: 2, output: 4}}
      steps:
        rows:
          - prices: {input: 1}
          - {when: {context_over: 100}, prices: {input: 2}}
          - {when: {context_over: 200}, prices: {input: 3}}
      long_writes:
        rows:
          - prices: {input: 3, cache_write: 3.75, cache_write_1h: 6}
          - {when: {context_over: 1000}, prices: {input: 6, cache_write: 7.5}}
      dated:
        rows:
          - {to: 2026-08-21, prices: {input: 5}}
          - {from: 2026-08-21, to: 2026-12-01, prices: {input: 4}}
          - {from: 2027-01-01T16:00:00Z, prices: {input: 3}}
      peak:
        rows:
          - prices: {input: 1}
          - {when: {hours: "Mon-Fri 01:00-04:00, Mon-Fri 06:00-10:00"}, prices: {input: 2}}
      uplifted:
        multipliers: [{when: {region: eu}, times: 1.1}]
        rows: [{prices: {input: 2.5, searches: 10 per 1K searches}}]
      regional:
        rows:
          - prices: {input: 1}
          - {when: {region: sa-east-1}, prices: {input: 1.68}}
      endpoint:
        multipliers: [{when: {region: "!global"}, times: 1.1}]
        rows: [{prices: {input: 1}}]
      fast:
        multipliers: [{when: {speed: fast}, times: 2}]
        rows: [{prices: {input: 5}}]
""")


def q(model: str, prices: PriceTable = PRICES, **facts: object) -> Question:
    del prices
    return Question(model, provider="openai")._replace(**facts)  # type: ignore[arg-type]


M = 1_000_000


@pytest.mark.parametrize(
    ("model", "usage", "expected"),
    [
        pytest.param(
            "flat",
            {"input": 2000, "cache_read": 8000, "output": 500},
            "0.02 priced",
            id="own-classes",
        ),
        pytest.param(
            "bare", {"input": M, "cache_read": M}, "4 priced_fallback", id="cache-at-input"
        ),
        pytest.param(
            "bare", {"output": M, "reasoning": M}, "16 priced", id="reasoning-is-output"
        ),
        pytest.param(
            "reasoner", {"output": M, "reasoning": M}, "10 priced", id="reasoning-own-rate"
        ),
        pytest.param("bare", {"tool_input": M}, "2 priced", id="tool-prompt-is-input"),
        pytest.param("bare", {"input_image": M}, "2 priced", id="seen-images-are-input"),
        pytest.param(
            "bare", {"input_audio": M}, "2 priced_fallback", id="audio-at-the-text-rate"
        ),
        pytest.param(
            "bare", {"output_image": M}, "8 priced_fallback", id="drawn-at-the-text-rate"
        ),
        pytest.param(
            "heard", {"cache_read_audio": M}, "1 priced_fallback", id="cached-audio-at-cached"
        ),
        pytest.param(
            "cached", {"cache_write": M, "cache_write_1h": M}, "9.75 priced", id="ttl"
        ),
        pytest.param(
            "cached", {"cache_write_12h": M}, "3.75 priced_fallback", id="12h-at-5min"
        ),
        pytest.param("cached", {"cache_read": M}, "3 priced_fallback", id="read-at-input"),
        pytest.param("free", {"input": 10, "output": 10}, "0 priced", id="free-is-a-price"),
        pytest.param("flat", {"input": 0, "output": 0}, "0 priced", id="zero-tokens"),
        pytest.param(
            "flat",
            {"input": 0, "searches": 2},
            "0 priced_lower_bound",
            id="fee-without-a-price",
        ),
        pytest.param("flat", {"input": M, "requests": 1}, "2.5 priced", id="no-request-fee"),
        pytest.param(
            "flat", {"input": M, "images": 1}, "2.5 priced", id="images-priced-by-tokens"
        ),
        pytest.param("flat", {}, "no_usage", id="nothing"),
        pytest.param("flat", {"images": 1}, "unsupported_unit", id="images-of-a-chat-model"),
        pytest.param(
            "spoken", {"input": 100}, "unsupported_unit", id="tokens-of-a-characters-model"
        ),
        pytest.param("flat", {"input": -1}, "impossible_usage", id="negative"),
        pytest.param(
            "flat", {"input": 5, "sugar": 1}, "0.0000125 priced_lower_bound", id="unknown-class"
        ),
        pytest.param("spoken", {"input_characters": 1234}, "0.03702 priced", id="characters"),
        pytest.param(
            "third",
            {"audio_seconds": Decimal("3.2")},
            "0.000308333333333333 priced",
            id="minimum",
        ),
        pytest.param(
            "third",
            {"audio_seconds": Decimal("7200.5")},
            "0.222015416666666667 priced",
            id="fraction",
        ),
        pytest.param("drawn", {"images": 2}, "unsupported_unit", id="no-size-no-guess"),
    ],
)
def test_classes(model: str, usage: dict[str, int | Decimal], expected: str) -> None:
    assert ask(PRICES, usage, q(model)) == expected


SMALL = {"input": 500, "cache_read": 500}
LARGE = {"input": 501, "cache_read": 500}


@pytest.mark.parametrize(
    ("question", "usage", "expected"),
    [
        pytest.param(q("tiered"), SMALL, "0.0022 priced", id="at-the-threshold"),
        pytest.param(q("tiered"), LARGE, "0.003306 priced", id="a-cliff-on-the-whole-prompt"),
        pytest.param(
            q("tiered"),
            {"input": 900, "output": 5000},
            "0.1036 priced",
            id="output-is-no-prompt",
        ),
        pytest.param(
            q("tiered"),
            {"input": 900, "cache_write": 101},
            "0.006006 priced_fallback",
            id="writes-count",
        ),
        pytest.param(q("inclusive"), {"input": 999}, "0.000999 priced", id="below-inclusive"),
        pytest.param(q("inclusive"), {"input": 1000}, "0.002 priced", id="at-inclusive"),
        pytest.param(q("steps"), {"input": 150}, "0.0003 priced", id="middle-step"),
        pytest.param(q("steps"), {"input": 250}, "0.00075 priced", id="last-step"),
        pytest.param(
            q("tiered", service_tier="default"),
            {"input": M // 1000},
            "0.004 priced",
            id="default-tier",
        ),
        pytest.param(
            q("tiered", service_tier="auto"), {"input": 1000}, "0.004 priced", id="auto-tier"
        ),
        pytest.param(
            q("tiered", service_tier="flex"), {"input": 1000}, "0.002 priced", id="flex"
        ),
        pytest.param(
            q("tiered", service_tier="FLEX"),
            SMALL,
            "0.0012 priced_fallback",
            id="flex-without-cache-price",
        ),
        pytest.param(
            q("tiered", service_tier="flex"),
            {"searches": 1},
            "0.01 priced",
            id="fees-have-no-tier",
        ),
        pytest.param(
            q("tiered", service_tier="scale"),
            SMALL,
            "0.0022 priced_fallback",
            id="unknown-tier",
        ),
        pytest.param(
            q("tiered", service_tier="priority"),
            LARGE,
            "0.004408 priced_fallback",
            id="tier-before-threshold",
        ),
        pytest.param(
            q("tiered", batch=True), LARGE, "0.001653 priced", id="batch-and-threshold"
        ),
        pytest.param(
            q("tiered", service_tier="batch"), SMALL, "0.0011 priced", id="batch-as-a-tier"
        ),
        pytest.param(
            q("tiered", operation="invoke_agent"),
            {"input": 2 * M},
            "8 priced",
            id="a-sum-is-no-prompt",
        ),
        pytest.param(
            q("long_writes"),
            {"cache_write_1h": 2000},
            "0.015 priced_fallback",
            id="longer-never-cheaper-than-shorter",
        ),
        pytest.param(
            q("drawn", attributes=(("size", "1024-x-1024"), ("quality", "HD"))),
            {"images": 2},
            "0.16 priced",
            id="size",
        ),
        pytest.param(
            q("drawn", attributes=(("size", "512x512"), ("quality", "hd"))),
            {"images": 2},
            "unsupported_unit",
            id="no-such-size",
        ),
        pytest.param(
            q("both", attributes=(("size", "1024x1024"),)),
            {"input": 0, "images": 1, "output_image": 1000},
            "0.04 priced",
            id="one-image-is-not-charged-twice",
        ),
        pytest.param(
            q("both", attributes=(("size", "1024x1024"),)),
            {"images": 2},
            "0.08 priced",
            id="images-where-no-tokens",
        ),
        pytest.param(
            q("uplifted", region="eu"), {"input": M, "searches": 1}, "2.76 priced", id="uplift"
        ),
        pytest.param(
            q("uplifted", endpoint="eu.api.openai.com"),
            {"input": M},
            "2.75 priced",
            id="uplift-by-host",
        ),
        pytest.param(q("uplifted", region="us"), {"input": M}, "2.5 priced", id="no-uplift"),
        pytest.param(
            q("regional", region="sa-east-1"), {"input": M}, "1.68 priced", id="regional-price"
        ),
        pytest.param(
            q("endpoint", region="us-central1"), {"input": M}, "1.1 priced", id="not-global"
        ),
        pytest.param(q("endpoint", region="global"), {"input": M}, "1 priced", id="global"),
        pytest.param(q("endpoint"), {"input": M}, "1 priced", id="unknown-region"),
        pytest.param(
            q("fast", attributes=(("speed", "fast"),)), {"input": M}, "10 priced", id="fast"
        ),
        pytest.param(
            q("flat", attributes=(("speed", "fast"),)),
            {"input": M},
            "2.5 priced_fallback",
            id="fast-unpriced",
        ),
        pytest.param(
            q("heard", missing=("input_audio",)),
            {"input": M},
            "2 priced_lower_bound",
            id="missing-audio",
        ),
        pytest.param(
            q("flat", missing=("input_audio",)),
            {"input": M},
            "2.5 priced",
            id="missing-but-not-dearer",
        ),
    ],
)
def test_conditions(question: Question, usage: dict[str, int | Decimal], expected: str) -> None:
    assert ask(PRICES, usage, question) == expected


@pytest.mark.parametrize(
    ("model", "at", "expected"),
    [
        pytest.param("dated", "2020-01-01", "5 priced", id="open-beginning"),
        pytest.param("dated", "2026-08-20T23:59:59Z", "5 priced", id="last-second"),
        pytest.param("dated", "2026-08-21", "4 priced", id="first-moment"),
        pytest.param("dated", "2026-12-15", "no_price_at_time", id="a-gap"),
        pytest.param(
            "dated", "2027-01-01T15:59:59Z", "no_price_at_time", id="an-instant-not-a-day"
        ),
        pytest.param("dated", "2027-01-01T16:00:00Z", "3 priced", id="future"),
        pytest.param("peak", "2026-11-27T02:00:00Z", "2 priced", id="friday-peak"),
        pytest.param("peak", "2026-11-28T02:00:00Z", "1 priced", id="saturday"),
        pytest.param("peak", "2026-11-27T04:00:00Z", "1 priced", id="half-open"),
    ],
)
def test_time(model: str, at: str, expected: str) -> None:
    assert ask(PRICES, {"input": M}, q(model), at=at) == expected


def test_a_quote_says_what_it_used() -> None:
    quote = PRICES.quote(q("tiered", batch=True), LARGE, NOW)
    assert not isinstance(quote, NotPriced)
    assert quote.row == "openai/tiered[batch=true, >1000]"
    assert quote.parts == (("input", 1503 * 10**12), ("cache_read", 150 * 10**12))
    assert (quote.provider, quote.match, quote.list_atto_usd) == (
        "openai",
        "exact",
        quote.atto_usd,
    )


def test_ten_million_additions_drift_by_nothing() -> None:
    quote = table(
        "genai-cost: 1\nproviders: {openai: {models: {m: {prices: {input: 0.1}}}}}"
    ).quote(q("m"), {"input": 1}, NOW)
    assert not isinstance(quote, NotPriced)
    assert quote.atto_usd * 10_000_000 == 10**18
