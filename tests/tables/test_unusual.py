"""A thousandfold error in any price of the tables is seen, whichever row and class it is in."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from pricing import compact
from pricing.tables.making import checks, licences, unusual
from pricing.tables.making.rows import ORDER
from pricing.usage import CLASSES
from tests.tables.test_files import HERE, TABLES


@pytest.mark.parametrize("slip", [Decimal(1000), Decimal("0.001")], ids=["times", "divided-by"])
def test_every_single_price_is_seen_when_its_unit_slips(slip: Decimal) -> None:
    known = unusual.listed()
    prices = [(place, figure) for place, figure in checks.figures(TABLES) if figure]
    missed = [
        place for place, figure in prices if not unusual.doubt(place, figure * slip, known)
    ]
    assert len(prices) > 20_000
    assert missed == []


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o"),
        ("openai", "o1-pro"),
        ("groq", "whisper-large-v3"),
        ("cohere", "rerank-v3.5"),
    ],
)
def test_the_check_says_so_for_a_whole_row(provider: str, model: str) -> None:
    sheet = TABLES[provider][model]
    line = sheet.lines[0]
    slipped = tuple(
        (name, " ".join([str(Decimal(price.split()[0]) * 1000), *price.split()[1:]]))
        for name, price in line.prices
    )
    wrong = dataclasses.replace(sheet, lines=[dataclasses.replace(line, prices=slipped)])
    found = list(checks.plausibility({provider: {model: wrong}}))
    assert found


def test_no_window_is_as_wide_as_a_slip() -> None:
    for low, high in unusual.WINDOWS.values():
        assert Decimal(high) < 1000 * Decimal(low)


def test_every_class_that_the_tables_can_have_has_a_window() -> None:
    assert {name for name in ORDER if name in CLASSES} <= {*unusual.WINDOWS, "cache_read_video"}


def test_a_listed_model_may_not_have_another_unusual_figure() -> None:
    known = {("p", "m", "input"): frozenset({Decimal(150)})}
    assert not unusual.doubt(("p", "m", "input"), Decimal(150), known)
    assert not unusual.doubt(("p", "m", "input"), Decimal(15), known)
    assert unusual.doubt(("p", "m", "input"), Decimal("0.15"), known)
    assert unusual.doubt(("p", "m", "input"), Decimal(151), known)


def test_the_list_is_of_what_is_there() -> None:
    assert unusual.written(checks.figures(TABLES)) == unusual.FILE.read_text(encoding="utf-8")


def test_every_row_resolves_to_a_licence() -> None:
    layer = compact.load((HERE / "builtin.json").read_bytes())
    assert set(layer.licences.values()) == {"MIT", "public fact"}
    for key in layer.models():
        entry = layer.entry(*key)
        assert entry is not None
        for row in entry.rows:
            assert row.checked
            assert not list(licences.unlicensed(row.source)), row


@pytest.mark.parametrize("source", ["", "someone 1.0", "litellm 1.109.1; someone 2"])
def test_a_source_without_a_licence_is_seen(source: str) -> None:
    assert list(licences.unlicensed(source))


def test_every_model_has_a_mode() -> None:
    assert [s.model for sheets in TABLES.values() for s in sheets.values() if not s.mode] == []
