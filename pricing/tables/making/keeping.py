"""Rows only ever gain an end date: what earlier builds said, carried into a new one.

A price that a source changed without a date ends, and its successor begins, on the day the source
was taken. A model that the sources dropped keeps its rows: calls of last year still have a price.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pricing.tables.making.lines import Line, Sheet, joined, order

if TYPE_CHECKING:
    from pricing.tables.making.reading import Tables


def keep(new: Tables, old: Tables, today: str) -> Tables:
    """The new tables with everything that the old ones know beyond them."""
    kept: Tables = {}
    for provider in {**old, **new}:
        now, then = new.get(provider, {}), old.get(provider, {})
        names = {alias.lower(): sheet for sheet in now.values() for alias in sheet.aliases}
        sheets = dict(now)
        for key, sheet in then.items():
            if key in now:
                sheets[key] = _together(now[key], sheet, today)
            elif key not in names:
                sheets[key] = sheet
            elif not _covers(names[key], sheet):
                leader = names[key]
                leader.aliases = [alias for alias in leader.aliases if alias.lower() != key]
                own = Sheet(sheet.model, sheet.mode, [], leader.multipliers, leader.lines)
                sheets[key] = _together(own, sheet, today)
        kept[provider] = sheets
        _keep_names(sheets, then)
    return kept


def _covers(leader: Sheet, old: Sheet) -> bool:
    return all(
        any(line.identity == row.identity and line.says(row) for line in leader.lines)
        for row in old.lines
    )


def _together(now: Sheet, then: Sheet, today: str) -> Sheet:
    lines = list(now.lines)
    for old in then.lines:
        lines = _with(lines, old, today)
    return replace(now, lines=joined(sorted(lines, key=order)))


def _with(lines: list[Line], old: Line, today: str) -> list[Line]:
    same = next((line for line in lines if line.identity == old.identity), None)
    if same is not None and same.says(old):
        return lines
    past = bool(old.end) and old.end <= today
    if past:
        rest = [line for line in lines if line.identity != old.identity]
        return [*rest, old]
    end = _successor(lines, old) or today
    ended = replace(old, end=end)
    if same is None:
        return [*lines, ended] if old.start < end else lines
    begun = replace(same, start=today)
    return [*(line for line in lines if line is not same), replace(old, end=today), begun]


def _successor(lines: list[Line], old: Line) -> str:
    later = [line.start for line in lines if line.when == old.when and line.start > old.start]
    return min(later, default="")


def _keep_names(sheets: dict[str, Sheet], then: dict[str, Sheet]) -> None:
    """An alias that no source names any more still names its model."""
    taken = {*sheets, *(alias.lower() for sheet in sheets.values() for alias in sheet.aliases)}
    for key, sheet in then.items():
        lost = [alias for alias in sheet.aliases if alias.lower() not in taken]
        if lost:
            home = sheets.get(key) or _home(sheets, key)
            if home is not None:
                home.aliases = sorted({*home.aliases, *lost}, key=str.lower)


def _home(sheets: dict[str, Sheet], name: str) -> Sheet | None:
    return next((s for s in sheets.values() if name in {a.lower() for a in s.aliases}), None)
