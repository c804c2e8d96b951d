"""The operator's terms: adjustments of listed prices, dated rates of exchange, a second currency.

Values only; `pricing.deal` does the sums, the settings read them from the configuration. Adjustments
act in their order, each on what those before it left. Invariant: no terms, no difference.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from pricing.money import divide_half_even, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pricing.answers import Question
    from pricing.rates import Rate
    from pricing.rows import Fact


class Adjustment(NamedTuple):
    """One rule: for whom, when, and one of a factor, prices of its own, an amount per call.

    Texts are lowercase; a `*` in one matches any text; an empty tuple asks for nothing.
    """

    providers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    """Of the row, the response or the request."""
    services: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    since: int | None = None
    until: int | None = None
    numerator: int = 1
    denominator: int = 1
    classes: frozenset[str] = frozenset()
    """What the factor is for; empty: everything, amounts per call before it included."""
    prices: tuple[tuple[str, Rate], ...] = ()
    """By class, instead of the listed ones."""
    fixed: Rate | None = None
    """Added to each call."""

    def holds(
        self, question: Question, seller: str, model: str, facts: Mapping[str, str]
    ) -> bool:
        """Whether it is for such calls; time aside."""
        names = (model, question.model.strip().lower(), question.request_model.strip().lower())
        return (
            _named((seller,), self.providers)
            and _named(names, self.models)
            and _named((question.service.lower(),), self.services)
            and _named((question.environment.lower(),), self.environments)
            and all(fact.holds(facts) for fact in self.facts)
        )

    def scales(self, names: tuple[str, ...]) -> bool:
        """Whether its factor is for a class of usage: `names` are the class and what lends it its rate."""
        return not self.classes or not self.classes.isdisjoint(names)


class Exchange(NamedTuple):
    """What one unit of a currency is worth in US dollars for a time, as a fraction."""

    currency: str
    numerator: int
    denominator: int
    since: int | None = None
    until: int | None = None


class Terms(NamedTuple):
    """Everything the operator says of money; part of what decides a price."""

    adjustments: tuple[Adjustment, ...] = ()
    rates: tuple[Exchange, ...] = ()
    currency: str = ""
    """The second currency beside US dollars; empty: none."""

    def asks_service(self) -> bool:
        """Whether a price may depend on the service: only then a question has to name it."""
        return any(rule.services for rule in self.adjustments)

    def asks_environment(self) -> bool:
        """The same of the deployment environment."""
        return any(rule.environments for rule in self.adjustments)

    def beside(self, atto_usd: int, at_unix_ns: int) -> str:
        """Dollars in the second currency, exact decimal text, rounded once, half to even, to 10**-18.

        By the rate of an instant; empty without one, or without a second currency. For costs that were
        charged in dollars: of a `Quote` the `amount` says more, as its prices may be in that currency.
        """
        for rate in self.rates:
            if rate.currency == self.currency and _in_force(rate, at_unix_ns):
                return to_text(divide_half_even(atto_usd * rate.denominator, rate.numerator))
        return ""


NO_TERMS: Final = Terms()


def _in_force(rate: Exchange, at_unix_ns: int) -> bool:
    begun = rate.since is None or rate.since <= at_unix_ns
    return begun and (rate.until is None or at_unix_ns < rate.until)


def _named(texts: tuple[str, ...], patterns: tuple[str, ...]) -> bool:
    return not patterns or any(
        text and fnmatchcase(text, pattern) for text in texts for pattern in patterns
    )
