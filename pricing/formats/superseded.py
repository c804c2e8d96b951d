"""When a price list is in force that later ones replace: genai-prices' rule, as periods and hours.

There the last active list alone decides; here every row that holds has a say. What a winner takes is
cut out of the time of the list below it, so that no price outlives its list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pricing import hours

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pricing.hours import Hours

DAY: Final = 24 * 60
_WHOLE_DAY: Final = ((0, DAY),)


class Times(NamedTuple):
    """From `since` to `until` (Unix ns; None is open), at minutes of the day in UTC."""

    since: int | None = None
    until: int | None = None
    minutes: tuple[tuple[int, int], ...] = _WHOLE_DAY
    """Half-open, in order, apart from each other."""

    @property
    def hours(self) -> Hours | None:
        """The minutes as weekly windows; None for the whole day."""
        if self.minutes == _WHOLE_DAY:
            return None
        spans = (f"{_clock(begin)}-{_clock(end)}" for begin, end in self.minutes)
        return hours.parse(f"{', '.join(spans)} UTC")


def daily(begin: int, end: int) -> Times:
    """Every day from one minute to another, over midnight if the second is the smaller."""
    if begin == end:
        return Times(minutes=())
    if begin < end:
        return Times(minutes=((begin, end),))
    return Times(minutes=tuple(span for span in ((0, end), (begin, DAY)) if span[0] < span[1]))


def left(own: Times, winners: Iterable[Times]) -> Times | None:
    """What is left of a list's times beside lists that win over it; None for nothing.

    A list is dated or has hours, never both; one with neither always wins.
    """
    for winner in winners:
        if winner.minutes == _WHOLE_DAY:
            starts = [t for t in (own.until, winner.since) if t is not None]
            if winner.since is None:
                return None
            own = own._replace(until=min(starts))
        else:
            own = own._replace(minutes=_without(own.minutes, winner.minutes))
    if own.since is not None and own.until is not None and own.until <= own.since:
        return None
    return own if own.minutes else None


def _without(
    spans: tuple[tuple[int, int], ...], taken: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], ...]:
    for begin, end in taken:
        pieces = [((b, min(e, begin)), (max(b, end), e)) for b, e in spans]
        spans = tuple(piece for pair in pieces for piece in pair if piece[0] < piece[1])
    return spans


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
