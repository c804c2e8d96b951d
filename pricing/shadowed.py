"""Which classes a row leaves out that the row it takes the place of prices, and what they cost from then on.

For warnings about files that people write. A row replaces another whole (`pricing.stacking`), so what it does
not name costs what its parent class does, or nothing that is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pricing.rates import RateError, text
from pricing.usage import CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pricing.rates import Rate
    from pricing.rows import Row


def dropped(rows: Sequence[Row], listed: Sequence[Row]) -> str:
    """The classes in words, `cache_read 0.1 now costs 1 (input)`; empty where every one is named."""
    found: dict[str, str] = {}
    for row in rows:
        for below in listed:
            if row.when == below.when and row.until is None and below.until is None:
                found |= dict(_left_out(row, below, rows))
    return ", ".join(found.values())


def _left_out(row: Row, below: Row, rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    # A wider row of the same file that is always in force names it for all of them.
    wider = [each for each in rows if not each.when.facts and each.when.hours is None]
    named = {name: rate for each in (*wider, row) for name, rate in each.rates.items()}
    for name, rate in below.rates.items():
        if name in named:
            continue
        parent = next((each for each in CLASSES[name].ancestors if each in named), "")
        if parent and named[parent] == rate:
            continue
        if parent:
            now = f"costs {_said(name, named[parent])} ({parent})"
        else:
            now = "costs nothing" if CLASSES[name].optional else "has no price"
        where = "".join(
            f" {fact.name}={'|'.join(sorted(fact.values))}" for fact in row.when.facts
        )
        yield f"{name}{where}", f"{name}{where} {_said(name, rate)} now {now}"


def _said(name: str, rate: Rate) -> str:
    try:
        return text(name, rate)
    except RateError:
        return "what it did"
