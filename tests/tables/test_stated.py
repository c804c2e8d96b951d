"""A statement of a source that the tables do not repeat is found, unless it is explained."""

from decimal import Decimal

import pytest

from pricing.tables.making import stated
from pricing.tables.making.lines import Line, Sheet
from pricing.tables.making.reading import Tables
from pricing.tables.making.rows import Book, Entry, Period, Price, When

TODAY = "2026-11-23"
NOTHING: set[tuple[str, str]] = set()


def source(amount: str, condition: When = ()) -> Book:
    grid = {condition: {"input": Price(Decimal(amount))}}
    return {("p", "m"): Entry("p", "m", "chat", [Period("", "", grid)])}


def tables(*lines: Line, model: str = "m", aliases: tuple[str, ...] = ()) -> Tables:
    return {"p": {model: Sheet(model, "chat", list(aliases), [], list(lines))}}


def line(price: str, end: str = "") -> Line:
    return Line(end=end, prices=(("input", price),), source="s", checked=TODAY)


@pytest.mark.parametrize(
    ("said", "found", "known", "problems"),
    [
        pytest.param(source("2.5"), tables(line("2.5")), NOTHING, 0, id="repeated"),
        pytest.param(source("2.5"), tables(line("2.50")), NOTHING, 0, id="same-figure"),
        pytest.param(source("2.5"), tables(line("2500")), NOTHING, 1, id="wrong-unit"),
        pytest.param(source("2.5"), tables(line("3")), {("p", "m")}, 0, id="explained"),
        pytest.param(
            source("2.5"),
            tables(line("2.5"), model="x", aliases=("m",)),
            NOTHING,
            0,
            id="alias",
        ),
        pytest.param(
            source("2.5"), tables(line("2.5"), model="x"), NOTHING, 1, id="no-such-model"
        ),
        pytest.param(
            source("2.5"), tables(line("2.5", end="2026-01-01")), NOTHING, 1, id="ended"
        ),
        pytest.param(
            source("2.5", (("batch", "true"),)), tables(line("2.5")), NOTHING, 1, id="no-tier"
        ),
    ],
)
def test_a_statement_is_repeated_or_explained(
    said: Book, found: Tables, known: set[tuple[str, str]], problems: int
) -> None:
    assert len(list(stated.unrepeated(said, found, known, TODAY))) == problems
