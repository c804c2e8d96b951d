"""Rows only ever gain an end date: what earlier builds said, carried into a new one.

A price that a source changed without a date ends, and its successor begins, on the day the source
was taken. A model that the sources dropped keeps its rows: calls of last year still have a price.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pricing.tables.making.lines import Line, Sheet, joined, order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pricing.tables.making.reading import Tables

    Told = Mapping[tuple[str, str], str]


ALWAYS_RIGHT: Final = "9999"
"""Later than every day: the new tables are right about all of the past."""


def keep(new: Tables, old: Tables, today: str, told: Told | None = None) -> Tables:
    """The new tables with everything that the old ones know beyond them.

    `told` says until when the kept history of a model speaks: before that the new tables are right.
    """
    told = told or {}
    kept: Tables = {}
    for provider in {**old, **new}:
        now, then = new.get(provider, {}), old.get(provider, {})
        names = {alias.lower(): sheet for sheet in now.values() for alias in sheet.aliases}
        sheets = dict(now)
        for key, sheet in then.items():
            if key in now:
                until = told.get((provider, key), "")
                sheets[key] = _together(now[key], sheet, today, until)
            elif told.get((provider, key)) == ALWAYS_RIGHT:
                continue
            elif key not in names:
                sheets[key] = sheet
            elif not _covers(names[key], sheet):
                leader = names[key]
                leader.aliases = [alias for alias in leader.aliases if alias.lower() != key]
                own = Sheet(sheet.model, sheet.mode, [], leader.multipliers, leader.lines)
                sheets[key] = _together(own, sheet, today, "")
        kept[provider] = sheets
        _keep_names(sheets, then)
    return kept


def _covers(leader: Sheet, old: Sheet) -> bool:
    return all(
        any(line.identity == row.identity and line.says(row) for line in leader.lines)
        for row in old.lines
    )


def _together(now: Sheet, then: Sheet, today: str, told: str) -> Sheet:
    conditions = dict.fromkeys(line.when for line in (*now.lines, *then.lines))
    lines: list[Line] = []
    for when in conditions:
        new = [line for line in now.lines if line.when == when]
        old = [line for line in then.lines if line.when == when]
        lines += _timeline(new, old, today, told)
    return replace(now, lines=joined(sorted(lines, key=order)))


def _timeline(new: list[Line], old: list[Line], today: str, told: str) -> list[Line]:
    """One condition's rows, span by span: no two can overlap."""
    bounds = sorted(
        {"", told, today, *(at for row in (*new, *old) for at in (row.start, row.end))}
    )
    known = {row.start for row in old}
    spans: list[Line] = []
    for begin, end in zip(bounds, [*bounds[1:], ""], strict=True):
        stated, remembered = _at(new, begin), _at(old, begin)
        past = told <= begin < today
        chosen = _choice(stated, remembered, known, past=past)
        if chosen is not None:
            spans.append(replace(chosen, start=begin, end=end))
    return joined(spans)


def _at(lines: list[Line], moment: str) -> Line | None:
    return next((x for x in lines if x.start <= moment and (not x.end or moment < x.end)), None)


def _choice(
    stated: Line | None, remembered: Line | None, known: set[str], *, past: bool
) -> Line | None:
    """The sources speak for today and later; for the past only of a change not yet known."""
    if not past or remembered is None:
        return stated
    if stated is None:
        return remembered
    dated_anew = stated.start and stated.start not in known
    return stated if dated_anew or stated.says(remembered) else remembered


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
