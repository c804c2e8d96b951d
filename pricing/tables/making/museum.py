"""The map of August 2025 held against the finished book on its own day: where the two differ, and what that means.

The third source of prices, of one day long ago: a difference is a change that nobody dated, or an error of then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pricing.tables.making import fetch, history
from pricing.tables.making.decimals import text
from pricing.tables.making.rows import ALWAYS, TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pricing.tables.making.rows import Book, Price

KEPT: Final = "the kept history has the change and its day; the map was behind"
UNDATED: Final = "changed since, or wrong then: no source has the day, and the living sources' price holds for the time before too"


@dataclass(frozen=True, slots=True)
class Difference:
    """One standard price of then beside the book's for that day."""

    provider: str
    model: str
    name: str
    then: str
    taken: str
    reason: str


def differences(then: Book, book: Book) -> Iterator[Difference]:
    """Every standard price of the map that the book does not have for its day."""
    day, told = fetch.TOKENCOST.checked, history.untils()
    for key, old in sorted(then.items()):
        entry = book.get(key)
        period = entry.current(day) if entry is not None else None
        if entry is None or period is None:
            continue
        for name, price in old.periods[0].grid.get(ALWAYS, {}).items():
            ours = period.grid.get(ALWAYS, {}).get(name)
            if ours is not None and not ours.same(price):
                reason = KEPT if key in told else UNDATED
                yield Difference(*key, name, _text(price), _text(ours), reason)


def _text(price: Price) -> str:
    return text(price.amount) + ("" if price.unit == TOKENS else f" per {price.unit}")
