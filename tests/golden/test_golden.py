"""Requests of published instrumentations: what is stamped and counted, and that nothing else changes."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pytest

from pricing.money import ATTO
from tests.golden.corpus import (
    CASES,
    PRICES,
    dumped,
    frozen_prices,
    name_of,
    play,
    request_of,
    text_of,
)
from tests.service.calls import without_ours

if TYPE_CHECKING:
    from pathlib import Path

    from pricing import PriceTable

# A change of prices would rewrite every case: new models go into a table of their own.
DIGEST: Final = "6d36f779273d30ed9df4fdf64aa5c4a21f3473c5ff9ec33b4f151938b3b4c85f"
every_case = pytest.mark.parametrize("case", CASES, ids=name_of)


@pytest.fixture(scope="module")
def table() -> PriceTable:
    return frozen_prices()


def test_the_prices_are_the_frozen_ones() -> None:
    assert hashlib.sha256(PRICES.read_bytes()).hexdigest() == DIGEST
    assert len(CASES) >= 8


@every_case
def test_what_is_stamped_and_counted_is_what_was_reviewed(
    case: Path, table: PriceTable
) -> None:
    played = play(case, table)
    mend = "if the new result is right: make golden, and review the diff"
    assert dumped(played.spans) == (case / "spans.expected.json").read_text(), mend
    assert dumped(played.metrics) == (case / "metrics.expected.json").read_text(), mend


@every_case
def test_each_call_costs_once_what_the_provider_billed(case: Path, table: PriceTable) -> None:
    costs = play(case, table).costs()
    for call in json.loads((case / "billed.json").read_text()):
        found = [costs.pop(span) for span in call["spans"] if span in costs]
        if "unknowable" in call:  # the telemetry does not show what it was billed for
            assert len(found) <= 1, call
        else:
            assert found == [pytest.approx(float(call["usd"]), rel=1e-12)], call
    assert costs == {}, "a cost that no call asks for"


@every_case
def test_nothing_but_our_attributes_is_changed(case: Path, table: PriceTable) -> None:
    played = play(case, table)
    bare = without_ours(played.left.SerializeToString())
    assert bare == without_ours(played.came.SerializeToString())


@every_case
def test_the_stamps_add_up_to_the_counters(case: Path, table: PriceTable) -> None:
    played = play(case, table)
    counted = sum(Decimal(series["usd"]) for series in played.metrics)
    assert sum(played.costs().values()) == pytest.approx(float(counted), rel=1e-12)
    assert counted * ATTO == int(counted * ATTO)


@every_case
def test_a_request_is_kept_as_it_reads(case: Path) -> None:
    text = (case / "request.json").read_text()
    assert text_of(request_of(text)) == text
    assert (case / "NOTE.md").read_text().startswith("# ")
