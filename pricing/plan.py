"""The rows in force, compiled: how each class of usage is charged, resolved at first use of a class.

A class has its own price or its nearest parent's, and the line says so. Plain integers where a line
is no more than that, so that `pricing.charge` multiplies and adds. Compiled by mypyc where that works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pricing.deal import REQUESTS, Deal, Listed
from pricing.patterns import Pattern
from pricing.rates import Rate
from pricing.rows import row_id
from pricing.terms import NO_TERMS, Terms
from pricing.usage import CLASSES, SURCHARGES, TOKENS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pricing.rows import Entry, Multiplier, Row

FALLBACK: Final = 1
LOWER: Final = 2


class Line(NamedTuple):
    """How one class is charged; `units` 0: it is not."""

    atto: int
    units: int
    minimum: int = 0
    doubt: int = 0
    measures: str = ""
    step: int = 0
    place: int = 99
    """Whose rate it is: 0 its own, 1 its parent's, and so on."""
    currency: str = ""
    free: int = 0


# What a model that draws, speaks or films was made for, and what counts it. Where its row prices that above
# the text and a call says nothing of it, most of the bill may be missing (traps 15 and 17).
_MADE_FOR: Final[Mapping[str, tuple[str, ...]]] = {
    "output_audio": ("output_audio", "output_audio_seconds"),
    "output_image": ("output_image", "images", "pixels"),
    "output_video": ("output_video", "video_seconds"),
}
# Models that search at every call, by their vendors' word; the fee comes on top of the tokens (trap 14).
_SEARCHES: Final = "searches"
_SEARCHING: Final = Pattern(r".*(?:^|[-/])(?:search-preview|search-api|deep-research)(?:-.*)?")

_FREE: Final = Line(0, 0)
_UNPAID: Final = Line(0, 0, doubt=LOWER)


class Plan(dict[str, "Line | int"]):
    """Charged lines by class for one set of rows in force; resolved at first use of a class.

    A line that is a plain int is so many atto-dollars a unit, without more.
    """

    __slots__ = (
        "_multipliers",
        "_rows",
        "_served",
        "deal",
        "doubt",
        "doubts",
        "row",
        "unsaid",
    )

    def __init__(
        self,
        basis: Basis,
        rows: tuple[Row, ...],
        multipliers: tuple[Multiplier, ...],
        terms: Terms = NO_TERMS,
    ) -> None:
        super().__init__()
        self._rows = rows
        self._multipliers = multipliers
        self._served = basis.served
        self.row = row_id(basis.entry.provider, basis.entry.model, rows[0])
        self.doubt = basis.doubt
        self.doubts: dict[str, int] = {}
        """Of the plain lines that have one."""
        if any(self._costs_extra(name) for name in basis.missing):
            self.doubt |= LOWER
        self.unsaid: list[tuple[str, ...]] = [
            counts for name, counts in _MADE_FOR.items() if self._above(name, "output")
        ]
        """Of each of these a call has to say something, be it a zero; none for most."""
        fee = self._own(_SEARCHES)
        if fee is not None and fee[0].atto and _SEARCHING.fullmatch(basis.entry.model.lower()):
            self.unsaid.append((_SEARCHES,))
        self.deal = self._deal(terms, aggregate=basis.aggregate)
        """What the plain sum cannot do; None for most."""

    def source(self, name: str) -> tuple[str, Row] | None:
        """Whose price a class is charged at, and the row that has it; None: nobody's."""
        kind = CLASSES.get(name)
        for candidate in (name, *kind.ancestors) if kind is not None else ():
            for row in self._rows:
                if candidate in row.rates:
                    return candidate, row
        return None

    @property
    def context(self) -> int:
        """The largest threshold that was crossed; -1: none."""
        return max(row.when.context for row in self._rows)

    def doubt_of(self, usage: Mapping[str, int | Decimal]) -> int:
        """What is doubtful of a call whatever its classes cost."""
        if usage.get("output"):
            for counts in self.unsaid:
                if not any(counted in usage for counted in counts):
                    return self.doubt | LOWER
        return self.doubt

    def _above(self, name: str, parent: str) -> bool:
        own, other = self._own(name), self._own(parent)
        if own is None or other is None:
            return False
        return own[0].atto * other[0].units > other[0].atto * own[0].units

    def _deal(self, terms: Terms, *, aggregate: bool) -> Deal | None:
        adjustments = terms.adjustments
        fee = self._own(REQUESTS)
        asked = (fee is not None and fee[0].atto > 0) or any(
            name == REQUESTS for rule in adjustments for name, _ in rule.prices
        )
        foreign = any(rate.currency for row in self._rows for rate in row.rates.values())
        if not (asked or foreign or adjustments or terms.currency):
            return None
        worth = {rate.currency: (rate.numerator, rate.denominator) for rate in terms.rates}
        return Deal(
            self._listed,
            adjustments,
            worth,
            terms.currency,
            per_request=asked and not aggregate,
        )

    def _listed(self, name: str) -> Listed:
        line = self._resolve(name)
        if not line.units:
            return Listed(None, line.doubt)
        return Listed(rate_of(line), line.doubt, line.measures, line.place)

    def __missing__(self, name: str) -> Line | int:
        line = _FREE if self.deal is not None else self._resolve(name)
        # Most lines are a whole number of attos and no more: a plain int is the quick case.
        whole = line.units == 1 and not (
            line.minimum or line.measures or line.step or line.free or self.unsaid
        )
        made = line.atto if whole else line
        if name in CLASSES:  # names of ours are few, names of others are not
            if whole and line.doubt:
                self.doubts[name] = line.doubt
            self[name] = made
        return made

    def _resolve(self, name: str) -> Line:
        kind = CLASSES.get(name)
        if kind is None:
            return _UNPAID
        for place, candidate in enumerate((name, *kind.ancestors)):
            found = self._own(candidate)
            if found is not None:
                rate, doubt = self._raised(name, *found)
                if candidate != name and not kind.ordinary:
                    doubt |= FALLBACK
                return self._line(name, rate, doubt, place)
        return _FREE if kind.optional else _UNPAID

    def _own(self, name: str) -> tuple[Rate, int] | None:
        """The narrowest row's own rate of a class, and whether a narrower row left it out."""
        for position, row in enumerate(self._rows):
            rate = row.rates.get(name)
            if rate is not None:
                return rate, self._passed_over(name, position)
        return None

    def _passed_over(self, name: str, position: int) -> int:
        # Fees by the piece do not vary by tier; tokens do, and then the answer says so (trap 42).
        if name not in TOKENS:
            return 0
        row = self._rows[position]
        if row.when.served < self._served:
            return FALLBACK
        # All of these rows are in force: one that knows a threshold was crossed is not to be ignored.
        crossed = max(each.when.context for each in self._rows)
        return FALLBACK if crossed > row.when.context else 0

    def _raised(self, name: str, rate: Rate, doubt: int) -> tuple[Rate, int]:
        if not doubt or name not in SURCHARGES:
            return rate, doubt
        shorter = next(filter(None, map(self._own, CLASSES[name].ancestors)), None)
        if (
            shorter is not None
            and shorter[0].currency == rate.currency
            and shorter[0].atto * rate.units > rate.atto * shorter[0].units
        ):
            return shorter[0], doubt
        return rate, doubt

    def _line(self, name: str, rate: Rate, doubt: int, place: int) -> Line:
        if name in TOKENS:
            for multiplier in self._multipliers:
                rate = rate.times(multiplier.numerator, multiplier.denominator)
        measures = CLASSES[name].measures
        if measures and self._own(measures) is None:
            measures = ""
        return Line(
            rate.atto,
            rate.units,
            rate.minimum,
            doubt,
            measures,
            rate.step,
            place,
            rate.currency,
            rate.free,
        )

    def _costs_extra(self, name: str) -> bool:
        own = self._own(name)
        if own is None:
            return False
        parents = (self._own(parent) for parent in CLASSES[name].ancestors)
        parent = next((found for found in parents if found is not None), None)
        return own[0].atto > 0 and (parent is None or parent[0] != own[0])


class Basis(NamedTuple):
    """What an offer rests on; `rows` are those whose facts hold, narrowest first, at least one."""

    entry: Entry
    rows: tuple[Row, ...]
    multipliers: tuple[Multiplier, ...] = ()
    match: str = "exact"
    provider: str = ""
    """The seller; the entry's own provider may be the `*` of a source that names none."""
    served: int = 0
    """How many out-of-the-ordinary ways to be served were asked for: tier, batch, speed."""
    missing: tuple[str, ...] = ()
    doubt: int = 0
    terms: Terms = NO_TERMS
    """Those that may hold for such calls, at some time."""
    aggregate: bool = False
    """A sum over calls: no fee for a request can be told."""


def rate_of(line: Line) -> Rate:
    """The line as a rate."""
    return Rate(line.atto, line.units, line.minimum, line.step, line.currency, line.free)
