"""From usage to money: the part of a quote that runs once per call.

An offer is the rows that answer one question; which of them are in force depends on the instant
and the size of the prompt, and each such set is compiled once into a plan of plain integers. Order
of composition (trap 43): rows in force, narrowest first -> class or its parent -> minimum quantity
-> multipliers -> the operator's terms (`pricing.deal`) -> rounding, once per part.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from pricing.answers import NotPriced, Quote, Reason, Standing
from pricing.deal import REQUESTS, Deal, Listed, product
from pricing.rates import Rate
from pricing.rows import row_id
from pricing.tariff import Tariff
from pricing.terms import NO_TERMS, Terms
from pricing.usage import CLASSES, PROMPT, SURCHARGES, TOKENS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pricing.rows import Entry, Multiplier, Row
    from pricing.terms import Adjustment, Exchange

    _Term = Row | Multiplier | Adjustment | Exchange

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

_FREE: Final = _Line(0, 0)
_UNPAID: Final = _Line(0, 0, doubt=LOWER)


class _Plan(dict[str, "_Line | int"]):
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
        self.unsaid = [name for name in _MADE_FOR if self._above(name, "output")]
        """Classes of which a call has to say something, be it a zero; none for most."""
        self.deal = self._deal(terms, aggregate=basis.aggregate)
        """What the plain sum cannot do; None for most."""

    def doubt_of(self, usage: Mapping[str, int | Decimal]) -> int:
        """What is doubtful of a call whatever its classes cost."""
        if usage.get("output"):
            for name in self.unsaid:
                if not any(counted in usage for counted in _MADE_FOR[name]):
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
        return Listed(_rate(line), line.doubt, line.measures, line.place)

    def __missing__(self, name: str) -> _Line | int:
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

    def _resolve(self, name: str) -> _Line:
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

    def _line(self, name: str, rate: Rate, doubt: int, place: int) -> _Line:
        if name in TOKENS:
            for multiplier in self._multipliers:
                rate = rate.times(multiplier.numerator, multiplier.denominator)
        measures = CLASSES[name].measures
        if measures and self._own(measures) is None:
            measures = ""
        return _Line(
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


class Offer:
    """The rows of one model that answer one question, and how they were found."""

    __slots__ = (
        "_always",
        "_dated",
        "_match",
        "_plans",
        "_provider",
        "_thresholds",
        "_times",
        "_unusual",
        "basis",
    )

    def __init__(self, basis: Basis) -> None:
        """Compiles at once what depends on neither time nor prompt."""
        self.basis = basis
        self._match = basis.match
        self._provider = basis.provider or basis.entry.provider
        rows = basis.rows
        self._dated: tuple[_Term, ...] = (
            *rows,
            *basis.multipliers,
            *basis.terms.adjustments,
            *basis.terms.rates,
        )
        self._times = sorted(
            {t for term in self._dated for t in (term.since, term.until) if t is not None}
        )
        self._unusual = any(
            row.when.hours is not None or row.when.basis != "prompt" for row in rows
        )
        self._thresholds = sorted({row.when.context for row in rows if row.when.context >= 0})
        self._plans: dict[int, _Plan | None] = {}
        varies = self._times or self._thresholds or self._unusual
        self._always = None if varies else _Plan(basis, rows, basis.multipliers, basis.terms)

    @property
    def provider(self) -> str:
        """Who sells it."""
        return self._provider

    @property
    def match(self) -> str:
        """How the row was found."""
        return self._match

    def charge(self, usage: Mapping[str, int | Decimal], at_unix_ns: int) -> Quote | NotPriced:
        """The cost of one call that ended at an instant."""
        plan = self._always
        if plan is None:
            plan = self._plan(usage, at_unix_ns)
            if plan is None:
                return self._not_then()
        total = 0
        parts: list[tuple[str, int]] = []
        for name, count in usage.items():
            line = plan[name]
            if type(line) is not int or type(count) is not int or count < 0:
                return self._carefully(plan, usage)
            if count:
                part = count * line
                total += part
                parts.append((name, part))
        if not usage:
            return _NO_USAGE
        doubt = plan.doubt
        for name in plan.doubts:
            if usage.get(name):
                doubt |= plan.doubts[name]
        return Quote(
            total, tuple(parts), plan.row, self._match, self._provider, _STANDING[doubt], total
        )

    def _carefully(self, plan: _Plan, usage: Mapping[str, int | Decimal]) -> Quote | NotPriced:
        """The same sum where a class is a fraction, has a minimum, a doubt or no price."""
        if plan.deal is not None:
            return self._dealt(plan, plan.deal, usage)
        total, doubt, paid = 0, plan.doubt_of(usage), False
        parts: list[tuple[str, int]] = []
        for name, count in usage.items():
            line = plan[name]
            if isinstance(line, int):
                line = _Line(line, 1, doubt=plan.doubts.get(name, 0))
            if count < 0:
                return NotPriced(Reason.IMPOSSIBLE_USAGE, f"{count} {name}", self._provider)
            paid = paid or line.units > 0
            if not count or (line.units and line.measures and usage.get(line.measures)):
                continue
            doubt |= line.doubt
            if line.units:
                part = product(count, _rate(line))
                parts.append((name, part))
                total += part
        if not paid:
            return self._unpaid(plan, usage)
        return Quote(
            total, tuple(parts), plan.row, self._match, self._provider, _STANDING[doubt], total
        )

    def tariff(self, usage: Mapping[str, int], at_unix_ns: int) -> Tariff | None:
        """The rates that charge such a call, and others as it is; None where it takes more.

        They are of the classes that count more than 0, in their order.
        """
        if self._unusual:
            return None
        plan = self._plan(usage, at_unix_ns) if self._always is None else self._always
        if plan is None:
            return None
        doubt = plan.doubt
        rates: list[int] = []
        for name, count in usage.items():
            line = plan[name]
            if not isinstance(line, int) or count < 0:
                return None
            if count:
                rates.append(line)
                doubt |= plan.doubts.get(name, 0)
        if not rates:
            return None
        made = Tariff(rates, plan.row, self._match, _STANDING[doubt])
        self._bound(made, usage, at_unix_ns)
        return made

    def _bound(self, made: Tariff, usage: Mapping[str, int], at: int) -> None:
        """For which instants and prompts the plan is in force: up to the boundaries around it."""
        before = bisect_right(self._times, at)
        made.since = self._times[before - 1] if before else made.since
        made.until = self._times[before] if before < len(self._times) else made.until
        if self._thresholds:
            counted = [name for name, count in usage.items() if count]
            made.prompt = [place for place, name in enumerate(counted) if name in PROMPT]
            below = bisect_left(self._thresholds, _prompt(usage))
            made.over = self._thresholds[below - 1] if below else made.over
            made.up_to = (
                self._thresholds[below] if below < len(self._thresholds) else made.up_to
            )

    def _unpaid(self, plan: _Plan, usage: Mapping[str, int | Decimal]) -> NotPriced:
        detail = f"{plan.row} does not price {', '.join(usage)}"
        return NotPriced(Reason.UNSUPPORTED_UNIT, detail, self._provider)

    def _dealt(
        self, plan: _Plan, deal: Deal, usage: Mapping[str, int | Decimal]
    ) -> Quote | NotPriced:
        """The cost on the operator's terms."""
        sums = deal.sums(usage)
        if sums.negative:
            return NotPriced(Reason.IMPOSSIBLE_USAGE, sums.negative, self._provider)
        if sums.lacks:
            detail = (
                f"{plan.row} is priced in {sums.lacks}, which has no rate of exchange for that time; "
                f"add it to pricing.currency.rates"
            )
            return NotPriced(
                Reason.NO_PRICE_AT_TIME, detail, self._provider, sums.amount, sums.currency
            )
        if not sums.paid:
            return self._unpaid(plan, usage)
        return Quote(
            sums.total,
            sums.parts,
            plan.row,
            self._match,
            self._provider,
            _STANDING[sums.doubt | plan.doubt_of(usage)],
            sums.listed,
            sums.amount,
            sums.currency,
        )

    def _plan(self, usage: Mapping[str, int | Decimal], at: int) -> _Plan | None:
        """The plan in force: the place among the boundaries of time and prompt is its key."""
        prompt = _prompt(usage) if self._thresholds else 0
        if self._unusual:
            key = self._mask(at, prompt, usage)
        else:
            key = bisect_right(self._times, at) << 16 | bisect_left(self._thresholds, prompt)
        plan = self._plans.get(key)
        if plan is None and key not in self._plans:
            plan = self._compile(self._mask(at, prompt, usage))
            if len(self._plans) >= _PLANS:
                self._plans.clear()
            self._plans[key] = plan
        return plan

    def _mask(self, at: int, prompt: int | Decimal, usage: Mapping[str, int | Decimal]) -> int:
        """What is in force, a bit for each row, then for each multiplier, adjustment and rate."""
        mask, bit, rows = 0, 1, len(self.basis.rows)
        for i, term in enumerate(self._dated):
            if _in_force(term, at) and (
                i >= rows or self._meets(self.basis.rows[i], at, prompt, usage)
            ):
                mask |= bit
            bit <<= 1
        return mask

    def _meets(
        self, row: Row, at: int, prompt: int | Decimal, usage: Mapping[str, int | Decimal]
    ) -> bool:
        when = row.when
        size = prompt if when.basis == "prompt" else _size(when.basis, usage)
        return size > when.context and (when.hours is None or when.hours.open_at(at))

    def _compile(self, mask: int) -> _Plan | None:
        basis = self.basis
        terms = basis.terms
        chosen = tuple(row for i, row in enumerate(basis.rows) if mask >> i & 1)
        mask >>= len(basis.rows)
        times = tuple(term for i, term in enumerate(basis.multipliers) if mask >> i & 1)
        mask >>= len(basis.multipliers)
        rules = tuple(rule for i, rule in enumerate(terms.adjustments) if mask >> i & 1)
        mask >>= len(terms.adjustments)
        rates = tuple(rate for i, rate in enumerate(terms.rates) if mask >> i & 1)
        if not chosen:
            return None
        return _Plan(basis, chosen, times, Terms(rules, rates, terms.currency))

    def _not_then(self) -> NotPriced:
        detail = f"{self.basis.entry.model} has rows, none of them in force then"
        return NotPriced(Reason.NO_PRICE_AT_TIME, detail, self._provider)


def _prompt(usage: Mapping[str, int | Decimal]) -> int | Decimal:
    """How long the prompt is, in tokens of every kind."""
    prompt: int | Decimal = 0
    for name in usage:
        if name in PROMPT:
            prompt += usage[name]
    return prompt


def _in_force(term: _Term, at: int) -> bool:
    return (term.since is None or term.since <= at) and (term.until is None or at < term.until)


def _rate(line: _Line) -> Rate:
    return Rate(line.atto, line.units, line.minimum, line.step, line.currency, line.free)


def _size(basis: str, usage: Mapping[str, int | Decimal]) -> int | Decimal:
    """Tokens that a threshold of an unusual basis looks at."""
    size: int | Decimal = 0
    for name, count in usage.items():
        prompt = name in PROMPT
        if (
            (basis == "total" and name in TOKENS)
            or (basis == "output" and name in TOKENS and not prompt)
            or (basis == "uncached" and prompt and not name.startswith("cache_read"))
        ):
            size += count
    return size
