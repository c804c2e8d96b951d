"""From usage to money: the part of a quote that runs once per call.

An offer is the rows that answer one question; which of them are in force depends on the instant
and the size of the prompt, and each such set is compiled once into a plan of plain integers. Order
of composition (trap 43): rows in force, narrowest first -> class or its parent -> minimum quantity
-> multipliers -> the operator's terms (`pricing.deal`) -> rounding, once per part.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

from pricing.answers import NotPriced, Quote, Reason, Standing
from pricing.deal import counted, product
from pricing.plan import Line, Plan, rate_of
from pricing.tariff import Tariff
from pricing.terms import Terms
from pricing.usage import PROMPT, TOKENS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pricing.deal import Deal
    from pricing.plan import Basis
    from pricing.rows import Multiplier, Row
    from pricing.terms import Adjustment, Exchange

    _Term = Row | Multiplier | Adjustment | Exchange

_STANDING: Final = (
    Standing.PRICED,
    Standing.FALLBACK,
    Standing.LOWER_BOUND,
    Standing.LOWER_BOUND,
)
_PLANS: Final = 256
_NO_USAGE: Final = NotPriced(Reason.NO_USAGE, "nothing was counted")


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
        self._plans: dict[int, Plan | None] = {}
        varies = self._times or self._thresholds or self._unusual
        self._always = None if varies else Plan(basis, rows, basis.multipliers, basis.terms)

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

    def _carefully(self, plan: Plan, usage: Mapping[str, int | Decimal]) -> Quote | NotPriced:
        """The same sum where a class is a fraction, has a minimum, a doubt or no price."""
        if plan.deal is not None:
            return self._dealt(plan, plan.deal, usage)
        total, doubt, paid = 0, plan.doubt_of(usage), False
        parts: list[tuple[str, int]] = []
        for name, count in usage.items():
            line = plan[name]
            if isinstance(line, int):
                line = Line(line, 1, doubt=plan.doubts.get(name, 0))
            if count < 0:
                return NotPriced(Reason.IMPOSSIBLE_USAGE, f"{count} {name}", self._provider)
            paid = paid or line.units > 0
            if not count or (line.units and line.measures and counted(line.measures, usage)):
                continue
            doubt |= line.doubt
            if line.units:
                part = product(count, rate_of(line))
                parts.append((name, part))
                total += part
        if not paid:
            return self._unpaid(plan, usage)
        return Quote(
            total, tuple(parts), plan.row, self._match, self._provider, _STANDING[doubt], total
        )

    def plan_at(self, usage: Mapping[str, int | Decimal], at_unix_ns: int) -> Plan | None:
        """The rows in force for a call, for who explains an answer; None where there are none."""
        return self._plan(usage, at_unix_ns) if self._always is None else self._always

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

    def _unpaid(self, plan: Plan, usage: Mapping[str, int | Decimal]) -> NotPriced:
        detail = f"{plan.row} does not price {', '.join(usage)}"
        return NotPriced(Reason.UNSUPPORTED_UNIT, detail, self._provider)

    def _dealt(
        self, plan: Plan, deal: Deal, usage: Mapping[str, int | Decimal]
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

    def _plan(self, usage: Mapping[str, int | Decimal], at: int) -> Plan | None:
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

    def _compile(self, mask: int) -> Plan | None:
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
        return Plan(basis, chosen, times, Terms(rules, rates, terms.currency))

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
