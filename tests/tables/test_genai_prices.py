"""genai-prices' module read as syntax: history, variants, and which ids a match names."""

import pytest

from pricing.tables.making import genai_prices

MODULE = b"""
providers: list[Provider] = [
    Provider(id='demo', name='Demo', api_pattern='x', models=[
        ModelInfo(
            id='demo-1',
            match=ClauseOr(or_=[ClauseEquals(equals='demo-1'), ClauseEquals(equals='demo-one'),
                                ClauseStartsWith(starts_with='demo-1-2026-')]),
            prices=[
                ConditionalPrice(prices=ModelPrice(input_mtok=Decimal('2'), output_mtok=Decimal('8'))),
                ConditionalPrice(
                    constraint=StartDateConstraint(start_date=datetime.date(2026, 9, 1)),
                    prices=ModelPrice(
                        input_mtok=TieredPrices(base=Decimal('1'), tiers=[Tier(start=200000, price=Decimal('2'))]),
                        output_mtok=Decimal('4'),
                    ),
                ),
            ],
            price_variants=[PriceVariant(
                when={'processing': 'batch'},
                constraint=StartDateConstraint(start_date=datetime.date(2026, 10, 14)),
                prices=ModelPrice(input_mtok=Decimal('0.5'), output_mtok=Decimal('2')),
            )],
        ),
    ]),
]
"""


def test_periods_are_half_open_and_follow_each_other() -> None:
    book, _ = genai_prices.read(MODULE, "g")
    spans = [(period.start, period.end) for period in book["demo", "demo-1"].periods]
    assert spans == [("", "2026-09-01"), ("2026-09-01", "")]


def test_a_variant_holds_from_the_first_day_of_its_standard_price() -> None:
    book, _ = genai_prices.read(MODULE, "g")
    first, second = book["demo", "demo-1"].periods
    batch = (("batch", "true"),)
    assert batch not in first.grid
    assert str(second.grid[batch]["input"].amount) == "0.5"


def test_a_tier_holds_only_what_it_changes() -> None:
    book, _ = genai_prices.read(MODULE, "g")
    tier = book["demo", "demo-1"].periods[1].grid[("context_over", "200000"),]
    assert {name: str(price.amount) for name, price in tier.items()} == {"input": "2"}


def test_ids_named_in_full_are_models_and_open_matches_are_not() -> None:
    book, _ = genai_prices.read(MODULE, "g")
    assert sorted(book) == [("demo", "demo-1"), ("demo", "demo-one")]


@pytest.mark.parametrize(
    ("clause", "model", "answer"),
    [
        ({"_": "ClauseEquals", "equals": "GPT-4o"}, "gpt-4o", True),
        ({"_": "ClauseStartsWith", "starts_with": "gpt-4"}, "gpt-4o", True),
        ({"_": "ClauseEndsWith", "ends_with": "mini"}, "gpt-4o", False),
        ({"_": "ClauseContains", "contains": "4o"}, "gpt-4o", True),
        ({"_": "ClauseRegex", "regex": r"^gpt-\d$"}, "gpt-4o", False),
    ],
)
def test_clauses(clause: dict[str, str], model: str, *, answer: bool) -> None:
    assert genai_prices.matches(clause, model) is answer
