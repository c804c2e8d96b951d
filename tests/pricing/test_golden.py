"""Golden costs: the shared ones where they are, and ours over every trap; exact, all of them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from pricing import PriceBook, PriceTable
from tests.pricing.golden_runner import DEFAULT, UNSETTLED, Case, cases, judge

OURS = Path(__file__).with_name("invented_costs.jsonl")
# Decided before a price is asked for, by the build of the tables, by the operator's terms, or told by
# no call: the test that shows each.
ELSEWHERE: dict[int, str] = {
    24: "tests.unit.test_billing:test_a_failed_call_costs_what_it_used_and_nothing_if_it_does_not_say",
    26: "tests.calls.test_settle:test_the_innermost_that_has_what_is_needed_is_billed",
    32: "tests.tables.test_against:test_rows_only_ever_gain_an_end_date",
    33: "tests.unit.test_billing:test_a_class_at_its_parents_price_is_a_fallback",
    34: "tests.dialects.test_usage:test_a_count",
    35: "tests.pricing.test_litellm_keys:test_a_misspelled_price_leaves_its_model_to_the_layers_below",
    36: "tests.pricing.test_conditions:test_a_row_holds_where_it_says",
    37: "tests.pricing.test_conditions:test_what_no_call_tells_is_no_doubt_of_a_call",
    38: "tests.pricing.test_guards:test_an_older_version_is_refused",
    39: "tests.unit.test_terms_on_spans:test_what_a_subscription_pays_for_costs_nothing_beside_its_list_price",
    41: "tests.calls.test_settle:test_a_stream_is_the_span_that_asked_and_the_note_of_its_end",
    42: "tests.pricing.test_charge:test_conditions",
}


@pytest.fixture(scope="module")
def table() -> PriceTable:
    book = PriceBook()
    assert book.reload(0.0).result == "changed"
    return book.current


@pytest.mark.skipif(not DEFAULT.exists(), reason=f"no golden costs at {DEFAULT}")
def test_golden_costs_are_exact(table: PriceTable) -> None:
    verdicts = [judge(case, table) for case in cases(DEFAULT)]
    wrong = [v for v in verdicts if not v.exact and v.name not in UNSETTLED]
    assert not wrong, "\n".join(f"{v.name}: {v.said}" for v in wrong)


@pytest.mark.parametrize("case", cases(OURS), ids=lambda case: case["id"])
def test_invented_costs_are_exact(case: Case, table: PriceTable) -> None:
    """Hand arithmetic on published prices: `terms` has it, term by term."""
    verdict = judge(case, table)
    assert verdict.exact, verdict.said


def test_every_trap_of_a_single_call_has_a_case() -> None:
    assert {case["trap"] for case in cases(OURS)} == set(range(1, 44)) - ELSEWHERE.keys()


@pytest.mark.parametrize("place", ELSEWHERE.values(), ids=str)
def test_every_other_trap_has_its_test(place: str) -> None:
    module, _, name = place.partition(":")
    assert callable(getattr(import_module(module), name))
