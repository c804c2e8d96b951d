"""Weekly windows: the hours in which a peak or off-peak row is in force.

Text form: `Mon-Fri 01:00-04:00, Sat 00:00-24:00 Asia/Shanghai`; UTC where no zone is named, every
day where no day is. Windows are half-open. Public holidays are nobody's data, so not ours.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from pricing.patterns import Pattern

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES: Final = 24 * 60
_WINDOW: Final = Pattern(
    r"(?:(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? )?(?P<from>\d\d:\d\d)-(?P<to>\d\d:\d\d)"
)
_WEEK_S: Final = 7 * 86_400
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Hours(NamedTuple):
    """Minutes of the week, Monday first, in which it is `open`; hashed and compared by text."""

    text: str
    zone: str
    spans: tuple[tuple[int, int], ...]

    def open_at(self, unix_ns: int) -> bool:
        """Whether an instant lies in a window."""
        minute = self._minute(unix_ns)
        return any(begin <= minute < end for begin, end in self.spans)

    def _minute(self, unix_ns: int) -> int:
        seconds = unix_ns // 10**9
        if self.zone == "UTC":
            return (seconds + 3 * 86_400) % _WEEK_S // 60  # the epoch was a Thursday
        local = (_EPOCH + timedelta(seconds=seconds)).astimezone(_zone(self.zone))
        return local.weekday() * _DAY_MINUTES + local.hour * 60 + local.minute


def parse(text: str) -> Hours:
    """The windows a text means; raises ValueError."""
    body, _, last = text.strip().rpartition(" ")
    zone = last if body and ("/" in last or last == "UTC") else "UTC"
    windows = body if zone == last else text.strip()
    _zone(zone)
    spans = [span for part in windows.lower().split(",") for span in _spans(part.strip())]
    return Hours(text.strip(), zone, tuple(sorted(spans)))


def _spans(part: str) -> list[tuple[int, int]]:
    match = _WINDOW.fullmatch(part)
    if match is None:
        raise ValueError(f"{part!r} is not a window such as `Mon-Fri 01:00-04:00`")
    begin, end = _minutes(match["from"]), _minutes(match["to"])
    if end <= begin:  # over midnight, or the whole day
        end += _DAY_MINUTES
    return [
        piece
        for day in _days(match["first"], match["last"])
        for piece in _within_week(day * _DAY_MINUTES + begin, day * _DAY_MINUTES + end)
    ]


def _within_week(begin: int, end: int) -> list[tuple[int, int]]:
    week = 7 * _DAY_MINUTES
    return [(begin, end)] if end <= week else [(begin, week), (0, end - week)]


def _days(first: str | None, last: str | None) -> list[int]:
    if first is None:
        return list(range(7))
    if first not in _DAYS or (last is not None and last not in _DAYS):
        raise ValueError(f"{first}-{last} are not days; write {', '.join(_DAYS)}")
    begin, end = _DAYS.index(first), _DAYS.index(last or first)
    return [day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)]


def _minutes(clock: str) -> int:
    hour, minute = int(clock[:2]), int(clock[3:])
    if hour > 24 or minute > 59 or hour * 60 + minute > _DAY_MINUTES:
        raise ValueError(f"{clock} is not a time of day")
    return hour * 60 + minute


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  rarely needed

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as problem:
        raise ValueError(f"{name!r} is not a time zone this machine knows") from problem
