"""genai-prices' dated lists: the last that is active decides alone, whatever the earlier ones had.

Figures by hand, and, where the package is installed, its own answers to generated lists.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing import NotPriced, Question
from pricing.formats import detect
from pricing.formats.superseded import Times, daily, left
from pricing.rows import instant
from pricing.table import PriceTable

M = 1_000_000
FIRST = {
    "input_mtok": {"base": 3, "tiers": [{"start": 200_000, "price": 6}]},
    "cache_read_mtok": 0.3,
    "output_mtok": 15,
}
SECOND = {"constraint": {"start_date": "2026-09-01"}, "prices": {"input_mtok": 2}}
THIRD = {"constraint": {"start_date": "2026-10-01"}, "prices": {"input_mtok": 1}}
NIGHT = {
    "constraint": {"start_time": "22:00", "end_time": "06:00"},
    "prices": {"input_mtok": 0.5},
}
BATCH = {"when": {"processing": "batch"}, "prices": {"input_mtok": 1.5}}


def table(prices: object, variants: list[object] | None = None) -> PriceTable:
    """A table of one model of nobody's."""
    model = {"id": "demo-1", "match": {"equals": "demo-1"}, "prices": prices}
    model |= {"price_variants": variants} if variants else {}
    provider = [{"id": "demo", "name": "Demo", "api_pattern": "x", "models": [model]}]
    return PriceTable((detect.read(json.dumps(provider).encode(), "f.json").layer,), "t")


def dollars(prices: PriceTable, at: str, *, batch: bool = False, **usage: int) -> str:
    question = Question("demo-1", provider="demo", batch=batch)
    quote = prices.quote(question, usage, instant(at))
    return "unpriced" if isinstance(quote, NotPriced) else str(Decimal(quote.atto_usd) / 10**18)


@pytest.mark.parametrize(
    ("later", "at", "usage", "expected"),
    [
        pytest.param(
            [SECOND], "2026-08-31T23:59:59Z", {"cache_read": M}, "0.3", id="cache-before"
        ),
        pytest.param(
            [SECOND], "2026-09-01", {"cache_read": M}, "2", id="a-dropped-cache-price"
        ),
        pytest.param([SECOND], "2026-08-01", {"input": 300_000}, "1.8", id="tier-before"),
        pytest.param([SECOND], "2026-09-01", {"input": 300_000}, "0.6", id="a-dropped-tier"),
        pytest.param([SECOND], "2026-09-01", {"output": M}, "unpriced", id="a-dropped-class"),
        pytest.param([SECOND, THIRD], "2026-09-30", {"input": M}, "2", id="second"),
        pytest.param([SECOND, THIRD], "2026-10-01", {"input": M}, "1", id="third"),
        pytest.param(
            [THIRD, SECOND], "2026-10-01", {"input": M}, "2", id="the-last-of-the-list"
        ),
        pytest.param([NIGHT], "2026-10-01T23:00:00Z", {"cache_read": M}, "0.5", id="night"),
        pytest.param(
            [NIGHT], "2026-10-01T05:59:00Z", {"input": 300_000}, "0.15", id="night-tier"
        ),
        pytest.param([NIGHT], "2026-10-01T06:00:00Z", {"cache_read": M}, "0.3", id="day"),
        pytest.param(
            [NIGHT, THIRD], "2026-10-01T23:00:00Z", {"input": M}, "1", id="night-ended"
        ),
        pytest.param(
            [NIGHT, THIRD], "2026-09-30T23:00:00Z", {"input": M}, "0.5", id="night-once"
        ),
        pytest.param(
            [THIRD, NIGHT], "2026-10-02T23:00:00Z", {"input": M}, "0.5", id="night-last"
        ),
        pytest.param([THIRD, NIGHT], "2026-10-02T12:00:00Z", {"input": M}, "1", id="day-dated"),
    ],
)
def test_the_last_active_list_decides_alone(
    later: list[object], at: str, usage: dict[str, Any], expected: str
) -> None:
    assert dollars(table([{"prices": FIRST}, *later]), at, **usage) == expected


@pytest.mark.parametrize(
    ("variants", "at", "usage", "expected"),
    [
        pytest.param(
            [BATCH], "2026-10-01", {"input": 300_000}, "0.45", id="over-the-lists-tier"
        ),
        pytest.param(
            [BATCH], "2026-10-01", {"cache_read": M}, "0.3", id="what-it-does-not-say"
        ),
        pytest.param(
            [{**BATCH, **SECOND}, BATCH],
            "2026-10-01",
            {"input": 100_000},
            "0.2",
            id="first-wins",
        ),
        pytest.param(
            [{**BATCH, **SECOND}, BATCH],
            "2026-08-01",
            {"input": 100_000},
            "0.15",
            id="before-it",
        ),
    ],
)
def test_the_first_active_variant_decides_class_by_class(
    variants: list[object], at: str, usage: dict[str, int], expected: str
) -> None:
    assert dollars(table(FIRST, variants), at, batch=True, **usage) == expected


def test_what_is_left_of_a_day() -> None:
    night = daily(22 * 60, 6 * 60)
    assert left(Times(), [night]) == Times(minutes=((6 * 60, 22 * 60),))
    assert left(night, [daily(0, 24 * 60 - 1), daily(23 * 60 + 59, 0)]) is None
    assert left(Times(5), [Times(5)]) is None
    assert left(Times(), [daily(60, 60)]) == Times()


amounts = st.integers(1, 9_000)
dates = st.dates(date(2026, 1, 1), date(2026, 1, 9))
clocks = st.times().map(lambda t: t.replace(second=0, microsecond=0, minute=t.minute % 2 * 30))
lists = st.lists(
    st.tuples(
        st.one_of(dates, st.tuples(clocks, clocks), st.none()), amounts, st.none() | amounts
    ),
    min_size=1,
    max_size=5,
)


def stated(constraint: Any) -> dict[str, str] | None:
    """A constraint as the file has it."""
    if constraint is None:
        return None
    if isinstance(constraint, date):
        return {"start_date": constraint.isoformat()}
    begin, end = constraint
    return {"start_time": begin.isoformat(), "end_time": end.isoformat()}


@settings(max_examples=150, deadline=None)
@given(lists, st.datetimes(datetime(2025, 12, 30), datetime(2026, 1, 12)))  # noqa: DTZ001
def test_the_package_itself_says_the_same(given_lists: list[Any], at: datetime) -> None:
    types: Any = pytest.importorskip(
        "genai_prices.types", reason="genai-prices is not installed"
    )

    def made(constraint: Any) -> Any:
        if constraint is None or isinstance(constraint, date):
            return constraint and types.StartDateConstraint(start_date=constraint)
        begin, end = (clock.replace(tzinfo=UTC) for clock in constraint)
        return types.TimeOfDateConstraint(start_time=begin, end_time=end)

    def theirs(price: int, cache: int | None) -> Any:
        read = None if cache is None else Decimal(cache)
        return types.ModelPrice(input_mtok=Decimal(price), cache_read_mtok=read)

    conditional = [
        types.ConditionalPrice(prices=theirs(p, c), constraint=made(when))
        for when, p, c in given_lists
    ]
    model = types.ModelInfo(id="demo-1", match=types.ClauseEquals("demo-1"), prices=conditional)
    active = model.get_prices(at.replace(tzinfo=UTC))
    ours = table(
        [
            {
                "prices": {"input_mtok": p} | ({} if c is None else {"cache_read_mtok": c}),
                **({"constraint": stated(when)} if when else {}),
            }
            for when, p, c in given_lists
        ]
    )
    moment = f"{at.replace(microsecond=0).isoformat()}Z"
    expected = active.cache_read_mtok or active.input_mtok
    assert dollars(ours, moment, input=M) == str(active.input_mtok)
    assert dollars(ours, moment, cache_read=M) == str(expected)
