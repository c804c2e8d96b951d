"""From wheels to one merged book, in the order in which the steps depend on each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pricing.tables.making import (
    aliases,
    fetch,
    genai_prices,
    history,
    litellm,
    merge,
    museum,
    plausible,
    rulings,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pricing.tables.making.merge import Disagreement
    from pricing.tables.making.plausible import LeftOut
    from pricing.tables.making.rows import Book

TODAY: Final = fetch.LITELLM.checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """The finished book, and everything that was decided on the way to it."""

    book: Book
    names: dict[str, str]
    disagreements: list[Disagreement]
    ruled: list[dict[str, str]]
    left_out: list[LeftOut]
    agreeing: int
    since: list[museum.Difference]
    """Where the map of August 2025 has another price for its day."""


def compile_tables(wheels: Path) -> Compiled:
    """All sources, merged, ruled upon, and with mere names put under their models."""
    today = litellm.read(fetch.content(wheels, fetch.LITELLM), fetch.LITELLM.label)
    then = litellm.read(fetch.content(wheels, fetch.TOKENCOST), fetch.TOKENCOST.label)
    spring = litellm.read(fetch.content(wheels, fetch.LITELLM_THEN), fetch.LITELLM_THEN.label)
    data = fetch.content(wheels, fetch.GENAI_PRICES)
    dated, patterns = genai_prices.read(data, fetch.GENAI_PRICES.label)
    ruled = [*rulings.correct(today), *rulings.correct(then), *rulings.leave_out(dated)]
    rulings.correct(spring)  # the same cases: recorded once
    unseen = spring.keys() - {*today, *then, *dated}
    left_out = [
        *plausible.sift(today),
        *plausible.sift(then, museum=True),
        *(out for out in plausible.sift(spring, museum=True) if out.key in unseen),
        *plausible.sift(dated),
    ]
    merge.adopt_history(today, dated, patterns, TODAY)
    merged = merge.merge(today, dated, (then, spring), TODAY)
    ruled += merge.raise_in_region(merged.book)
    merge.share_with_kin(merged.book, today, spring, TODAY)
    merge.prune(merged.book)
    rulings.set_instants(merged.book)
    history.put_before(merged.book)
    since = list(museum.differences(then, merged.book))
    book = aliases.collapse(merged.book)
    names = genai_prices.names_of(data)
    return Compiled(
        book=book,
        names=names,
        disagreements=merged.disagreements,
        ruled=ruled,
        left_out=left_out,
        agreeing=merged.agreeing,
        since=since,
    )
