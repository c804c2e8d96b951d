"""A call on the operator's terms: listed and agreed rates of each class, in dollars and beside them.

Only for plans that the plain sum of `pricing.charge` cannot do: adjustments in force, prices in
another currency, a second currency, a fee for each request. Each part is rounded once, half to even,
to 10**-18; the amount in a second currency is one more such rounding, of the sum, unless every
price was in that currency already.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from pricing.money import divide_half_even, to_text
from pricing.rates import Rate
from pricing.usage import CLASSES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pricing.terms import Adjustment

REQUESTS: Final = "requests"
LOWER: Final = 2
_FALLBACK: Final = 1
_NOTHING: Final = Rate(0)


def counted(measures: str, usage: Mapping[str, int | Decimal]) -> bool:
    """Whether tokens count the same thing; those of an image that nobody split off are plain output."""
    return bool(usage.get(measures)) or (
        measures == "output_image" and bool(usage.get("output"))
    )


class Listed(NamedTuple):
    """How the table prices a class; `rate` None: it does not."""

    rate: Rate | None
    doubt: int = 0
    measures: str = ""
    place: int = 99
    """Whose rate: 0 the class's own, 1 its parent's, and so on."""


class Sums(NamedTuple):
    """What a call comes to; atto-dollars, and attos of `currency` where it is not empty."""

    total: int
    parts: tuple[tuple[str, int], ...]
    listed: int
    doubt: int
    paid: bool
    """Whether a class with a price was among the usage, be its count zero."""
    negative: str
    """A class with a count below zero; empty: none."""
    lacks: str
    """The currency without a rate of exchange; empty: none. With it there is no total."""
    amount: str
    currency: str


class _Line(NamedTuple):
    """A class on these terms."""

    own: Rate | None
    """As agreed, in its own currency; None: nothing prices it."""
    agreed: Rate | None
    """In dollars; None without a rate of exchange."""
    listed: Rate | None
    doubt: int
    measures: str


class _Running:
    """The sums of one call while its classes are gone through."""

    def __init__(self) -> None:
        self.parts: dict[str, int] = {}
        self.listed = 0
        self.own = 0
        """Of amounts as they are priced; of use where `currencies` is one."""
        self.currencies: set[str] = set()
        self.doubt = 0
        self.paid = False
        self.negative = ""
        self.lacks = ""

    def add(self, name: str, count: int | Decimal, line: _Line) -> None:
        """So many of a class."""
        self.doubt |= line.doubt
        own, agreed = line.own, line.agreed
        if own is None:
            return
        self.currencies.add(own.currency)
        self.own += product(count, own)
        if agreed is None:
            self.lacks = own.currency
            return
        part = product(count, agreed)
        same = line.listed is agreed or line.listed is None
        self.listed += part if same else product(count, line.listed or agreed)
        self.parts[name] = self.parts.get(name, 0) + part


class Deal:
    """The terms of one set of rows in force; lines are made at the first use of a class."""

    def __init__(
        self,
        listed: Callable[[str], Listed],
        adjustments: tuple[Adjustment, ...],
        worth: Mapping[str, tuple[int, int]],
        currency: str,
        *,
        per_request: bool,
    ) -> None:
        """`worth` has the dollars for one unit of each currency as a fraction."""
        self._listed = listed
        self._adjustments = adjustments
        self._worth = worth
        self._currency = currency
        self._lines: dict[str, _Line] = {}
        self._per_request = per_request
        self._fixed = self._fixed_lines()

    def sums(self, usage: Mapping[str, int | Decimal]) -> Sums:
        """The parts of a call and what they come to."""
        run = _Running()
        used = False
        for name, count in usage.items():
            line = self._line(name)
            if count < 0:
                run.negative = f"{count} {name}"
                return self._finished(run)
            run.paid = run.paid or line.own is not None
            if count:
                used = True
                if line.own is None or not (line.measures and counted(line.measures, usage)):
                    run.add(name, count, line)
        if used:
            self._add_for_the_call(run, usage)
        return self._finished(run)

    def _add_for_the_call(self, run: _Running, usage: Mapping[str, int | Decimal]) -> None:
        """The fee for a request that nobody counted, and the operator's additions."""
        if self._per_request and not usage.get(REQUESTS):
            # It comes on top of tokens; beside units of other kinds it is one more kind.
            tokens = self._line("input").own or self._line("output").own
            if tokens is not None or not run.paid:
                run.paid = True
                run.add(REQUESTS, 1, self._line(REQUESTS))
        if run.paid:
            for line in self._fixed:
                run.add(REQUESTS, 1, line)

    def _finished(self, run: _Running) -> Sums:
        total = sum(run.parts.values())
        amount, currency = self._second(total, run)
        return Sums(
            total,
            tuple(run.parts.items()),
            run.listed,
            run.doubt,
            run.paid,
            run.negative,
            run.lacks,
            amount,
            currency,
        )

    def _second(self, total: int, run: _Running) -> tuple[str, str]:
        """The amount in the second currency, or in the only one that was used."""
        used = next(iter(run.currencies)) if len(run.currencies) == 1 else ""
        wanted = self._currency or used
        if not wanted:
            return "", ""
        if used == wanted:
            return to_text(run.own), wanted
        worth = self._worth.get(wanted)
        if worth is None or run.lacks:
            return "", ""
        return to_text(divide_half_even(total * worth[1], worth[0])), wanted

    def _fixed_lines(self) -> list[_Line]:
        """Each addition, times the factors that come after it; the list knows none of them."""
        made: list[_Line] = []
        for i, rule in enumerate(self._adjustments):
            if rule.fixed is not None:
                own = self._scaled(rule.fixed, (REQUESTS,), i + 1)
                made.append(_Line(own, self._dollars(own), _NOTHING, 0, ""))
        return made

    def _line(self, name: str) -> _Line:
        line = self._lines.get(name)
        if line is None:
            line = self._made(name)
            if name in CLASSES:  # names of ours are few, names of others are not
                self._lines[name] = line
        return line

    def _made(self, name: str) -> _Line:
        listed = self._listed(name)
        rate, begin = listed.rate, 0
        doubt, measures = listed.doubt, listed.measures
        place, rule, agreed = self._override(name)
        lent = listed.place
        if agreed is not None and place <= lent:
            rate, begin, lent, measures = agreed, rule + 1, place, ""
            doubt = _FALLBACK if place and not CLASSES[name].ordinary else 0
        if rate is None:
            return _Line(None, None, None, doubt, "")
        own = self._scaled(rate, _chain(name)[: lent + 1], begin)
        dollars = self._dollars(own)
        tabled = dollars if own is listed.rate else self._dollars(listed.rate or _NOTHING)
        return _Line(own, dollars, tabled, doubt, measures)

    def _override(self, name: str) -> tuple[int, int, Rate | None]:
        """The last rule that prices a class or its nearest parent, and how near that is."""
        for place, candidate in enumerate(_chain(name)):
            for i in range(len(self._adjustments) - 1, -1, -1):
                for priced, rate in self._adjustments[i].prices:
                    if priced == candidate:
                        return place, i, rate
        return 0, 0, None

    def _scaled(self, rate: Rate, names: tuple[str, ...], begin: int) -> Rate:
        """With the factors for a class or for one that stands between it and the lender of its rate."""
        for rule in self._adjustments[begin:]:
            if rule.numerator != rule.denominator and rule.scales(names):
                rate = rate.times(rule.numerator, rule.denominator)
        return rate

    def _dollars(self, rate: Rate) -> Rate | None:
        if not rate.currency:
            return rate
        worth = self._worth.get(rate.currency)
        if worth is None:
            return None
        return rate.times(worth[0], worth[1])._replace(currency="")


def _chain(name: str) -> tuple[str, ...]:
    """A class and those whose rate it may have, nearest first."""
    kind = CLASSES.get(name)
    return (name,) if kind is None else (name, *kind.ancestors)


def product(count: int | Decimal, rate: Rate) -> int:
    """Attos of a count at a rate: what is free, minimum, step, then one rounding, half to even."""
    if (
        rate.units == 1
        and not (rate.minimum or rate.step or rate.free)
        and isinstance(count, int)
    ):
        return count * rate.atto
    if count <= rate.free:
        return 0
    charged = max(count - rate.free, rate.minimum)
    if rate.step:
        charged = _stepped(charged, rate.step)
    if isinstance(charged, Decimal):
        numerator, denominator = charged.as_integer_ratio()
        return divide_half_even(numerator * rate.atto, denominator * rate.units)
    return divide_half_even(charged * rate.atto, rate.units)


def _stepped(count: int | Decimal, step: int) -> int:
    numerator, denominator = count.as_integer_ratio()
    return -(-numerator // (denominator * step)) * step
