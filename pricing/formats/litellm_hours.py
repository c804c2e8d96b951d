"""LiteLLM's off-peak windows as our weekly windows: hours in UTC, weekdays in a zone of their own.

Only zones of one offset all year can be told that way; another is an error.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pricing.formats.document import is_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY: Final = 24 * 60


def windows(content: Mapping[str, Any]) -> str:
    """The text form of `{windows: [{hours_utc, weekdays}], weekday_timezone}`."""
    zone = str(content.get("weekday_timezone") or "UTC")
    shift = _offset(zone)
    parts: list[str] = []
    for window in content["windows"]:
        stated: Any = window["hours_utc"]
        days = [_DAYS[int(day) - 1] for day in window.get("weekdays") or range(1, 8)]
        for span in stated if is_list(stated) else (stated,):
            for begin, end in _local(str(span), shift):
                parts += [f"{day} {_clock(begin)}-{_clock(end)}" for day in days]
    return f"{', '.join(parts)} {zone}"


def _local(span: str, shift: int) -> Iterator[tuple[int, int]]:
    """The span in the zone's own time of day, cut at midnight."""
    begin, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in span.split("-"))
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
    from zoneinfo import ZoneInfo  # noqa: PLC0415  ten models need it

    offsets = {
        datetime(2026, month, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()
        for month in range(1, 13)
    }
    offset = offsets.pop()
    if offsets or offset is None:
        raise ValueError(f"{zone} changes its offset")
    return offset // timedelta(minutes=1)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
