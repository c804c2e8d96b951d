"""LiteLLM's off-peak windows as our weekly windows: hours in UTC, weekdays in a zone of their own.

Only zones of one offset all year can be told that way; another is an error.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pricing import hours
from pricing.formats.document import is_list, is_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SPAN: Final = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_DAY: Final = 24 * 60


def windows(content: Mapping[str, Any]) -> str:
    """The text form of `{windows: [{hours_utc, weekdays}], weekday_timezone}`."""
    zone = content.get("weekday_timezone") or "UTC"
    if not isinstance(zone, str):
        raise ValueError("`weekday_timezone` is no name of a time zone")  # noqa: TRY004
    shift = _offset(zone)
    parts: list[str] = []
    for window in _some(content.get("windows"), "windows"):
        if not is_mapping(window):
            raise ValueError("a window is no mapping of `hours_utc` and `weekdays`")
        stated = window.get("hours_utc")
        days = [
            _day(day) for day in _some(window.get("weekdays") or list(range(1, 8)), "weekdays")
        ]
        for span in _some(stated if is_list(stated) else [stated], "hours_utc"):
            for begin, end in _local(span, shift):
                parts += [f"{day} {_clock(begin)}-{_clock(end)}" for day in days]
    return f"{', '.join(parts)} {zone}"


def _some(content: Any, name: str) -> list[Any]:
    if not is_list(content) or not 0 < len(content) <= hours.MAX_WINDOWS:
        raise ValueError(f"`{name}` is no list of 1 to {hours.MAX_WINDOWS}")
    return content


def _day(content: Any) -> str:
    if isinstance(content, bool) or not isinstance(content, int) or not 1 <= content <= 7:
        raise ValueError(f"{content!r} is no day from 1, Monday, to 7")
    return _DAYS[content - 1]


def _local(span: Any, shift: int) -> Iterator[tuple[int, int]]:
    """The span in the zone's own time of day, cut at midnight."""
    match = _SPAN.fullmatch(span) if isinstance(span, str) else None
    if match is None:
        raise ValueError(f"{span!r} is no time of day in UTC such as 22:00-06:00")
    hour, minute, to_hour, to_minute = map(int, match.groups())
    begin, end = hour * 60 + minute, to_hour * 60 + to_minute
    length = (end - begin) % _DAY or _DAY
    if length == _DAY:
        yield 0, _DAY
        return
    begin = (begin + shift) % _DAY
    if begin + length <= _DAY:
        yield begin, begin + length
    else:
        yield begin, _DAY
        yield 0, begin + length - _DAY


def _offset(zone: str) -> int:
    if zone == "UTC":
        return 0
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  ten models need it

    try:
        found = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError(f"{zone!r} is no time zone that this machine knows") from None
    offsets = {
        datetime(2026, month, 1, tzinfo=UTC).astimezone(found).utcoffset()
        for month in range(1, 13)
    }
    offset = offsets.pop()
    if offsets or offset is None:
        raise ValueError(f"{zone} changes its offset")
    return offset // timedelta(minutes=1)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
