"""Sources over one another, row by row: what a later one says holds, what it leaves open stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing import NotPriced, Question
from pricing.rows import Entry, Row, instant
from pricing.stacking import over
from tests.pricing.tables import NOW, table

if TYPE_CHECKING:
    from pricing import PriceTable

BELOW = """
genai-cost: 1
providers:
  openai:
    models:
      gpt-4o:
        rows:
          - {to: 2026-01-01, prices: {input: 5, output: 15}}
          - {from: 2026-01-01, prices: {input: 2.5, cache_read: 1.25, output: 10}}
          - {when: {batch: true}, prices: {input: 1.25, output: 5}}
          - {when: {context_over: 1000}, prices: {input: 4, output: 20}}
      gpt-4o-2024-08-06: {prices: {input: 2.5, output: 10}}
      gpt-4o-mini: {prices: {input: 0.15, output: 0.6}}
"""


def stacked(model: str) -> PriceTable:
    own = f"genai-cost: 1\nproviders: {{openai: {{models: {{gpt-4o: {model}}}}}}}"
    return table(BELOW, own)


def dollars(
    prices: PriceTable,
    model: str = "gpt-4o",
    at: int = NOW,
    *,
    batch: bool = False,
    n: int = 1000,
) -> float | str:
    """What a million tokens in and as many out come to by the rates of a call of `n` tokens."""
    question = Question(model, request_model="gpt-4o", provider="openai", batch=batch)
    quote = prices.quote(question, {"input": n, "output": n}, at)
    return quote.reason if isinstance(quote, NotPriced) else quote.atto_usd / 10**12 / n


OWN = "{prices: {input: 2, output: 8}}"


@pytest.mark.parametrize(
    ("model", "asked", "at", "batch", "n", "expected"),
    [
        pytest.param(OWN, "gpt-4o", NOW, False, 1000, 10, id="own-row"),
        pytest.param(OWN, "gpt-4o", instant("2025-06-01"), False, 1000, 10, id="own-row-then"),
        pytest.param(OWN, "gpt-4o", NOW, True, 1000, 6.25, id="their-batch"),
        pytest.param(OWN, "gpt-4o", NOW, False, 1001, 24, id="their-threshold"),
        pytest.param(
            OWN, "gpt-4o-2024-08-06", NOW, False, 1000, 10, id="own-row-of-a-snapshot"
        ),
        pytest.param(OWN, "gpt-4o-mini", NOW, False, 1000, 0.75, id="never-a-sibling"),
        pytest.param(
            "{whole: true, prices: {input: 2, output: 8}}",
            "gpt-4o",
            NOW,
            True,
            1000,
            10,
            id="whole",
        ),
        pytest.param(
            "{rows: [{from: 2026-12-01, prices: {input: 2, output: 8}}]}",
            "gpt-4o",
            NOW,
            False,
            1000,
            12.5,
            id="theirs-until-ours-begins",
        ),
        pytest.param(
            "{rows: [{from: 2026-12-01, prices: {input: 2, output: 8}}]}",
            "gpt-4o",
            instant("2026-12-01"),
            False,
            1000,
            10,
            id="ours-from-its-first-moment",
        ),
        pytest.param(
            "{rows: [{from: 2025-03-01, to: 2025-04-01, prices: {input: 2, output: 8}}]}",
            "gpt-4o",
            instant("2025-05-01"),
            False,
            1000,
            20,
            id="theirs-again-after-ours",
        ),
        pytest.param(
            "{rows: [{when: {batch: true}, prices: {input: 1, output: 1}}]}",
            "gpt-4o",
            NOW,
            False,
            1000,
            12.5,
            id="a-row-of-ours-for-other-calls",
        ),
    ],
)
def test_a_later_source_wins_row_by_row(  # noqa: PLR0917
    model: str,
    asked: str,
    at: int,
    batch: bool,  # noqa: FBT001
    n: int,
    expected: float,
) -> None:
    assert dollars(stacked(model), asked, at, batch=batch, n=n) == expected


def test_a_source_without_providers_lies_over_one_with_them() -> None:
    own = '{"chat": {"gpt-4o": {"promptPrice": 0.002, "completionPrice": 0.008}}}'
    assert dollars(table(BELOW, own)) == 10
    assert dollars(table(BELOW, own), batch=True) == 6.25


GENAI_PRICES = """
- id: openai
  models:
    - {id: gpt-4o, match: {equals: gpt-4o}, prices: {input_mtok: 2, output_mtok: 8}}
"""
LITELLM = """{"gpt-4o": {"litellm_provider": "openai", "mode": "chat",
 "input_cost_per_token": 2e-6, "output_cost_per_token": 8e-6}}"""


@pytest.mark.parametrize("live", [GENAI_PRICES, LITELLM], ids=["genai-prices", "litellm"])
@pytest.mark.parametrize(
    ("usage", "batch", "dollars_per_m"),
    [
        pytest.param({"input": 1000, "output": 1000}, False, 10, id="its-own"),
        pytest.param({"input": 1001, "output": 1001}, False, 10, id="a-threshold-it-dropped"),
        pytest.param({"input": 1000, "output": 1000}, True, 6.25, id="a-batch-it-cannot-say"),
        pytest.param(
            {"input": 1000, "cache_read": 1000},
            False,
            4,
            id="a-class-it-dropped-costs-its-parent",
        ),
        pytest.param(
            {"input": 2000, "cache_read": 2000}, False, 4, id="also-above-the-threshold"
        ),
    ],
)
def test_what_a_published_table_dropped_is_not_brought_back(
    live: str,
    usage: dict[str, int],
    batch: bool,  # noqa: FBT001
    dollars_per_m: float,
) -> None:
    thrice = BELOW.replace("input: 4,", "input: 4, cache_read: 3,")
    question = Question("gpt-4o", provider="openai", batch=batch)
    quote = table(thrice, live).quote(question, usage, NOW)
    assert not isinstance(quote, NotPriced)
    assert quote.atto_usd / 10**12 / max(usage.values()) == dollars_per_m


def test_a_row_of_the_operators_leaves_the_thresholds_of_the_table_in_the_middle() -> None:
    own = f"genai-cost: 1\nproviders: {{openai: {{models: {{gpt-4o: {OWN}}}}}}}"
    steps = "input_mtok: {base: 3, tiers: [{start: 1000, price: 6}]}"
    live = GENAI_PRICES.replace("input_mtok: 2", steps)
    assert dollars(table(BELOW, live, own)) == 10
    assert dollars(table(BELOW, live, own), n=1001) == 14, "the middle's 6, and 8 that is ours"


TIMES = st.none() | st.integers(0, 8)


def rows(source: str) -> st.SearchStrategy[list[Row]]:
    def made(times: tuple[int | None, int | None]) -> Row:
        since, until = times
        if since is not None and until is not None and until <= since:
            since, until = until, since + 1
        return Row({}, since, until, source=source)

    return st.lists(st.tuples(TIMES, TIMES).map(made), max_size=4)


def in_force(some: tuple[Row, ...] | list[Row], at: int) -> bool:
    return any(
        (row.since is None or row.since <= at) and (row.until is None or at < row.until)
        for row in some
    )


@settings(deadline=None)
@given(rows("top"), rows("below"), st.integers(-1, 10))
def test_at_each_moment_the_rows_below_hold_where_none_above_does(
    top: list[Row], below: list[Row], at: int
) -> None:
    both = over(Entry("p", "m", tuple(top)), Entry("p", "m", tuple(below))).rows
    ours = [row for row in both if row.source == "top"]
    theirs = [row for row in both if row.source == "below"]
    assert ours == top
    assert in_force(theirs, at) is (in_force(below, at) and not in_force(top, at))
