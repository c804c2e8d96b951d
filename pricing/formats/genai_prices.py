"""genai-prices' data as published: a provider's YAML file, or its JSON of all providers.

Prices with start dates, daily windows, thresholds and variants become rows; ids that a match clause
names become aliases, its open ends (prefixes, patterns) patterns of the layer (`clauses`).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pricing.decimals import bounded
from pricing.formats import clauses
from pricing.formats.document import is_list, is_mapping
from pricing.formats.genai_prices_keys import (
    CLASS_OF,
    FACTS,
    MODEL,
    NOT_FROM_A_CALL,
    PROVIDER,
    class_of,
)
from pricing.formats.loaded import MAX_ROWS, Gathering, Loaded
from pricing.formats.superseded import Times, daily, left
from pricing.problems import nearest
from pricing.providers import canonical
from pricing.rows import FACTS as KNOWN_FACTS
from pricing.rows import Conditions, Fact, Row, instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pricing.formats.clauses import Clause
    from pricing.formats.document import Document, Path
    from pricing.rates import Rate

NAME: Final = "genai-prices"
# One name for two price lists: Google's at AI Studio and Vertex AI, Azure's at OpenAI and AI Foundry.
_SELLERS: Final[Mapping[str, tuple[str, ...]]] = {
    "google": ("gcp.gemini", "gcp.vertex_ai"),
    "azure": ("azure.ai.openai", "azure.ai.inference"),
}
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::00)?(?:Z|\+00:00)?")
_MAX_TOKENS: Final = 10**12

_Steps = dict[str, dict[int, "Rate"]]
"""Rates by class and by the size of the prompt above which they hold (-1: any)."""


class _Variant(NamedTuple):
    facts: tuple[Fact, ...]
    times: Times
    steps: _Steps


def read(document: Document) -> Loaded:
    """The prices in a document of this form; raises `PriceError`."""
    found = Gathering(document, graded=True)
    content = document.value
    if is_mapping(content) and "providers" in content:
        content = content["providers"]
    providers = content if is_list(content) else [content]
    steps = 0
    for i, provider in enumerate(providers):
        path: Path = (i,) if is_list(content) else ()
        if not is_mapping(provider) or not is_list(provider.get("models")):
            found.problem(path, "needs to be a provider with a list of `models`")
            continue
        _keys(found, path, provider, PROVIDER)
        if not _is_name(provider.get("id")):
            found.problem((*path, "id"), "needs to be the provider's id, a text")
            continue
        for j, model in enumerate(provider["models"]):
            steps += _model(found, (*path, "models", j), str(provider["id"]), model)
    if steps > clauses.MAX_STEPS_OF_A_FILE:
        found.problem((), "its regular expressions together could take too long; anchor them")
    return found.finish(NAME)


def _is_name(content: Any) -> bool:
    plain = isinstance(content, str | int | Decimal) and not isinstance(content, bool)
    return plain and bool(str(content).strip())


def _model(found: Gathering, path: Path, provider: str, model: Any) -> int:
    """Adds a model; what its regular expressions may cost at worst."""
    if not is_mapping(model) or not _is_name(model.get("id")):
        found.problem(path, "needs to be a model with an `id`, a text")
        return 0
    _keys(found, path, model, MODEL)
    rows = list(_rows(found, path, model))
    if not rows:
        return 0
    name, clause = str(model["id"]), None
    if model.get("match") is not None:
        try:
            clause = clauses.parse(model["match"])
        except ValueError as problem:
            found.problem((*path, "match"), str(problem))
    for seller in _SELLERS.get(provider, (canonical(provider),)):
        found.entry(seller, name, rows, name=str(model.get("name") or ""))
        if clause is not None:
            _match(found, path, seller, name, clause)
    return clause.steps if clause is not None else 0


def _match(found: Gathering, path: Path, seller: str, model: str, clause: Clause) -> None:
    for alias in clauses.named(clause):
        if alias != model.lower() and not found.has(seller, alias):
            found.alias(seller, alias, model, path)
    if clause.is_open:
        found.pattern(seller, clauses.pattern(clause, model.strip().lower()))


def _rows(found: Gathering, path: Path, model: Mapping[str, Any]) -> Iterator[Row]:
    """Of the price lists the last that is active decides alone, of the variants the first, class by class."""
    listed = _listed(found, (*path, "prices"), model.get("prices"))
    thresholds: dict[str, set[int]] = {}
    for i, (times, steps) in enumerate(listed):
        for name, by_start in steps.items():
            thresholds.setdefault(name, set()).update(by_start)
        # The first is used where no other is active: from the beginning of time, at every hour.
        own = left(times if i else Times(), (later for later, _ in listed[i + 1 :]))
        if own is not None:
            yield from _of(steps, own, ())
    variants = list(_variants(found, (*path, "price_variants"), model.get("price_variants")))
    for i, variant in enumerate(variants):
        for name, by_start in variant.steps.items():
            earlier = (v for v in variants[:i] if v.facts == variant.facts and name in v.steps)
            own = left(variant.times, (v.times for v in earlier))
            if own is not None:
                whole = _at_each(by_start, thresholds.get(name, set()))
                yield from _of({name: whole}, own, variant.facts)


def _of(steps: _Steps, times: Times, facts: tuple[Fact, ...]) -> Iterator[Row]:
    """A row for the base prices, and one for each threshold."""
    by_context: dict[int, dict[str, Rate]] = {}
    for name, by_start in steps.items():
        for start, made in by_start.items():
            by_context.setdefault(start, {})[name] = made
    for context, rates in sorted(by_context.items()):
        when = Conditions(facts, context, times.hours)
        yield Row(rates, times.since, times.until, when, NAME)


def _at_each(by_start: dict[int, Rate], thresholds: set[int]) -> dict[int, Rate]:
    """A variant's rates, said again at the thresholds of what it replaces."""
    made = dict(by_start)
    for start in thresholds - made.keys():
        below = [at for at in by_start if at <= start]
        if below:
            made[start] = by_start[max(below)]
    return made


def _listed(found: Gathering, path: Path, prices: Any) -> list[tuple[Times, _Steps]]:
    if is_mapping(prices):
        return [(Times(), _priced(found, path, prices))]
    made: list[tuple[Times, _Steps]] = []
    for i, entry in enumerate(_list(found, path, prices)):
        place = (*path, i)
        if not is_mapping(entry):
            found.problem(place, "needs to be a mapping with `prices` and a `constraint`")
            continue
        steps = _priced(found, (*place, "prices"), entry.get("prices"))
        made.append((_times(found, place, entry.get("constraint")), steps))
    return made


def _variants(found: Gathering, path: Path, content: Any) -> Iterator[_Variant]:
    for i, variant in enumerate(_list(found, path, content)):
        place = (*path, i)
        if not is_mapping(variant):
            found.problem(place, "needs to be a mapping with `when` and `prices`")
            continue
        facts = _facts(found, (*place, "when"), variant.get("when"))
        if facts:
            times = _times(found, place, variant.get("constraint"))
            yield _Variant(
                facts, times, _priced(found, (*place, "prices"), variant.get("prices"))
            )


def _list(found: Gathering, path: Path, content: Any) -> list[Any]:
    if content is None:
        return []
    if not is_list(content) or len(content) > MAX_ROWS:
        found.problem(path, f"needs to be a list of at most {MAX_ROWS:,}")
        return []
    return content


def _priced(found: Gathering, path: Path, prices: Any) -> _Steps:
    steps: _Steps = {}
    if prices is not None and not is_mapping(prices):
        found.problem(path, "needs to be a mapping of prices")
    for key, content in prices.items() if is_mapping(prices) else ():
        known = class_of(key)
        if known is None:
            if key not in NOT_FROM_A_CALL:
                words = f"unknown price key {key!r}{nearest(key, CLASS_OF)}"
                found.problem((*path, key), words)
            continue
        name, per = known
        for start, amount in _amounts(found, (*path, key), content):
            made = found.rate((*path, key), name, amount, per)
            if made is not None:
                steps.setdefault(name, {})[start] = made
    return steps


def _amounts(found: Gathering, path: Path, content: Any) -> Iterator[tuple[int, Decimal]]:
    """The base price and those of the tiers, by where they start."""
    content = content if is_mapping(content) else {"base": content}
    stated = [(path, -1, content.get("base"))]
    for i, tier in enumerate(_list(found, (*path, "tiers"), content.get("tiers"))):
        place = (*path, "tiers", i)
        start = tier.get("start") if is_mapping(tier) else None
        if (
            isinstance(start, bool)
            or not isinstance(start, int)
            or not 0 <= start < _MAX_TOKENS
        ):
            found.problem(place, "needs to be {start: a number of tokens, price: an amount}")
        else:
            stated.append((place, start, tier.get("price")))
    for place, start, price in stated:
        amount = bounded(price)
        if amount is None:
            found.problem(place, f"{price!r} is not a price")
        else:
            yield start, amount


def _times(found: Gathering, path: Path, constraint: Any) -> Times:
    if constraint is None:
        return Times()
    if not is_mapping(constraint):
        words = "needs to be {start_date: ...} or {start_time: ..., end_time: ...}"
        found.problem((*path, "constraint"), words)
        return Times()
    try:
        if "start_date" in constraint:
            return Times(since=instant(str(constraint["start_date"])))
        return daily(*(_minute(constraint.get(key)) for key in ("start_time", "end_time")))
    except ValueError as problem:
        found.problem((*path, "constraint"), f"is not understood ({problem})")
        return Times()


def _minute(content: Any) -> int:
    match = _CLOCK.fullmatch(content) if isinstance(content, str) else None
    if match is None:
        raise ValueError(f"{content!r} is not a time of day in UTC, such as 16:30")
    return int(match[1]) * 60 + int(match[2])


def _facts(found: Gathering, path: Path, when: Any) -> tuple[Fact, ...]:
    """The facts a variant is for; none where no telemetry has them, or none is said."""
    if not is_mapping(when) or not when:
        found.problem(path, "needs to be what it is for, such as {processing: batch}")
        return ()
    facts: list[Fact] = []
    for name, text in when.items():
        if name not in FACTS or not isinstance(text, str):
            found.warn(path, f"{name}={text} is in no telemetry")
            return ()
        plain = text.strip().lower()
        renamed = FACTS[name].get(plain, (name, plain))
        if renamed[0] not in KNOWN_FACTS or not plain:
            found.warn(path, f"{name}={text} is in no telemetry")
            return ()
        facts.append(Fact(renamed[0], frozenset({renamed[1]})))
    return tuple(facts)


def _keys(
    found: Gathering, path: Path, fields: Mapping[str, Any], known: frozenset[str]
) -> None:
    for key in fields:
        if key not in known:
            found.warn((*path, key), f"unknown key{nearest(str(key), known)}")
