"""What a build changed, for people: a section of CHANGES.md, a few lines a provider."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from pricing import rates
from pricing.rows import instant_text, row_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pricing.compact import CompactLayer
    from pricing.rows import Entry, Row

_NAMES: Final = 8
_MARK: Final = "\n## "


def section(day: str, releases: str, earlier: CompactLayer, now: CompactLayer) -> str:
    """The Markdown of one update."""
    lines = [f"## {day}", "", f"{releases}.", "", *lines_of(earlier, now)]
    return "\n".join([*lines, "" if lines[-1] else "No price changed.", ""])


def lines_of(earlier: CompactLayer, now: CompactLayer) -> list[str]:
    """A line for each provider with something new, then one for each price that moved."""
    new: dict[str, list[str]] = defaultdict(list)
    moved: dict[str, list[str]] = defaultdict(list)
    for provider, model in now.models():
        known = earlier.resolve(provider, model)
        before = earlier.entry(provider, known) if known is not None else None
        after = now.entry(provider, model)
        if before is None or after is None:
            new[provider].append(model)
        else:
            moved[provider] += _moves(before, after)
    found: list[str] = []
    for provider in sorted({*new, *moved}):
        if new[provider]:
            names = ", ".join(new[provider][:_NAMES])
            more = len(new[provider]) - _NAMES
            found.append(
                f"- {provider}: {len(new[provider])} new: {names}{f' and {more} more' if more > 0 else ''}"
            )
        found += [f"- {move}" for move in moved[provider]]
    return found


def _moves(before: Entry, after: Entry) -> Iterator[str]:
    """Prices that moved and rows that ended, one by one; rows for new conditions as a count."""
    places = {(row.when, row.since): row for row in before.rows}
    added = 0
    for row in after.rows:
        known = places.get((row.when, row.since))
        earlier = known or _predecessor(before, row)
        name = row_id(after.provider, after.model, row)
        if earlier is None:
            added += 1
        elif earlier.rates != row.rates:
            yield f"{name}: {_prices(earlier, row)}"
        elif known is not None and row.until is not None and known.until is None:
            yield f"{name}: until {instant_text(row.until)}"
    if added:
        yield f"{after.provider}/{after.model}: {added} rows for further conditions"


def _predecessor(before: Entry, row: Row) -> Row | None:
    """The row of the same condition that was in force just before."""
    at = row.since or 0
    found = [
        r
        for r in before.rows
        if r.when == row.when and (r.since or 0) < at and (r.until is None or at <= r.until)
    ]
    return found[-1] if found else None


def _prices(known: Row, row: Row) -> str:
    """`input 2 -> 1.5, output 8`: only what differs, and what is no longer said."""
    parts = [
        f"{name} {rates.text(name, rate)} -> none"
        for name, rate in known.rates.items()
        if name not in row.rates
    ]
    for name, rate in row.rates.items():
        old = known.rates.get(name)
        if old != rate:
            was = f"{rates.text(name, old)} -> " if old is not None else ""
            parts.append(f"{name} {was}{rates.text(name, rate)}")
    return ", ".join(sorted(parts))


def put_first(file: Path, text: str) -> None:
    """Puts a section before the sections that are there; one of the same day is replaced."""
    head, mark, rest = file.read_text(encoding="utf-8").partition(_MARK)
    day = text.removeprefix("## ").partition("\n")[0]
    sections = [part for part in f"{mark}{rest}".split(_MARK) if part]
    kept = [part for part in sections if part.partition("\n")[0] != day]
    body = "".join(f"{_MARK}{part}" for part in kept)
    file.write_text(f"{head}\n{text}".replace("\n\n\n", "\n\n") + body, encoding="utf-8")
