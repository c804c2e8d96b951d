"""What one price table says otherwise than another: rows added, removed and changed.

Pure. A row is the same row where provider, model, first moment and conditions are the same; what may
change is its prices and its end. Invariant: a table differs in nothing from itself.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from pricing.rates import RateError
from pricing.rates import text as rate_text
from pricing.rows import instant_text, row_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pricing.rates import Rate
    from pricing.rows import Entry, Row
    from pricing.table import PriceTable


class Change(NamedTuple):
    """One thing of a row, before and after; empty where there was or is none."""

    what: str
    """A usage class, or `until`."""
    old: str
    new: str


class RowChange(NamedTuple):
    """What became of one row."""

    row: str
    changes: tuple[Change, ...]


class Difference(NamedTuple):
    """All of it, each part in the order of row names."""

    added: tuple[RowChange, ...] = ()
    removed: tuple[RowChange, ...] = ()
    changed: tuple[RowChange, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return any(self)


def difference(old: PriceTable, new: PriceTable) -> Difference:
    """What is in *new* otherwise than in *old*."""
    before, after = _rows(old), _rows(new)
    changed = (
        RowChange(name, _changes(before[name], after[name]))
        for name in sorted(before.keys() & after.keys())
    )
    return Difference(
        tuple(
            RowChange(name, _changes({}, after[name]))
            for name in sorted(after.keys() - before.keys())
        ),
        tuple(
            RowChange(name, _changes(before[name], {}))
            for name in sorted(before.keys() - after.keys())
        ),
        tuple(change for change in changed if change.changes),
    )


def price_text(name: str, rate: Rate) -> str:
    """A rate as a price file has it, or as the fraction it is where no decimal says it."""
    try:
        return rate_text(name, rate)
    except RateError:
        return f"{rate.atto}/{rate.units} atto-USD"


def prices_of(row: Row) -> dict[str, str]:
    """A row's prices in words, by usage class."""
    return {name: price_text(name, rate) for name, rate in row.rates.items()}


def entries(table: PriceTable) -> Iterator[tuple[str, Entry]]:
    """Every model's rows as the table answers its seller with them, sorted by seller and model.

    The entry's own provider is `*` where a source that names none has the last word.
    """
    for provider, model in table.models():
        entry = table.entry(provider, model)
        if entry is not None:
            yield provider, entry


def _rows(table: PriceTable) -> dict[str, dict[str, str]]:
    rows: dict[str, dict[str, str]] = {}
    seen: Counter[str] = Counter()
    for provider, entry in entries(table):
        for row in entry.rows:
            name = row_id(provider, entry.model, row)
            seen[name] += 1
            if seen[name] > 1:
                name = f"{name} #{seen[name]}"
            rows[name] = _said(row)
        for number, times in enumerate(entry.multipliers):
            facts = ", ".join(
                f"{fact.name}={'|'.join(sorted(fact.values))}" for fact in times.facts
            )
            name = f"{provider}/{entry.model} multiplier {number + 1}"
            rows[name] = {"times": f"{times.numerator}/{times.denominator}", "when": facts}
    return rows


def _said(row: Row) -> dict[str, str]:
    until = {} if row.until is None else {"until": instant_text(row.until)}
    return prices_of(row) | until


def _changes(old: dict[str, str], new: dict[str, str]) -> tuple[Change, ...]:
    return tuple(
        Change(what, old.get(what, ""), new.get(what, ""))
        for what in dict.fromkeys([*old, *new])
        if old.get(what) != new.get(what)
    )
