"""From points to what was used since the point before: cumulative, delta, resets, points sent again.

A cumulative series counts from its own start if that lies after ours; an older one was counted by
whoever watched it before, so its first point is where counting begins. Nothing here waits. Bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from processor.metered.report import Report

_Known: TypeAlias = tuple[tuple[int, int], ...]
"""Of a cumulative series its last (value, end); of a delta series its last (start, end)."""

CAPACITY: Final = 65_536
"""Series remembered; up to half as many may be alive at once."""
INTERVALS: Final = 64
"""Intervals of a delta series that are remembered: a point of an older one was counted."""


class Series:
    """What is known of every series. `since_ns` is when watching began."""

    def __init__(self, since_ns: int, capacity: int = CAPACITY) -> None:
        self._since_ns = since_ns
        self._half = capacity // 2
        self._young: dict[bytes, _Known] = {}
        self._old: dict[bytes, _Known] = {}

    def used(self, report: Report, now_ns: int) -> int:
        """Tokens that were not counted yet, 0 or more."""
        if report.delta:
            return self._delta(report, now_ns)
        return self._cumulative(report, now_ns)

    def _cumulative(self, report: Report, now_ns: int) -> int:
        key = report.series + report.start_ns.to_bytes(8, "big")
        known = self._young.get(key) or self._old.get(key)
        if known is None:
            self._put(key, ((report.value, report.end_ns),), now_ns)
            return report.value if report.start_ns >= self._since_ns else 0
        ((value, end_ns),) = known
        if report.end_ns <= end_ns:
            return 0  # sent again, or overtaken by a later one that held it
        self._put(key, ((report.value, report.end_ns),), now_ns)
        # A sum that falls began anew, whatever its start says.
        return report.value - value if report.value >= value else report.value

    def _delta(self, report: Report, now_ns: int) -> int:
        key = report.series
        known = self._young.get(key) or self._old.get(key) or ()
        interval = report.start_ns, report.end_ns
        if interval in known or (len(known) >= INTERVALS and interval < min(known)):
            return 0
        self._put(key, (*known[1 - INTERVALS :], interval), now_ns)
        return report.value

    def _put(self, key: bytes, kept: _Known, now_ns: int) -> None:
        if key not in self._young and len(self._young) >= self._half:
            if self._old:  # a series that began before now may be one that is forgotten
                self._since_ns = now_ns
            self._old, self._young = self._young, {}
        self._young[key] = kept
