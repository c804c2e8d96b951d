"""docs/performance.md says what was measured, and nothing else: its tables are those that the results make."""

from __future__ import annotations

import re

from tests.bench.page import PAGE, RESULTS, filled, results
from tests.bench.page_tables import TABLES

TEXT = PAGE.read_text()


def test_the_tables_are_those_of_the_results() -> None:
    assert filled(TEXT, results()) == TEXT, "make bench-page"


def test_every_table_that_can_be_made_is_on_the_page() -> None:
    assert set(re.findall(r"<!-- bench: (\S+) -->", TEXT)) == set(TABLES)


def test_every_chart_on_the_page_is_there() -> None:
    named = set(re.findall(r"\(performance/(\S+\.svg)\)", TEXT))
    assert named == {file.name for file in RESULTS.glob("*.svg")}
