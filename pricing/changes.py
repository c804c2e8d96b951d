"""What a new copy of a source changes, counted by row, for the log of a reload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pricing.rows import row_id

if TYPE_CHECKING:
    from pricing.layer import Layer
    from pricing.rows import Entry, Row

SHOWN: Final = 5


class Changes(NamedTuple):
    """Rows that came, went, or are other than they were; and the models they are of."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    models: tuple[str, ...] = ()
    """A few of them."""

    def __str__(self) -> str:
        counts = (
            f"{count} {'row' if count == 1 else 'rows'} {what}"
            for what, count in zip(("added", "removed", "changed"), self[:3], strict=True)
            if count
        )
        words = ", ".join(counts) or "no row changed"
        return f"{words} ({', '.join(self.models)})" if self.models else words


def changes(before: Layer | None, after: Layer) -> Changes:
    """What differs between two copies; everything is new where there was none."""
    if before is None:
        return Changes(added=after.rows)
    added = removed = changed = 0
    names: list[str] = []
    for provider, model in sorted({*before.models(), *after.models()}):
        was, now = before.entry(provider, model), after.entry(provider, model)
        if was == now:
            continue
        old, new = _rows(was), _rows(now)
        came, went = len(new.keys() - old.keys()), len(old.keys() - new.keys())
        other = sum(new[key] != old[key] for key in new.keys() & old.keys())
        added, removed, changed = added + came, removed + went, changed + other
        if came or went or other:
            names.append(f"{provider}/{model}")
    more = ("...",) if len(names) > SHOWN else ()
    return Changes(added, removed, changed, (*names[:SHOWN], *more))


def _rows(entry: Entry | None) -> dict[tuple[str, int], tuple[Row, object]]:
    """Rows by what they are for; the place tells apart those that are for the same."""
    if entry is None:
        return {}
    found: dict[tuple[str, int], tuple[Row, object]] = {}
    for row in entry.rows:
        name, place = row_id(entry.provider, entry.model, row), 0
        while (name, place) in found:
            place += 1
        found[name, place] = row, (entry.multipliers, entry.mode)
    return found
