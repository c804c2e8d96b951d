"""What the operator agreed on: adjustments and rates of exchange, read exactly, wrong ones by name."""

from __future__ import annotations

import pytest

from pricing import Adjustment, Exchange, Terms
from pricing.rates import Rate
from pricing.rows import Fact, instant
from tests.settings.texts import cost, problem, read


def terms(block: str) -> Terms:
    return read(cost(f"{{pricing: {{{block}}}}}")).pricing.terms


def rule(block: str) -> Adjustment:
    (only,) = terms(
        f"currency: {{rates: {{EUR: 1.08}}}}, adjustments: [{{{block}}}]"
    ).adjustments
    return only


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        pytest.param(
            "provider: openai, multiplier: 0.78",
            Adjustment(providers=("openai",), numerator=39, denominator=50),
            id="discount",
        ),
        pytest.param(
            "provider: [azure, Bedrock], multiplier: '1.055'",
            Adjustment(
                providers=("azure.ai.openai", "aws.bedrock"), numerator=211, denominator=200
            ),
            id="spellings-of-providers",
        ),
        pytest.param(
            "model: GPT-5*, service: [Checkout], environment: prod, multiplier: 2",
            Adjustment(
                models=("gpt-5*",), services=("checkout",), environments=("prod",), numerator=2
            ),
            id="for-whom",
        ),
        pytest.param(
            "from: 2026-01-01, to: 2026-07-01T16:00:00Z, multiplier: 1",
            Adjustment(since=instant("2026-01-01"), until=instant("2026-07-01T16:00:00Z")),
            id="dated",
        ),
        pytest.param(
            "prices: {input: 2, output: 1 EUR}",
            Adjustment(
                prices=(
                    ("input", Rate(2 * 10**12)),
                    ("output", Rate(10**12, currency="EUR")),
                )
            ),
            id="prices",
        ),
        pytest.param("fixed: 0.001", Adjustment(fixed=Rate(10**15)), id="fixed"),
        pytest.param(
            "multiplier: 0.5, classes: [input, cache_read]",
            Adjustment(denominator=2, classes=frozenset({"input", "cache_read"})),
            id="classes",
        ),
        pytest.param(
            "when: {region: '!us', service_tier: [priority, default]}, multiplier: 3",
            Adjustment(
                facts=(
                    Fact("region", frozenset({"us"}), negated=True),
                    Fact("service_tier", frozenset({"priority", "standard"})),
                ),
                numerator=3,
            ),
            id="facts",
        ),
    ],
)
def test_an_adjustment_is_what_it_says(block: str, expected: Adjustment) -> None:
    assert rule(block) == expected


def test_rates_hold_until_the_next_one() -> None:
    read_back = terms(
        "currency: {code: EUR, rates: {GBP: 1.3, EUR: ["
        "{from: 2026-01-01, usd: 1.08}, {from: 2026-07-01, usd: 1.1025}]}}"
    )
    first, second = instant("2026-01-01"), instant("2026-07-01")
    assert read_back.currency == "EUR"
    assert read_back.rates == (
        Exchange("GBP", 13, 10),
        Exchange("EUR", 27, 25, first, second),
        Exchange("EUR", 441, 400, second, None),
    )


def test_a_number_never_passes_through_a_double() -> None:
    exact = rule("multiplier: 0.10000000000000000000001")
    assert (exact.numerator, exact.denominator) != (0.1).as_integer_ratio()
    assert exact.numerator * 10**23 == exact.denominator * (10**22 + 1)


def test_dollars_are_no_second_currency() -> None:
    assert terms("currency: {code: USD}, adjustments: []") == Terms()


def test_a_currency_without_a_rate_is_worth_a_warning() -> None:
    (warning,) = read(cost("{pricing: {currency: {code: EUR}}}")).warnings
    assert warning.endswith("only prices in EUR have an amount in it; add rates.EUR")


@pytest.mark.parametrize(
    ("block", "words"),
    [
        pytest.param("adjustments: 3", "adjustments: is not a list", id="no-list"),
        pytest.param("adjustments: [{provider: openai}]", "has to have one of", id="nothing"),
        pytest.param(
            "adjustments: [{multiplier: 2, fixed: 1}]", "has to have one of", id="two-things"
        ),
        pytest.param("adjustments: [{multiplier: 0}]", "is `0`; write a number", id="zero"),
        pytest.param("adjustments: [{multiplier: -1}]", "is `-1`; write a", id="negative"),
        pytest.param(
            "adjustments: [{multiplier: 78}]",
            "which is no discount and no mark-up",
            id="per-cent",
        ),
        pytest.param(
            "adjustments: [{multiplier: 0.0022}]",
            "which is no discount and no mark-up",
            id="slipped",
        ),
        pytest.param(
            "adjustments: [{prices: {input: 1 EUR}}]",
            "adjustments[0].prices: input is in EUR, which has no rate; add `EUR:`",
            id="price-without-rate",
        ),
        pytest.param("adjustments: [{fixed: 1 EUR}]", "fixed", id="fee-without-rate"),
        pytest.param("adjustments: [{multiplier: true}]", "is `true`; write a", id="boolean"),
        pytest.param("adjustments: [{multiplier: 1e99}]", "write a number", id="absurd"),
        pytest.param(
            "adjustments: [{multiplier: 1, provder: x}]", "did you mean `provider`?", id="typo"
        ),
        pytest.param(
            "adjustments: [{prices: {inptu: 1}}]", "did you mean `input`?", id="class-typo"
        ),
        pytest.param("adjustments: [{prices: {input: -1}}]", "negative", id="negative-price"),
        pytest.param("adjustments: [{prices: {input: 99999}}]", "is the unit", id="outsize"),
        pytest.param("adjustments: [{fixed: 5000}]", "is the unit right", id="outsize-fixed"),
        pytest.param(
            "adjustments: [{prices: {input: 1}, classes: [input]}]",
            "classes: goes with `multiplier:`",
            id="classes-of-prices",
        ),
        pytest.param(
            "adjustments: [{multiplier: 2, from: 2026-02-01, to: 2026-01-01}]",
            "to: ends before it begins",
            id="backwards",
        ),
        pytest.param(
            "adjustments: [{multiplier: 2, from: soon}]", "is no date or instant", id="no-date"
        ),
        pytest.param(
            "adjustments: [{multiplier: 2, when: {regoin: eu}}]",
            "did you mean `region`?",
            id="fact-typo",
        ),
        pytest.param("currency: {code: euro}", "write its three letters", id="code"),
        pytest.param("currency: {rates: {USD: 1}}", "leave it out", id="dollars"),
        pytest.param("currency: {rates: {EUR: 0}}", "above 0", id="worthless"),
        pytest.param("currency: {rates: 3}", "is not a mapping", id="rates"),
        pytest.param(
            "currency: {rates: {EUR: [{usd: 1}]}}", "needs `from:` and `usd:`", id="undated"
        ),
        pytest.param(
            "currency: {rates: {EUR: [{from: 2026-02-01, usd: 1}, {from: 2026-01-01, usd: 1}]}}",
            "days in order",
            id="out-of-order",
        ),
    ],
)
def test_what_cannot_be_is_said(block: str, words: str) -> None:
    assert words in problem(cost(f"{{pricing: {{{block}}}}}"))
