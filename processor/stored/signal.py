"""Which signal a protobuf request is of: it does not say so, but what it holds does.

The messages around spans, metrics and log records have the same numbers, so the first item tells, by
a field that the others have not, or have as another type. Reads no further than that item.
Field numbers: https://github.com/open-telemetry/opentelemetry-proto, trace.proto, logs.proto, metrics.proto.
"""

from __future__ import annotations

from typing import Final

from processor.model import Signal
from processor.wire.fields import Malformed, payload_at, skip, tag_at

_PATH: Final = (0x0A, 0x12, 0x12)
"""ResourceSpans = 1, ScopeSpans = 2, Span = 2; logs and metrics alike."""
_TELLS: Final = {
    0x39: Signal.TRACES,  # start_time_unix_nano = 7, fixed64
    0x41: Signal.TRACES,  # end_time_unix_nano = 8, fixed64
    0x09: Signal.LOGS,  # time_unix_nano = 1, fixed64
    0x59: Signal.LOGS,  # observed_time_unix_nano = 11, fixed64
    0x10: Signal.LOGS,  # severity_number = 2, varint
    0x3A: Signal.METRICS,  # sum = 7, a message
}
_METRIC_ALONE: Final = frozenset({0x2A, 0x4A, 0x52, 0x5A})
"""Gauge, histogram, exponential histogram, summary: numbers that a span has too, behind its times."""


def signal_of(body: bytes) -> Signal:
    """The signal of a request's bytes; traces where nothing tells, or they are no request."""
    try:
        return _told(body)
    except (Malformed, IndexError):
        return Signal.TRACES


def _told(body: bytes) -> Signal:
    item = _first(body, 0, len(body), 0)
    if item is None:
        return Signal.TRACES
    at, end = item
    seen: set[int] = set()
    while at < end:
        tag, at = tag_at(body, at, end)
        if tag in _TELLS:
            return _TELLS[tag]
        seen.add(tag)
        at = skip(body, at, end, tag)
    return Signal.METRICS if seen & _METRIC_ALONE else Signal.TRACES


def _first(body: bytes, at: int, end: int, depth: int) -> tuple[int, int] | None:
    """Bounds of the first item below."""
    while at < end:
        tag, at = tag_at(body, at, end)
        if tag != _PATH[depth]:
            at = skip(body, at, end, tag)
            continue
        at, stop = payload_at(body, at, end)
        found = (at, stop) if depth == 2 else _first(body, at, stop, depth + 1)
        if found is not None:
            return found
        at = stop
    return None
