"""What is likely a slip in the operator's terms, seen beside the table they are for; words, never refusals.

A name that nothing answers to, an alias that stands for nothing, an agreed price far off the listed one, a currency whose amounts no rate
turns into dollars now. Looks through whole layers, so it belongs to reloads and checks, not to calls.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING, Final

from pricing import suggest
from pricing.answers import NotPriced, Question
from pricing.compact import CompactLayer
from pricing.plausible import FACTOR
from pricing.providers import known, near
from pricing.rates import at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pricing.rates import Rate
    from pricing.rows import Entry
    from pricing.table import PriceTable
    from pricing.terms import Adjustment

_ALIASES: Final = 20
"""So many aliases are told by name."""
_LOOKED_AT: Final = 200
"""So many models of a rule are compared with what it agrees on."""


def misgivings(table: PriceTable, at_unix_ns: int) -> list[str]:
    """A line for each, with what it is about and how to mend it."""
    found: list[str] = []
    listed = list(table.models()) if table.terms.adjustments else []
    for i, rule in enumerate(table.terms.adjustments):
        words = (
            *_sellers(rule, listed),
            *_models(rule, listed, table),
            *_far_off(rule, table, listed),
        )
        found += [f"pricing.adjustments[{i}]{each}" for each in words]
    return [*found, *_aliases(table), *_without_rate(table, at_unix_ns)]


def _aliases(table: PriceTable) -> Iterator[str]:
    """Names of the operator's that stand for nothing."""
    missing = (alias for alias in table.aliases if not table.has_target(alias))
    for told, alias in enumerate(islice(missing, _ALIASES + 1)):
        if told == _ALIASES:
            yield "pricing.aliases: further ones stand for what no table has, too"
            return
        target = table.aliases[alias]
        like = next(iter(suggest.target(table, target)), "")
        yield f"pricing.aliases.{alias}: no table has `{target}`{_or(like)}"


def _sellers(rule: Adjustment, listed: list[tuple[str, str]]) -> Iterator[str]:
    sellers = {provider for provider, _ in listed}
    for name in rule.providers:
        if known(name) or any(fnmatchcase(seller, name) for seller in sellers):
            continue
        like = next(iter(suggest.nearest(name, sorted(sellers), 1)), "") or near(name)
        yield f".provider: `{name}` sells nothing that is known{_or(like)}"


def _models(
    rule: Adjustment, listed: list[tuple[str, str]], table: PriceTable
) -> Iterator[str]:
    for pattern in rule.models:
        if any(fnmatchcase(name, pattern) for name in table.aliases):
            continue
        if not _answers(pattern, rule, listed, table):
            like = suggest.models(table, pattern.strip("*"), next(iter(rule.providers), ""), 1)
            yield f".model: `{pattern}` matches no model of the table{_or(next(iter(like), ''))}"


def _answers(
    pattern: str, rule: Adjustment, listed: list[tuple[str, str]], table: PriceTable
) -> bool:
    if any(fnmatchcase(model.lower(), pattern) for _, model in _sold(rule, listed)):
        return True
    asked = (Question(pattern, provider=name) for name in rule.providers or ("",))
    return any(not isinstance(table.search(question), NotPriced) for question in asked)


def _sold(rule: Adjustment, listed: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for provider, model in listed:
        if not rule.providers or any(fnmatchcase(provider, each) for each in rule.providers):
            yield provider, model


def _far_off(
    rule: Adjustment, table: PriceTable, listed: list[tuple[str, str]]
) -> Iterator[str]:
    """As price files are refused for it (`pricing.plausible`); a contract is not, it is only doubted."""
    if not rule.prices:
        return
    meant = (
        (provider, model)
        for provider, model in _sold(rule, listed)
        if not rule.models or any(fnmatchcase(model.lower(), each) for each in rule.models)
    )
    for provider, model in islice(meant, _LOOKED_AT):
        entry = table.entry(provider, model)
        for name, rate in rule.prices:
            if entry is not None and _is_far(name, rate, entry):
                yield (
                    f".prices.{name}: is more than {FACTOR} times off what {provider}/{model} is "
                    "listed at; is the unit right? A bare number is for a million tokens"
                )
                return


def _is_far(name: str, rate: Rate, entry: Entry) -> bool:
    ours = [row.rates[name] for row in entry.rows if name in row.rates and row.rates[name].atto]
    ours = [each for each in ours if not each.currency]
    if not ours or not rate.atto:
        return False
    weak = at_most(rate.currency)
    over = all(
        rate.atto * each.units >= FACTOR * weak * each.atto * rate.units for each in ours
    )
    return over or all(
        rate.atto * each.units * FACTOR <= each.atto * rate.units for each in ours
    )


def _without_rate(table: PriceTable, at_unix_ns: int) -> Iterator[str]:
    """Currencies of price files that nothing turns into dollars at an instant."""
    rated = {
        rate.currency
        for rate in table.terms.rates
        if (rate.since or 0) <= at_unix_ns and (rate.until is None or at_unix_ns < rate.until)
    }
    sellers: dict[str, set[str]] = {}
    for layer in table.layers:
        if isinstance(layer, CompactLayer):
            continue  # in dollars alone
        for provider, model in layer.models():
            entry = layer.entry(provider, model)
            for row in entry.rows if entry is not None else ():
                for rate in row.rates.values():
                    if rate.currency and rate.currency not in rated:
                        sellers.setdefault(rate.currency, set()).add(provider)
    for currency, names in sorted(sellers.items()):
        yield (
            f"{currency} has no rate for now: calls of {', '.join(sorted(names)[:5])} are "
            f"no_price_at_time; add pricing.currency.rates.{currency}"
        )


def _or(name: str) -> str:
    return f"; did you mean `{name}`?" if name else ""
