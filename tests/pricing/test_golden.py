"""The shared golden costs, where they are: exact, all of them."""

from __future__ import annotations

import pytest

from pricing import PriceBook
from tests.pricing.golden_runner import DEFAULT, UNSETTLED, cases, judge

pytestmark = pytest.mark.skipif(not DEFAULT.exists(), reason=f"no golden costs at {DEFAULT}")


def test_golden_costs_are_exact() -> None:
    book = PriceBook()
    assert book.reload(0.0).result == "changed"
    verdicts = [judge(case, book.current) for case in cases(DEFAULT)]
    wrong = [v for v in verdicts if not v.exact and v.name not in UNSETTLED]
    assert not wrong, "\n".join(f"{v.name}: {v.said}" for v in wrong)
