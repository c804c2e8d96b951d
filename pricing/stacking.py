"""One model's rows from several sources: the later source's rows, and below them what they leave open.

A row gives way to a later source's row for the same calls (the same `when`) for as long as that is
in force, and all its classes with it: one that the later source dropped is not brought back. A source
with one plain row leaves the tiers, batches and thresholds of those before it; one in a form that has
words for thresholds and hours (`graded`) leaves the tiers and batches; one that is `whole` nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pricing.rows import Entry, Row


def over(top: Entry, below: Entry) -> Entry:
    """Both as one; *top* is the later source's, *below* what the earlier ones came to."""
    if top.whole:
        return top
    left = [piece for row in below.rows for piece in _left(row, top)]
    own = {frozenset(multiplier.facts) for multiplier in top.multipliers}
    return top._replace(
        rows=(*left, *top.rows),
        mode=top.mode or below.mode,
        name=top.name or below.name,
        multipliers=(
            *top.multipliers,
            *(term for term in below.multipliers if frozenset(term.facts) not in own),
        ),
        # What both say holds for whatever the two of them are laid over.
        whole=below.whole,
        graded=top.graded or below.graded,
    )


def _left(row: Row, top: Entry) -> Iterator[Row]:
    """The times of a row at which none of the later source's is in force for the same calls."""
    pieces = [(row.since, row.until)]
    for other in top.rows:
        if _same_calls(row, other, graded=top.graded):
            pieces = [rest for piece in pieces for rest in _without(piece, other)]
    for since, until in pieces:
        yield row._replace(since=since, until=until)


def _without(
    piece: tuple[int | None, int | None], other: Row
) -> Iterator[tuple[int | None, int | None]]:
    """What is left of [since, until) beside another row's time."""
    since, until = piece
    if other.since is not None and (since is None or since < other.since):
        yield since, other.since if until is None else min(until, other.since)
    if other.until is not None and (until is None or other.until < until):
        yield other.until if since is None else max(since, other.until), until


def _same_calls(one: Row, other: Row, *, graded: bool) -> bool:
    return one.when == other.when or (
        frozenset(one.when.facts) == frozenset(other.when.facts)
        and (graded or one.when._replace(facts=()) == other.when._replace(facts=()))
    )
