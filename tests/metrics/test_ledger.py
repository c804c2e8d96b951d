"""The books: exact in any order, bounded, and nothing lost at the bound."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.metrics.instruments import BOUNDS_ATTO, BOUNDS_USD, OVERFLOW
from processor.metrics.ledger import Ledger
from processor.metrics.totals import NOTHING, Totals
from processor.model import Charge, Source, Status
from tests.metrics.calls import LAW, NOW, USD, charge, labels, unpriced

CHARGES = st.lists(
    st.builds(
        Charge,
        labels=st.builds(
            labels,
            st.sampled_from([f"model-{n}" for n in range(6)]),
            source=st.sampled_from(["", *Source]),
        ),
        status=st.sampled_from(Status),
        atto_usd=st.integers(0, 200 * USD),
        classes=st.just(("input", "output")),
        counts=st.lists(st.integers(0, 10**6), min_size=2, max_size=2),
        end_unix_ns=st.just(NOW),
        trace_id=st.just(b""),
        span_id=st.just(b""),
    ),
    max_size=30,
)


def books(*groups: list[Charge], limit: int = 2000) -> Ledger:
    ledger = Ledger(cardinality_limit=limit)
    for group in groups:
        ledger.add(group, NOW)
    return ledger


def by_attributes(ledger: Ledger) -> dict[object, Totals]:
    return {one.attributes: one.totals() for one in ledger.accounts}


def whole(ledger: Ledger) -> Totals:
    return reduce(Totals.plus, (one.totals() for one in ledger.accounts), NOTHING)


@LAW
@given(CHARGES.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_any_order_gives_the_same_totals(orders: tuple[list[Charge], list[Charge]]) -> None:
    one, other = orders
    assert by_attributes(books(one)) == by_attributes(books(other))


@LAW
@given(CHARGES, CHARGES)
def test_any_grouping_gives_the_same_totals(one: list[Charge], other: list[Charge]) -> None:
    assert by_attributes(books(one, other)) == by_attributes(books([*one, *other]))


@LAW
@given(CHARGES, st.integers(1, 5))
def test_label_sets_never_exceed_the_limit_and_totals_are_conserved(
    some: list[Charge], limit: int
) -> None:
    bounded = books(some, limit=limit)
    assert len(bounded.accounts) <= limit
    assert whole(bounded) == whole(books(some))


@LAW
@given(CHARGES)
def test_the_books_hold_what_was_charged(some: list[Charge]) -> None:
    total = whole(books(some))
    assert total.atto_usd == sum(one.atto_usd for one in some if one.labels.source)
    assert sum(total.calls) == sum(1 for one in some if one.labels.source)
    assert total.spans == Counter(one.status for one in some)


def test_ten_million_calls_of_a_ten_millionth_dollar_are_a_dollar() -> None:
    """A thousand of them are added; adding integers is what makes the rest a multiplication."""
    ledger = books([charge(usd="0.0000001")] * 1000)
    assert ledger.accounts[0].atto_usd * 10_000 == USD
    assert sum([1e-7] * 10_000) * 1000 != 1.0, "a float would have drifted long before"


def test_the_overflow_has_one_attribute_and_counts_its_spans() -> None:
    ledger = books([charge(labels(f"model-{n}")) for n in range(5)], limit=3)
    assert ledger.accounts[-1].attributes == ((OVERFLOW, "true"),)
    assert ledger.overflowed == 3


def test_a_label_set_seen_before_the_limit_keeps_its_own_sums() -> None:
    ledger = books([charge(labels(f"model-{n}")) for n in (0, 1, 2, 3, 0)], limit=3)
    assert ledger.accounts[0].spans[Status.PRICED] == 2


def test_what_no_point_carries_makes_no_second_writer_of_a_series() -> None:
    """A dimension of the name of a fixed attribute is left out, however often its value differs."""
    ledger = Ledger(dimensions=("service.name",))
    ledger.add([charge(labels(dimensions=(value,))) for value in ("a", "b")], NOW)
    assert len(ledger.accounts) == 1
    assert ledger.accounts[0].atto_usd == 2 * charge().atto_usd


def test_an_unpriced_span_is_counted_and_has_no_cost() -> None:
    totals = books([unpriced()]).accounts[0].totals()
    assert (totals.calls, totals.spans) == ((), {"unknown_model": 1})


def test_a_free_call_has_a_cost_of_nothing() -> None:
    totals = books([charge(usd="0")]).accounts[0].totals()
    assert (totals.atto_usd, totals.calls[0]) == (0, 1)


def test_a_model_is_seen_first_once() -> None:
    ledger = Ledger()
    ledger.add([charge(labels("m", dimensions=()))], NOW)
    ledger.add([charge(labels("m", source=Source.REPORTED))], NOW + 1)
    assert [model.first_seen_unix_ns for model in ledger.models()] == [NOW]


def test_a_span_that_names_no_model_is_no_model() -> None:
    assert books([unpriced(model="")]).models() == []


def test_the_two_forms_of_the_bounds_agree() -> None:
    assert [Fraction(bound, USD) for bound in BOUNDS_ATTO] == [
        Fraction(str(bound)) for bound in BOUNDS_USD
    ]


@pytest.mark.parametrize(
    ("usd", "bucket"),
    [
        pytest.param("0.00001", 0, id="on-the-first-bound"),
        pytest.param("0.000010000000000001", 1, id="an-atto-above-it"),
        pytest.param("100", 14, id="on-the-last-bound"),
        pytest.param("101", 15, id="above-all"),
    ],
)
def test_a_bound_belongs_to_the_bucket_below_it(usd: str, bucket: int) -> None:
    assert books([charge(usd=usd)]).accounts[0].totals().calls[bucket] == 1
