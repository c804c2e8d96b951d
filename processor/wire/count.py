"""How many items an export request holds, for the service's own counters; nothing is kept of it."""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64  # noqa: TC002 - mypyc has it from here

from processor.wire.fields import Malformed, payload_at, skip, tag_at

# Tags on the way down to what is counted, by depth.
RECORDS: Final = ((0x0A,), (0x12,), (0x12,))
POINTS: Final = ((0x0A,), (0x12,), (0x12,), (0x2A, 0x3A, 0x4A, 0x52, 0x5A), (0x0A,))


def count_items(body: bytes, *, points: bool) -> int:
    """How many log records, or with `points` metric data points, an export request holds.

    ResourceLogs/ResourceMetrics = 1, ScopeLogs/ScopeMetrics = 2, LogRecord/Metric = 2; a metric's
    points are field 1 of its data: Gauge = 5, Sum = 7, Histogram = 9, ExponentialHistogram = 10,
    Summary = 11.
    """
    try:
        return int(_count(body, 0, len(body), POINTS if points else RECORDS, 0))
    except IndexError:
        raise Malformed("a message ends in the middle of a field") from None


def _count(
    body: bytes, at: i64, end: i64, path: tuple[tuple[int, ...], ...], depth: int
) -> i64:
    """How many messages stand at the end of the path; nothing is kept on the way."""
    total: i64 = 0
    wanted = path[depth]
    last = depth + 1 == len(path)
    while at < end:
        tag, at = tag_at(body, at, end)
        if tag & 7 != 2:
            at = skip(body, at, end, tag)
            continue
        at, stop = payload_at(body, at, end)
        if tag in wanted:
            total += 1 if last else _count(body, at, stop, path, depth + 1)
        at = stop
    return total
