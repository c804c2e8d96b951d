"""Rows as they stand in the files: a book flattened, each row with its dates, source and check.

Invariant: the order of rows depends on their content alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pricing.tables.making import fetch, history
from pricing.tables.making.decimals import text
from pricing.tables.making.rows import CONDITIONS, ORDER, TOKENS, Entry, When
from pricing.tables.making.rulings import MINIMUM_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pricing.tables.making.rows import Price

_CHECKED: Final = {package.label: package.checked for package in fetch.PACKAGES}


def _checked(label: str) -> str:
    """The day on which a source's figures were taken as true."""
    return _CHECKED.get(label) or history.releases()[label]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of a file; everything is text, as it is written."""

    start: str = ""
    end: str = ""
    when: When = ()
    prices: tuple[tuple[str, str], ...]
    source: str
    checked: str

    @property
    def identity(self) -> tuple[When, str]:
        """What a row is, whatever its end or its figures."""
        return self.when, self.start

    def says(self, other: Line) -> bool:
        """Whether it has every price that another row of its kind has."""
        return set(other.prices) <= set(self.prices)


@dataclass(slots=True)
class Sheet:
    """One model of a provider's file."""

    model: str
    mode: str
    aliases: list[str]
    multipliers: list[tuple[When, str]]
    lines: list[Line]


def sheet_of(entry: Entry) -> Sheet:
    """The entry as it is written."""
    times = [(m.condition, text(m.factor)) for m in entry.multipliers]
    return Sheet(entry.model, entry.mode, entry.aliases, times, lines_of(entry))


def lines_of(entry: Entry) -> list[Line]:
    """The entry's rows: standard first, each condition in time order, unchanged spans joined."""
    found = [
        Line(
            start=period.start,
            end=period.end,
            when=condition,
            prices=tuple(
                (name, _text(entry.provider, name, classes[name]))
                for name in ORDER
                if name in classes
            ),
            source="; ".join(_sources(classes.values())),
            checked=max(map(_checked, _sources(classes.values()))),
        )
        for period in entry.periods
        for condition, classes in period.grid.items()
        if classes
    ]
    return joined(sorted(found, key=order))


def order(line: Line) -> tuple[object, ...]:
    """Where a row stands among the rows of its model."""
    rank = tuple((CONDITIONS.index(name), _number(value)) for name, value in line.when)
    return (len(line.when), rank, line.start)


def _number(value: str) -> tuple[int, str]:
    return (int(value) if value.isdigit() else 0, value)


def joined(lines: Iterable[Line]) -> list[Line]:
    """Rows of one condition that follow each other at the same prices, as one."""
    found: list[Line] = []
    for line in lines:
        last = found[-1] if found else None
        if (
            last is not None
            and last.when == line.when
            and last.prices == line.prices
            and last.end == line.start != ""
        ):
            found[-1] = replace(line, start=last.start)
        else:
            found.append(line)
    return found


def _sources(prices: Iterable[Price]) -> list[str]:
    return sorted({label for price in prices for label in price.sources})


def _text(provider: str, name: str, price: Price) -> str:
    if price.unit == TOKENS:
        return text(price.amount)
    minimum = MINIMUM_SECONDS.get(provider) if name == "audio_seconds" else None
    tail = f", minimum {minimum}" if minimum else ""
    return f"{text(price.amount)} per {price.unit}{tail}"
