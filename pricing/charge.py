"""From usage to money: the part of a quote that runs once per call.

An offer is the rows that answer one question; which of them are in force depends on the instant
and the size of the prompt, and each such set is compiled once into a plan of plain integers. Order
of composition (trap 43): rows in force, narrowest first -> class or its parent -> minimum quantity
-> multipliers -> rounding, once per part.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from pricing.answers import NotPriced, Quote, Reason, Standing
from pricing.money import divide_half_even
from pricing.rows import row_id
from pricing.usage import CLASSES, PROMPT, SURCHARGES, TOKENS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pricing.rates import Rate
    from pricing.rows import Entry, Multiplier, Row

FALLBACK: Final = 1
LOWER: Final = 2
_STANDING: Final = (
    Standing.PRICED,
    Standing.FALLBACK,
    Standing.LOWER_BOUND,
    Standing.LOWER_BOUND,
)
_PLANS: Final = 256
_NO_USAGE: Final = NotPriced(Reason.NO_USAGE, "nothing was counted")


class _Line(NamedTuple):
    """How one class is charged; `units` 0: it is not."""

    atto: int
    units: int
    minimum: int = 0
    doubt: int = 0
    measures: str = ""


_FREE: Final = _Line(0, 0)
_UNPAID: Final = _Line(0, 0, doubt=LOWER)


class _Plan(dict[str, _Line]):
    """Charged lines by class for one set of rows in force; resolved at first use of a class."""

    __slots__ = ("_multipliers", "_rows", "_served", "doubt", "row")

    def __init__(self, offer: Offer, rows: tuple[Row, ...], multipliers: tuple[Multiplier, ...]) -> None:
        super().__init__()
        self._rows = rows
        self._multipliers = multipliers
        self._served = offer.served
        self.row = row_id(offer.entry.provider, offer.entry.model, rows[0])
        self.doubt = offer.doubt
        if any(self._costs_extra(name) for name in offer.missing):
            self.doubt |= LOWER

    def __missing__(self, name: str) -> _Line:
        line = self._resolve(name)
        if name in CLASSES:  # names of ours are few, names of others are not
            self[name] = line
        return line

    def _resolve(self, name: str) -> _Line:
        kind = CLASSES.get(name)
        if kind is None:
            return _UNPAID
        for candidate in (name, *kind.ancestors):
            found = self._own(candidate)
            if found is not None:
                rate, doubt = self._raised(name, *found)
                if candidate != name and not kind.ordinary:
                    doubt |= FALLBACK
                return self._line(name, rate, doubt)
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
        widest = max((above.when.context for above in self._rows[:position]), default=-1)
        return FALLBACK if widest > row.when.context else 0

    def _raised(self, name: str, rate: Rate, doubt: int) -> tuple[Rate, int]:
        if not doubt or name not in SURCHARGES:
            return rate, doubt
        shorter = next(filter(None, map(self._own, CLASSES[name].ancestors)), None)
        if shorter is not None and shorter[0].atto * rate.units > rate.atto * shorter[0].units:
            return shorter[0], doubt
        return rate, doubt

    def _line(self, name: str, rate: Rate, doubt: int) -> _Line:
        if name in TOKENS:
            for multiplier in self._multipliers:
                rate = rate.times(multiplier.numerator, multiplier.denominator)
        measures = CLASSES[name].measures
        if measures and self._own(measures) is None:
            measures = ""
        return _Line(rate.atto, rate.units, rate.minimum, doubt, measures)

    def _costs_extra(self, name: str) -> bool:
        own = self._own(name)
        if own is None:
            return False
        parents = (self._own(parent) for parent in CLASSES[name].ancestors)
        parent = next((found for found in parents if found is not None), None)
        return own[0].atto > 0 and (parent is None or parent[0] != own[0])


class Offer:
    """The rows of one model that answer one question, and how they were found."""

    __slots__ = ("_always", "_plans", "_rows", "_thresholds", "doubt", "entry", "match", "missing", "provider", "served")

    def __init__(
        self,
        entry: Entry,
        rows: tuple[Row, ...],
        *,
        match: str = "exact",
        provider: str = "",
        served: int = 0,
        multipliers: tuple[Multiplier, ...] = (),
        missing: tuple[str, ...] = (),
        doubt: int = 0,
    ) -> None:
        """`rows` are those whose facts hold, narrowest first; at least one."""
        self.entry = entry
        self.match = match
        self.provider = provider or entry.provider
        """The seller; the entry's own provider may be the `*` of a source that names none."""
        self.served = served
        self.missing = missing
        self.doubt = doubt
        self._rows = rows, multipliers
        self._thresholds = any(row.when.context >= 0 for row in rows)
        self._plans: dict[int, _Plan | None] = {}
        timed = self._thresholds or any(
            term.since is not None or term.until is not None for term in (*rows, *multipliers)
        )
        timed = timed or any(row.when.hours is not None for row in rows)
        self._always = None if timed else _Plan(self, rows, multipliers)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that may apply, narrowest first."""
        return self._rows[0]

    def charge(self, usage: Mapping[str, int | Decimal], at_unix_ns: int) -> Quote | NotPriced:
        """The cost of one call that ended at an instant."""
        if not usage:
            return _NO_USAGE
        plan = self._always
        if plan is None:
            plan = self._plan(usage, at_unix_ns)
        if plan is None:
            return NotPriced(Reason.NO_PRICE_AT_TIME, f"{self.entry.model} had no price then", self.provider)
        total, doubt, paid, parts = 0, plan.doubt, False, list[tuple[str, int]]()
        for name, count in usage.items():
            atto, units, minimum, line_doubt, measures = plan[name]
            if count <= 0:
                if count < 0:
                    return NotPriced(Reason.IMPOSSIBLE_USAGE, f"{count} {name}", self.provider)
                paid = paid or units > 0
                continue
            if not units:
                doubt |= line_doubt
                continue
            paid = True
            if measures and usage.get(measures):
                continue
            doubt |= line_doubt
            if minimum and count < minimum:
                count = minimum  # noqa: PLW2901  the vendor bills that many
            part = count * atto if units == 1 and type(count) is int else _product(count, atto, units)
            parts.append((name, part))
            total += part
        if not paid:
            return NotPriced(Reason.UNSUPPORTED_UNIT, f"{plan.row} does not price {', '.join(usage)}", self.provider)
        return Quote(total, tuple(parts), plan.row, self.match, self.provider, _STANDING[doubt], total)

    def _plan(self, usage: Mapping[str, int | Decimal], at: int) -> _Plan | None:
        rows, multipliers = self._rows
        prompt = sum(usage[name] for name in usage if name in PROMPT) if self._thresholds else 0
        mask, bit = 0, 1
        for row in rows:
            if (
                (row.since is None or row.since <= at)
                and (row.until is None or at < row.until)
                and prompt > row.when.context
                and (row.when.hours is None or row.when.hours.open_at(at))
            ):
                mask |= bit
            bit <<= 1
        for term in multipliers:
            if (term.since is None or term.since <= at) and (term.until is None or at < term.until):
                mask |= bit
            bit <<= 1
        if mask not in self._plans:
            self._compile(mask)
        return self._plans[mask]

    def _compile(self, mask: int) -> None:
        rows, multipliers = self._rows
        chosen = tuple(row for i, row in enumerate(rows) if mask >> i & 1)
        rest = mask >> len(rows)
        times = tuple(term for i, term in enumerate(multipliers) if rest >> i & 1)
        if len(self._plans) >= _PLANS:
            self._plans.clear()
        self._plans[mask] = _Plan(self, chosen, times) if chosen else None


def _product(count: int | Decimal, atto: int, units: int) -> int:
    if isinstance(count, Decimal):
        numerator, denominator = count.as_integer_ratio()
        return divide_half_even(numerator * atto, denominator * units)
    return divide_half_even(count * atto, units)
