"""Weekly windows: the hours in which a peak or off-peak row is in force.

Text form: `Mon-Fri 01:00-04:00, Sat 00:00-24:00 Asia/Shanghai except 2026-10-01..2026-10-07`; UTC where
no zone is named, every day where no day is. Windows are half-open; on the days excepted (public
holidays, as the zone's calendar has them) none of them is open.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from pricing.patterns import Pattern

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES: Final = 24 * 60
_WINDOW: Final = Pattern(
    r"(?:(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? )?(?P<from>\d\d:\d\d)-(?P<to>\d\d:\d\d)"
)
MAX_WINDOWS: Final = 64
_WEEK_S: Final = 7 * 86_400
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_DAYS_OFF: Final = 1000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Hours(NamedTuple):
    """Minutes of the week, Monday first, in which it is `open`; hashed and compared by text."""

    text: str
    zone: str
    spans: tuple[tuple[int, int], ...]
    off: frozenset[int] = frozenset()
    """Days on which it is closed, as days since the epoch."""

    def open_at(self, unix_ns: int) -> bool:
        """Whether an instant lies in a window."""
        day, minute = self._local(unix_ns // 10**9)
        return day not in self.off and any(begin <= minute < end for begin, end in self.spans)

    def _local(self, seconds: int) -> tuple[int, int]:
        """The day and the minute of the week, as the zone's clocks have them."""
        if self.zone == "UTC":  # the epoch was a Thursday
            return seconds // 86_400, (seconds + 3 * 86_400) % _WEEK_S // 60
        local = (_EPOCH + timedelta(seconds=seconds)).astimezone(_zone(self.zone))
        minute = local.weekday() * _DAY_MINUTES + local.hour * 60 + local.minute
        return local.toordinal() - _EPOCH_DAY, minute


def parse(text: str) -> Hours:
    """The windows a text means; raises ValueError."""
    open_text, _, closed = text.strip().partition(" except ")
    body, _, last = open_text.strip().rpartition(" ")
    zone = last if body and ("/" in last or last == "UTC") else "UTC"
    windows = body if zone == last else open_text.strip()
    _zone(zone)
    if windows.count(",") >= MAX_WINDOWS:
        raise ValueError(f"has more than {MAX_WINDOWS} windows; join those that touch")
    spans = [span for part in windows.lower().split(",") for span in _spans(part.strip())]
    return Hours(text.strip(), zone, tuple(sorted(spans)), frozenset(_days_off(closed)))


def _days_off(text: str) -> list[int]:
    days: list[int] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        first, _, last = part.partition("..")
        begin, end = (date.fromisoformat(day.strip()) for day in (first, last or first))
        if not 0 <= (end - begin).days < _DAYS_OFF:
            raise ValueError(
                f"{part!r} is not a day or some days such as 2026-10-01..2026-10-07"
            )
        days.extend(range(begin.toordinal() - _EPOCH_DAY, end.toordinal() - _EPOCH_DAY + 1))
    if len(days) > 10 * _DAYS_OFF:
        raise ValueError(f"{len(days)} days off are out of all proportion")
    return days


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
