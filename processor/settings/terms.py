"""The operator's terms: `pricing.adjustments` and `pricing.currency`.

Reads blocks into values of `pricing`; what they mean together is `pricing.deal`'s. Invariant: amounts and
factors are read from the text as it stands, so no number ever passes through a double.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pricing import rates
from pricing.decimals import MAX_DIGITS, bounded
from pricing.providers import canonical
from pricing.rows import FACTS, Fact, instant, value
from pricing.terms import Adjustment, Exchange, Terms
from pricing.usage import CLASSES
from processor.settings.block import Block
from processor.settings.problems import Bad, nearest
from processor.settings.scalars import choice, each, name, shown

if TYPE_CHECKING:
    from processor.settings.document import Node
    from processor.settings.problems import Report

MAX_RULES: Final = 1000
MAX_FACTOR: Final = 10
_NONE: Final[tuple[str, ...]] = ()
_DOES: Final = ("multiplier", "prices", "fixed")


def terms(pricing: Block) -> Terms:
    """What the two keys of the pricing block say."""
    currency = pricing.block("currency")
    code = currency.take("code", _code, "USD")
    no_rates: tuple[Exchange, ...] = ()
    exchange = currency.take("rates", _Rates(currency.report), no_rates)
    if code != "USD" and not any(rate.currency == code for rate in exchange):
        words = f"has no rate: only prices in {code} have an amount in it; add rates.{code}"
        currency.warning(words, "code")
    currency.end()
    no_rules: tuple[Adjustment, ...] = ()
    rules = pricing.take(
        "adjustments", _Adjustments(pricing, {rate.currency for rate in exchange}), no_rules
    )
    return Terms(rules, exchange, "" if code == "USD" else code)


class _Adjustments:
    """Parses the list of adjustments, each with its own block."""

    def __init__(self, pricing: Block, rated: set[str]) -> None:
        self._report = pricing.report
        self._rated = rated
        self._kind = f"{pricing.kind}.adjustments"

    def __call__(self, node: Node) -> tuple[Adjustment, ...]:
        if not isinstance(node.value, list):
            raise Bad(
                "is not a list; write `- {provider: NAME, multiplier: 0.9}` lines under it"
            )
        if len(node.value) > MAX_RULES:
            raise Bad(
                f"has {len(node.value)} rules; more than {MAX_RULES} are a price file's work"
            )
        return tuple(self._adjustment(item) for item in node.value)

    def _adjustment(self, node: Node) -> Adjustment:
        block = Block(node, self._report, self._kind)
        numerator, denominator = block.take("multiplier", _share, (1, 1))
        read = Adjustment(
            providers=tuple(map(canonical, block.take("provider", each(name), _NONE))),
            models=_lower(block.take("model", each(name), _NONE)),
            services=_lower(block.take("service", each(name), _NONE)),
            environments=_lower(block.take("environment", each(name), _NONE)),
            facts=block.take("when", _facts, ()),
            since=block.take("from", _moment, None),
            until=block.take("to", _moment, None),
            numerator=numerator,
            denominator=denominator,
            classes=frozenset(block.take("classes", each(_class), _NONE)),
            prices=block.take("prices", _prices, ()),
            fixed=block.take("fixed", _fixed, None),
        )
        if sum(map(block.has, _DOES)) != 1:
            block.problem("has to have one of `multiplier:`, `prices:` and `fixed:`")
        if read.classes and not block.has("multiplier"):
            block.problem("goes with `multiplier:` alone; leave it out", "classes")
        if None not in {read.since, read.until} and (read.until or 0) <= (read.since or 0):
            block.problem("ends before it begins", "to")
        self._need_rates(block, read)
        block.end()
        return read

    def _need_rates(self, block: Block, read: Adjustment) -> None:
        """A price in a currency that no rate turns into dollars would leave its calls without one."""
        for key, rate in read.prices:
            if rate.currency and rate.currency not in self._rated:
                words = f"{key} is in {rate.currency}, which has no rate; add `{rate.currency}:` to pricing.currency.rates"
                block.problem(words, "prices")
        fee = read.fixed
        if fee is not None and fee.currency and fee.currency not in self._rated:
            words = f"is in {fee.currency}, which has no rate; add `{fee.currency}:` to pricing.currency.rates"
            block.problem(words, "fixed")


class _Rates:
    """Parses the rates of exchange: for each currency one, or several with their days."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def __call__(self, node: Node) -> tuple[Exchange, ...]:
        if not isinstance(node.value, dict):
            raise Bad("is not a mapping; write `EUR: 1.08`, the dollars for one euro")
        made: list[Exchange] = []
        for key, item in node.value.items():
            try:
                made += self._of(_currency(key), item)
            except Bad as bad:
                self._report.problem(item.line, item.path, str(bad))
        return tuple(made)

    def _of(self, currency: str, node: Node) -> list[Exchange]:
        if currency == "USD":
            raise Bad("is the currency that rates are in; leave it out")
        if not isinstance(node.value, list):
            return [Exchange(currency, *_factor(node))]
        dated: list[tuple[int, int, int]] = []
        for item in node.value:
            block = Block(item, self._report, "processors.genai_cost.pricing.currency.rates")
            since = block.take("from", _moment, None)
            numerator, denominator = block.take("usd", _factor, (0, 1))
            if since is None or not numerator:
                block.problem(f"needs `from:` and `usd:`, the dollars for one {currency}")
            block.end()
            dated.append((since or 0, numerator, denominator))
        begins = [since for since, _, _ in dated]
        if not begins or begins != sorted(set(begins)):
            raise Bad("has to have its days in order, each once")
        ends = [*begins[1:], None]
        return [
            Exchange(currency, numerator, denominator, since, until)
            for (since, numerator, denominator), until in zip(dated, ends, strict=True)
        ]


def _lower(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text.strip().lower() for text in texts)


def _code(node: Node) -> str:
    return _currency(node.text)


def _currency(code: str) -> str:
    if len(code) != 3 or not (code.isascii() and code.isalpha() and code.isupper()):
        raise Bad("is not a currency; write its three letters, such as EUR")
    return code


def _class(node: Node) -> str:
    return choice(tuple(CLASSES))(node)


def _moment(node: Node) -> int:
    try:
        return instant(node.text)
    except ValueError as problem:
        raise Bad(
            f"is no date or instant ({problem}); write 2026-01-31 or 2026-01-31T16:00:00Z"
        ) from None


def _factor(node: Node) -> tuple[int, int]:
    plain = isinstance(node.value, int | float | str) and not isinstance(node.value, bool)
    number = bounded(node.text) if plain else None
    if number is None or not 0 < number <= 10**6:
        raise Bad(
            f"is {shown(node)}; write a number above 0 of at most {MAX_DIGITS} digits, such as 0.78"
        )
    return number.as_integer_ratio()


def _share(node: Node) -> tuple[int, int]:
    """A factor on list prices: a discount or a mark-up, not a percentage."""
    numerator, denominator = _factor(node)
    if numerator > MAX_FACTOR * denominator or numerator * 250 < denominator:
        raise Bad(
            f"is {shown(node)}, which is no discount and no mark-up; write the share of the list "
            "price that is paid, such as 0.78 for 22 % off"
        )
    return numerator, denominator


def _prices(node: Node) -> tuple[tuple[str, rates.Rate], ...]:
    if not isinstance(node.value, dict) or not node.value:
        raise Bad("is not a mapping; write {input: 2.5, output: 10}")
    made: list[tuple[str, rates.Rate]] = []
    for key, item in node.value.items():
        if key not in CLASSES:
            near = nearest(key, CLASSES)
            raise Bad(
                f"`{key}` is no class of usage" + (f"; did you mean `{near}`?" if near else "")
            )
        made.append((key, _rate(key, item.text)))
    return tuple(made)


def _fixed(node: Node) -> rates.Rate:
    return _rate("requests", f"{node.text} per request")


def _rate(key: str, text: str) -> rates.Rate:
    try:
        return rates.parse(key, text)
    except rates.RateError as bad:
        raise Bad(f"{key}: {bad}") from None


def _facts(node: Node) -> tuple[Fact, ...]:
    if not isinstance(node.value, dict):
        raise Bad("is not a mapping; write {service_tier: priority}")
    made: list[Fact] = []
    for key, item in node.value.items():
        if key not in FACTS:
            near = nearest(key, FACTS)
            raise Bad(
                f"`{key}` is no fact of a call" + (f"; did you mean `{near}`?" if near else "")
            )
        texts = each(name)(item)
        negated = [text.startswith("!") for text in texts]
        if not texts or any(negated) is not all(negated):
            raise Bad(f"`{key}` needs values, all of them or none with a `!` before")
        values = frozenset(value(key, text.removeprefix("!")) for text in texts)
        made.append(Fact(key, values, negated[0]))
    return tuple(made)
