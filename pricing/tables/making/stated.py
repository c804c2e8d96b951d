"""What each source states, held against the finished tables: equal, or explained.

Walks every price of every source through the files as they are read, so that a slip anywhere in the
making (an id, a period, a condition, a unit) shows as a statement that the table does not repeat.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pricing.rates import parse
from pricing.tables.making import history
from pricing.tables.making.rows import without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pricing.tables.making.lines import Sheet
    from pricing.tables.making.reading import Tables
    from pricing.tables.making.rows import Book, Entry, Price, When

Explained = set[tuple[str, str]]
_ATTO = 10**18


def explained(record: Any) -> Explained:
    """Models about which `disagreements.yaml` has something to say."""
    cases = [case for group in record["reasons"] for case in group["cases"]]
    return {
        (case["provider"], case["model"].lower())
        for case in (*cases, *record["rulings"], *record["left_out"])
    }


def unrepeated(source: Book, tables: Tables, known: Explained, today: str) -> Iterator[str]:
    """Statements of a source that are neither in the tables nor explained."""
    for (provider, model), entry in sorted(source.items()):
        sheet = _sheet(tables, provider, model)
        if (provider, model) in known:
            continue
        if sheet is None:
            yield f"{provider}/{model} is not in the tables"
            continue
        if sheet.model.lower() != model and (provider, sheet.model.lower()) in known:
            continue
        told = history.untils().get(
            (provider, model), ""
        )  # until then the kept history is right
        yield from _differences(entry, sheet, today, told)


def _differences(entry: Entry, sheet: Sheet, today: str, told: str) -> Iterator[str]:
    for period in entry.periods:
        # An undated list says what holds now; a dated one what held from its first day.
        moment = today if period.holds(today) else _inside(period.start, period.end)
        if moment < told:
            continue
        for condition, classes in period.grid.items():
            for name, price in classes.items():
                found = _price(sheet, condition, name, moment)
                if not _same(found, name, price):
                    place = f"{entry.provider}/{entry.model}"
                    yield f"{place} {dict(condition)} {name} at {moment}: {price.amount}, not {found}"


def _inside(start: str, end: str) -> str:
    """A day on which only this period holds."""
    return f"{start}T23" if start else f"{int(end[:4]) - 1}{end[4:]}"


def _sheet(tables: Tables, provider: str, model: str) -> Sheet | None:
    sheets = tables.get(provider, {})
    if model in sheets:
        return sheets[model]
    return next((s for s in sheets.values() if model in {a.lower() for a in s.aliases}), None)


def _price(sheet: Sheet, condition: When, name: str, moment: str) -> str:
    """The row's own price, else that of the row without a region, which says the same shorter."""
    for asked in (condition, without(condition, "region")):
        for line in sheet.lines:
            in_force = line.start <= moment and (not line.end or moment < line.end)
            if line.when == asked and in_force and name in dict(line.prices):
                return dict(line.prices)[name]
    return ""


def _same(found: str, name: str, price: Price) -> bool:
    if not found:
        return False
    rate = parse(name, found)
    return Fraction(rate.atto, rate.units * _ATTO) == price.rate
