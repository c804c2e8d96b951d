"""The operator's terms: what was agreed on beside what is listed, in dollars and other money."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import Adjustment, Exchange, NotPriced, PriceTable, Question, Quote, Reason, Terms
from pricing.money import to_text
from pricing.rates import parse
from pricing.rows import Fact, instant
from tests.pricing.tables import NOW, said, table

if TYPE_CHECKING:
    from collections.abc import Mapping

M = 10**6
LISTED = table("""
genai-cost: 1
providers:
  openai:
    models:
      flat: {prices: {input: 2.5, cache_read: 1.25, output: 10}}
      third: {prices: {audio_seconds: "0.111 per hour, minimum 10"}}
      asked: {prices: {input: 1, output: 1, requests: 5 per 1K requests}}
      embedded: {prices: {input_images: 0.0001 per image, requests: 0.07 per 1K requests}}
      tiered:
        rows:
          - prices: {input: 1}
          - {when: {context_over: 100}, prices: {input: 2}}
      dated:
        rows:
          - {to: 2026-07-01, prices: {input: 1}}
          - {from: 2026-07-01, prices: {input: 2}}
  acme:
    currency: EUR
    models:
      llama: {prices: {input: 0.67, output: 0.67}}
      mixed: {prices: {input: 1, output: 2 USD}}
      yen: {currency: JPY, prices: {input: 150, output: 300}}
""").layers


def priced(
    *rules: Adjustment,
    model: str = "flat",
    usage: Mapping[str, int | Decimal] | None = None,
    at: int = NOW,
    rates: tuple[Exchange, ...] = (),
    currency: str = "",
    **question: str,
) -> Quote | NotPriced:
    prices = PriceTable(LISTED, "t", None, Terms(rules, rates, currency))
    provider = "acme" if model in {"llama", "mixed", "yen"} else "openai"
    asked = Question(model, provider=provider)._replace(**question)  # type: ignore[arg-type]
    return prices.quote(asked, usage or {"input": M}, at)


def told(answer: Quote | NotPriced) -> str:
    """`0.75 of 1, 0.7 EUR`: the dollars, the list's where it differs, the second currency."""
    if isinstance(answer, NotPriced):
        return f"{answer.reason} {answer.amount} {answer.currency}".strip()
    assert sum(part for _, part in answer.parts) == answer.atto_usd
    text = to_text(answer.atto_usd)
    if answer.list_atto_usd != answer.atto_usd:
        text += f" of {to_text(answer.list_atto_usd)}"
    return f"{text}, {answer.amount} {answer.currency}" if answer.currency else text


def times(factor: str, **fields: object) -> Adjustment:
    numerator, denominator = Decimal(factor).as_integer_ratio()
    rule = Adjustment(numerator=numerator, denominator=denominator)
    return rule._replace(**fields)  # type: ignore[arg-type]


def prices(**by_class: str) -> Adjustment:
    return Adjustment(
        prices=tuple((name, parse(name, text)) for name, text in by_class.items())
    )


def fixed(text: str) -> Adjustment:
    return Adjustment(fixed=parse("requests", f"{text} per request"))


EUR = (
    Exchange("EUR", 108, 100, instant("2026-01-01"), instant("2026-07-01")),
    Exchange("EUR", 5, 4, instant("2026-07-01")),
)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param((), "2.5", id="none"),
        pytest.param((times("0.78"),), "1.95 of 2.5", id="discount"),
        pytest.param((times("1.055"),), "2.6375 of 2.5", id="mark-up"),
        pytest.param((times("0.5"), times("0.5")), "0.625 of 2.5", id="all-that-hold-act"),
        pytest.param((prices(input="2"),), "2 of 2.5", id="a-price-of-its-own"),
        pytest.param((prices(input="2"), times("0.5")), "1 of 2.5", id="then-a-discount"),
        pytest.param((times("0.5"), prices(input="2")), "2 of 2.5", id="before-does-nothing"),
        pytest.param((prices(input="2"), prices(input="3")), "3 of 2.5", id="the-last-price"),
        pytest.param((fixed("0.25"),), "2.75 of 2.5", id="an-addition"),
        pytest.param((fixed("1"), times("0.5")), "1.75 of 2.5", id="added-then-halved"),
        pytest.param((times("0.5"), fixed("1")), "2.25 of 2.5", id="halved-then-added"),
        pytest.param(
            (times("0.5", classes=frozenset({"output"})),), "2.5", id="for-another-class"
        ),
        pytest.param((times("0.5", providers=("openai",)),), "1.25 of 2.5", id="provider"),
        pytest.param((times("0.5", providers=("azure.ai.openai",)),), "2.5", id="not-theirs"),
        pytest.param((times("0.5", models=("fl*",)),), "1.25 of 2.5", id="model"),
        pytest.param((times("0.5", models=("fl",)),), "2.5", id="never-by-prefix"),
        pytest.param((times("0.5", services=("shop",)),), "1.25 of 2.5", id="service"),
        pytest.param((times("0.5", services=("till",)),), "2.5", id="another-service"),
        pytest.param((times("0.5", environments=("prod*",)),), "1.25 of 2.5", id="environment"),
        pytest.param(
            (times("0.5", facts=(Fact("region", frozenset({"eu-*"})),)),),
            "1.25 of 2.5",
            id="region",
        ),
        pytest.param((times("0.5", since=NOW),), "1.25 of 2.5", id="from-is-the-first-moment"),
        pytest.param((times("0.5", until=NOW),), "2.5", id="to-is-just-after"),
    ],
)
def test_adjustments_act_in_their_order(rules: tuple[Adjustment, ...], expected: str) -> None:
    answer = priced(*rules, service="Shop", environment="production", region="eu-west-1")
    assert told(answer) == expected


def test_a_price_of_ones_own_stands_for_the_classes_below_it() -> None:
    """Cached input has a listed price of its own; reasoning has not, and costs what output does."""
    rules = (prices(input="1", output="4"),)
    usage = {"input": M, "cache_read": M, "output": M, "reasoning": M}
    answer = priced(*rules, usage=usage)
    assert isinstance(answer, Quote)
    assert [(name, to_text(part)) for name, part in answer.parts] == [
        ("input", "1"),
        ("cache_read", "1.25"),
        ("output", "4"),
        ("reasoning", "4"),
    ]


def test_what_the_list_does_not_price_may_be_agreed_on() -> None:
    usage = {"input": M, "searches": 3}
    assert said(priced(usage=usage)) == "2.5 priced_lower_bound"
    rules = (prices(searches="10 per 1K searches"),)
    assert said(priced(*rules, usage=usage)) == "2.53 priced"
    assert told(priced(*rules, usage=usage)) == "2.53 of 2.5"


def test_an_addition_is_due_once_a_call_and_only_for_one() -> None:
    assert told(priced(fixed("0.25"), usage={"input": 0})) == "0"
    answer = priced(fixed("0.25"), usage={"input": M, "output": M})
    assert isinstance(answer, Quote)
    assert dict(answer.parts)["requests"] == 25 * 10**16
    unpriced = priced(fixed("0.25"), usage={"pages": 3})
    assert isinstance(unpriced, NotPriced)


def test_thresholds_dates_and_minimums_hold_under_adjustments() -> None:
    half = times("0.5")
    assert told(priced(half, model="tiered", usage={"input": 100})) == "0.00005 of 0.0001"
    assert told(priced(half, model="tiered", usage={"input": 101})) == "0.000101 of 0.000202"
    before = instant("2026-06-30T23:59:59Z")
    assert told(priced(half, model="dated", at=before)) == "0.5 of 1"
    assert told(priced(half, model="dated")) == "1 of 2"
    short = priced(times("0.9"), model="third", usage={"audio_seconds": Decimal("3.2")})
    assert isinstance(short, Quote)
    # 10 s x 0.111/3600 x 0.9, half to even at the eighteenth place
    assert short.atto_usd == 277_500_000_000_000
    assert short.list_atto_usd == 308_333_333_333_333


@pytest.mark.parametrize(
    ("model", "usage", "expected"),
    [
        pytest.param("asked", {"input": M}, "1.005", id="due-beside-tokens"),
        pytest.param("asked", {"input": M, "requests": 3}, "1.015", id="counted"),
        pytest.param("asked", {"input": 0, "output": 0}, "0", id="nothing-was-used"),
        pytest.param("embedded", {"input_images": 2}, "0.0002", id="another-kind"),
        pytest.param("embedded", {"requests": 1}, "0.00007", id="that-kind"),
    ],
)
def test_a_fee_for_each_request_needs_no_count(
    model: str, usage: dict[str, int], expected: str
) -> None:
    assert told(priced(model=model, usage=usage)) == expected


def test_a_sum_over_calls_does_not_tell_their_number() -> None:
    assert said(priced(model="asked", operation="invoke_agent")) == "1 priced_lower_bound"


@pytest.mark.parametrize(
    ("model", "at", "currency", "expected"),
    [
        pytest.param("llama", "2026-03-01", "", "0.7236, 0.67 EUR", id="at-its-day's-rate"),
        pytest.param("llama", "2026-07-01", "", "0.8375, 0.67 EUR", id="the-next-rate"),
        pytest.param("llama", "2026-07-01", "EUR", "0.8375, 0.67 EUR", id="no-way-round"),
        pytest.param("llama", "2025-12-31", "", "no_price_at_time 0.67 EUR", id="no-rate-yet"),
        pytest.param("flat", "2026-07-01", "EUR", "2.5, 2 EUR", id="dollars-in-euros"),
        pytest.param("flat", "2025-12-31", "EUR", "2.5", id="no-second-without-a-rate"),
        pytest.param("flat", "2026-07-01", "", "2.5", id="none-asked-for"),
        pytest.param("yen", "2026-07-01", "", "no_price_at_time 150 JPY", id="another"),
    ],
)
def test_money_has_a_currency_and_a_day(
    model: str, at: str, currency: str, expected: str
) -> None:
    assert told(priced(model=model, at=instant(at), rates=EUR, currency=currency)) == expected


def test_a_missing_rate_is_named() -> None:
    answer = priced(model="llama")
    assert isinstance(answer, NotPriced)
    assert answer.reason is Reason.NO_PRICE_AT_TIME
    assert "acme/llama is priced in EUR, which has no rate of exchange" in answer.detail


def test_prices_in_two_currencies_have_no_amount_in_either_but_the_asked_one() -> None:
    usage = {"input": M, "output": M}
    assert told(priced(model="mixed", usage=usage, rates=EUR)) == "3.25"
    asked = priced(model="mixed", usage=usage, rates=EUR, currency="EUR")
    assert told(asked) == "3.25, 2.6 EUR"


def test_a_second_amount_is_rounded_once() -> None:
    """One dollar is 0.925925... euros: eighteen places, half to even."""
    answer = priced(
        usage={"input": 400_000}, at=instant("2026-03-01"), rates=EUR, currency="EUR"
    )
    assert told(answer) == "1, 0.925925925925925926 EUR"


def test_terms_without_effect_change_nothing() -> None:
    """What holds for other calls leaves the plain sum in place, not only its result."""
    usage = {"input": 7, "cache_read": 3, "output": 11}
    assert priced(times("0.5", providers=("groq",)), usage=usage) == priced(usage=usage)


def test_service_and_environment_fill_no_memo_that_needs_them_not() -> None:
    plain = PriceTable(LISTED, "t")
    asks = PriceTable(LISTED, "t", None, Terms((times("0.5", services=("s1",)),)))
    for i in range(50):
        asked = Question("flat", provider="openai", service=f"s{i}", environment=f"e{i}")
        plain.find(asked)
        asks.find(asked)
    assert plain.remembered == 1
    assert asks.remembered == 50


@pytest.mark.parametrize(
    ("classes", "usage", "expected"),
    [
        pytest.param({"output"}, {"reasoning": M}, "5 of 10 priced", id="lent-by-its-parent"),
        pytest.param({"reasoning"}, {"reasoning": M}, "5 of 10 priced", id="the-class-itself"),
        pytest.param({"reasoning"}, {"output": M}, "10 priced", id="not-the-parent"),
        pytest.param({"input"}, {"cache_read": M}, "1.25 priced", id="a-price-of-its-own"),
        pytest.param(
            {"input"}, {"cache_write": M}, "1.25 of 2.5 priced_fallback", id="a-doubt-stays"
        ),
        pytest.param(
            {"cache_read"}, {"cache_read_image": M}, "0.625 of 1.25 priced", id="two-steps-up"
        ),
        pytest.param({"input"}, {"cache_read_image": M}, "1.25 priced", id="past-the-lender"),
    ],
)
def test_a_factor_reaches_what_its_class_lends_a_rate(
    classes: set[str], usage: dict[str, int | Decimal], expected: str
) -> None:
    answer = priced(times("0.5", classes=frozenset(classes)), usage=usage)
    assert isinstance(answer, Quote)
    assert f"{told(answer)} {answer.status}" == expected
    plain = priced(usage=usage)
    assert isinstance(plain, Quote)
    assert plain.status == answer.status


def test_an_agreed_price_is_as_certain_for_reasoning_as_a_listed_one() -> None:
    answer = priced(prices(output="4"), usage={"reasoning": M})
    assert isinstance(answer, Quote)
    assert (told(answer), answer.status) == ("4 of 10", "priced")


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param("2026-01-01", "0.000000000000000009", id="first-moment"),
        pytest.param("2026-06-30", "0.000000000000000009", id="last-day"),
        pytest.param("2026-07-01", "0.000000000000000005", id="next-rate"),
        pytest.param("2025-12-31", "", id="before-any"),
    ],
)
def test_a_charge_in_dollars_has_an_amount_by_the_rate_of_its_moment(
    day: str, expected: str
) -> None:
    rates = (
        Exchange("EUR", 11, 10, instant("2026-01-01"), instant("2026-07-01")),
        Exchange("EUR", 2, 1, instant("2026-07-01")),
        Exchange("GBP", 5, 4),
    )
    assert Terms((), rates, "EUR").beside(10, instant(day)) == expected
    assert not Terms((), rates).beside(10, instant(day))


@given(st.integers(0, 10**24))
def test_such_an_amount_is_that_of_a_computed_cost(atto: int) -> None:
    rate = Exchange("EUR", 27, 25)
    answer = priced(usage={"input": atto}, rates=(rate,), currency="EUR")
    assert isinstance(answer, Quote)
    assert Terms((), (rate,), "EUR").beside(answer.atto_usd, NOW) == answer.amount
