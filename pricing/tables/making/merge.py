"""All sources into one book: history from genai-prices, dimensions from LiteLLM, the rest from both.

A source's price without a counterpart is taken as it is; of two that differ `verdicts` takes one
and the difference is recorded. LiteLLM's rows hold in the period that holds today.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from pricing.tables.making.decimals import plain, text
from pricing.tables.making.genai_prices import matches
from pricing.tables.making.rows import (
    ALWAYS,
    Book,
    Classes,
    Entry,
    Period,
    Price,
    When,
    is_token,
    lookup,
    without,
)
from pricing.tables.making.verdicts import IN_REGION, Case, decide, earlier_prices, price_then

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from pricing.tables.making.genai_prices import Pattern

_GEO: Final = ("us.", "eu.", "au.", "jp.", "apac.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Two sources, two prices, and which was taken for what reason."""

    provider: str
    model: str
    condition: When
    name: str
    litellm: Price
    genai_prices: Price
    chosen: str
    reason: str


@dataclass(slots=True)
class Merged:
    """The book so far, and how the sources met in it."""

    book: Book = field(default_factory=Book)
    disagreements: list[Disagreement] = field(default_factory=list[Disagreement])
    agreeing: int = 0


def merge(litellm: Book, genai_prices: Book, museums: tuple[Book, ...], today: str) -> Merged:
    """One book; `today` is the day on which the sources were taken; of the museums the oldest is first."""
    merged = Merged()
    gone: Book = {key: entry for museum in reversed(museums) for key, entry in museum.items()}
    for key in sorted({*litellm, *genai_prices, *gone}):
        ours, theirs = litellm.get(key), genai_prices.get(key)
        if ours is not None and theirs is not None:
            merged.book[key] = _join(ours, theirs, museums[0], today, merged)
        else:
            found = deepcopy(ours or theirs or gone[key])
            if ours is None and theirs is not None:
                for museum in museums:
                    if key in museum:
                        _fill(found, museum[key], today)
            merged.book[key] = found
        for museum in museums:
            if key in museum:
                _keep_fast(merged.book[key], museum[key])
    return merged


def _keep_fast(entry: Entry, then: Entry) -> None:
    """A faster service that is not sold any more: its calls of then do not cost the standard price."""
    for condition, classes in then.periods[0].grid.items():
        for period in entry.periods if lookup(condition, "speed") else ():
            if condition not in period.grid and _agree(then, period):
                period.grid[condition] = dict(classes)


def _fill(entry: Entry, then: Entry, today: str) -> None:
    """Classes that only an old map has, where input and output are still what they were."""
    current = entry.current(today)
    # OpenRouter's rows of those maps have one audio price copied to every Gemini.
    resold = entry.provider == "openrouter"
    if resold or current is None or not _agree_today(then, entry.periods, today):
        return
    for condition, classes in then.periods[0].grid.items():
        known = current.grid.get(condition)
        own = known if known is not None or condition else {}
        wanted = classes if own is None else {n: p for n, p in classes.items() if n not in own}
        for name, price in wanted.items():
            if is_token(name):
                current.grid.setdefault(condition, {})[name] = price


def _join(ours: Entry, theirs: Entry, then: Book, today: str, merged: Merged) -> Entry:
    entry = Entry(ours.provider, ours.model, ours.mode, deepcopy(theirs.periods))
    entry.multipliers, entry.kin = ours.multipliers, theirs.kin
    current = entry.current(today)
    if current is None:
        return deepcopy(ours)
    grid = deepcopy(ours.periods[0].grid)
    if _premium(grid, current.grid, entry.provider):
        _record_premium(entry, grid, current.grid, merged)
        _raise_tenth(grid)
    for condition, classes in grid.items():
        known = current.grid.setdefault(condition, {})
        for name, price in classes.items():
            other = known.get(name)
            if other is None:
                known[name] = price
            elif other.same(price):
                known[name] = replace(other, sources=other.sources | price.sources)
                merged.agreeing += 1
            else:
                case = Case(
                    provider=entry.provider,
                    model=entry.model,
                    mode=entry.mode,
                    condition=condition,
                    name=name,
                    litellm=price,
                    genai_prices=other,
                    siblings=classes,
                    earlier=earlier_prices(theirs, today, condition, name),
                    then=price_then(then, entry, name),
                )
                known[name] = _settled(case, merged)
    return entry


def _record_premium(
    entry: Entry, ours: dict[When, Classes], theirs: dict[When, Classes], merged: Merged
) -> None:
    merged.disagreements.append(
        Disagreement(
            provider=entry.provider,
            model=entry.model,
            condition=ALWAYS,
            name="input",
            litellm=ours[ALWAYS]["input"],
            genai_prices=theirs[ALWAYS]["input"],
            chosen="genai-prices",
            reason=IN_REGION,
        )
    )


def _settled(case: Case, merged: Merged) -> Price:
    verdict = decide(case)
    chosen = "litellm" if verdict.price is case.litellm else "genai-prices"
    merged.disagreements.append(
        Disagreement(
            provider=case.provider,
            model=case.model,
            condition=case.condition,
            name=case.name,
            litellm=case.litellm,
            genai_prices=case.genai_prices,
            chosen=chosen,
            reason=verdict.reason,
        )
    )
    return verdict.price


def adopt_history(litellm: Book, named: Book, patterns: Iterable[Pattern], today: str) -> int:
    """Give LiteLLM's ids the history of the genai-prices model that an open match says they are.

    Only where today's input and output agree: an open match also takes siblings it does not mean.
    """
    by_provider: dict[str, list[Pattern]] = {}
    for pattern in patterns:
        by_provider.setdefault(pattern.provider, []).append(pattern)
    adopted = 0
    for key, entry in litellm.items():
        if key in named:
            continue
        found = next((p for p in by_provider.get(key[0], ()) if matches(p.match, key[1])), None)
        if found is not None and _agree_today(entry, found.periods, today):
            named[key] = Entry(entry.provider, entry.model, "", deepcopy(found.periods))
            adopted += 1
    return adopted


def _agree_today(entry: Entry, periods: list[Period], today: str) -> bool:
    current = next((period for period in periods if period.holds(today)), None)
    return current is not None and _agree(entry, current)


def _agree(entry: Entry, period: Period) -> bool:
    """Whether the two have the same standard price."""
    ours, theirs = entry.periods[0].grid.get(ALWAYS, {}), period.grid.get(ALWAYS, {})
    both = [name for name in ("input", "output") if name in ours and name in theirs]
    return bool(both) and all(ours[name].same(theirs[name]) for name in both)


def _premium(ours: dict[When, Classes], theirs: dict[When, Classes], provider: str) -> bool:
    """Whether an in-region Bedrock id has the global price in LiteLLM."""
    if provider != "aws.bedrock":
        return False
    left, right = ours.get(ALWAYS, {}).get("input"), theirs.get(ALWAYS, {}).get("input")
    return left is not None and right is not None and left.rate * 11 == right.rate * 10


def raise_in_region(book: Book) -> list[dict[str, str]]:
    """Bare Anthropic ids cost what their geographic profiles do, where those cost a tenth more."""
    raised: list[dict[str, str]] = []
    for (provider, model), entry in book.items():
        if provider != "aws.bedrock" or not model.startswith("anthropic."):
            continue
        twins = (book.get((provider, f"{geo}{model}")) for geo in _GEO)
        twin = next((found for found in twins if found is not None), None)
        grid = entry.periods[-1].grid
        if twin and _premium(grid, twin.periods[-1].grid, provider):
            stated = grid[ALWAYS]["input"].amount
            _raise_tenth(grid)
            raised.append(
                {
                    "provider": provider,
                    "model": entry.model,
                    "class": "input",
                    "stated": text(stated),
                    "chosen": text(grid[ALWAYS]["input"].amount),
                    "reason": IN_REGION,
                }
            )
    return raised


def _raise_tenth(grid: dict[When, Classes]) -> None:
    for condition, classes in grid.items():
        if lookup(condition, "region"):
            continue
        for name, price in classes.items():
            if is_token(name):
                classes[name] = replace(price, amount=_tenth_more(price.amount))


def _tenth_more(amount: Decimal) -> Decimal:
    return plain(amount * 11 / 10)


def prune(book: Book) -> None:
    """Take out regional rows that say nothing of their own, and fees that are the same everywhere."""
    for entry in book.values():
        for period in entry.periods:
            for condition in [c for c in period.grid if lookup(c, "region")]:
                wide = period.grid.get(without(condition, "region"), {})
                own = period.grid[condition]
                same = {n for n, price in own.items() if n in wide and wide[n].same(price)}
                if same == set(own):
                    del period.grid[condition]
                else:
                    for name in same:
                        if not is_token(name):
                            del own[name]


def share_with_kin(book: Book, litellm: Book, museum: Book, today: str) -> None:
    """What LiteLLM adds, or added, to one id of a model holds for the ids that only genai-prices has."""
    joined: dict[tuple[str, str], list[Entry]] = {}
    for key, entry in book.items():
        if entry.kin and (key in litellm or key in museum):
            joined.setdefault((key[0], entry.kin), []).append(entry)
    for key, entry in book.items():
        if not entry.kin or key in litellm:
            continue
        for sibling in sorted(joined.get((key[0], entry.kin), ()), key=_plainest):
            if sibling is not entry and _same_today(entry, sibling, today):
                entry.periods, entry.multipliers = sibling.periods, sibling.multipliers
                entry.mode = sibling.mode
                break


def _plainest(entry: Entry) -> tuple[bool, int, str]:
    return (entry.model.endswith("-latest"), len(entry.model), entry.model)


def _same_today(entry: Entry, other: Entry, today: str) -> bool:
    """Whether all that a source says of an id today is said of the other too."""
    mine, theirs = entry.current(today), other.current(today)
    if mine is None or theirs is None:
        return False
    return all(
        name in theirs.grid.get(condition, {}) and theirs.grid[condition][name].same(price)
        for condition, classes in mine.grid.items()
        for name, price in classes.items()
    )
