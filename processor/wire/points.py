"""The data points of chosen metrics in an ExportMetricsServiceRequest, by tag and length; only read.

Gauges and summaries are nobody's usage and are passed over. Invariant: every length is checked
against its enclosing message before anything is sliced; whatever does not fit is a `Malformed`.
Field numbers: https://github.com/open-telemetry/opentelemetry-proto, metrics.proto.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from mypy_extensions import i64  # noqa: TC002 - mypyc has it from here

from processor.wire.fields import Malformed, fixed64_at, payload_at, skip, tag_at, varint_at
from processor.wire.walk import Frame

if TYPE_CHECKING:
    from collections.abc import Container

CUMULATIVE: Final = 2
DELTA: Final = 1
_DOUBLE: Final = struct.Struct("<d")
_NO_VALUE: Final = 1
"""DataPointFlags.NO_RECORDED_VALUE_MASK."""
_MAX_NAME: Final = 256


class _Form(NamedTuple):
    """Where the points of one kind of metric have what is wanted, as tags."""

    attributes: int
    value: int
    flags: int
    whole: int = -1
    """Of a value that is an integer."""


# Sum = 7 of NumberDataPoints, Histogram = 9, ExponentialHistogram = 10: their points' `sum`.
FORMS: Final = {
    0x3A: _Form(attributes=0x3A, value=0x21, flags=0x40, whole=0x31),
    0x4A: _Form(attributes=0x4A, value=0x29, flags=0x50),
    0x52: _Form(attributes=0x0A, value=0x29, flags=0x50),
}


class Point(NamedTuple):
    """What one data point says; `attributes` are KeyValue payloads in their order."""

    scope: Frame
    metric: str
    temporality: int
    attributes: tuple[bytes, ...]
    start_ns: int
    end_ns: int
    value: int | float


class _Metric(NamedTuple):
    frame: Frame
    name: str
    form: _Form
    temporality: int


def points_of(body: bytes, wanted: Container[str]) -> list[Point]:
    """The points of the metrics whose name is wanted. Raises `Malformed`."""
    found: list[Point] = []
    try:
        _resources(body, wanted, found)
    except IndexError:
        raise Malformed("a metrics request ends in the middle of a field") from None
    return found


def _resources(body: bytes, wanted: Container[str], found: list[Point]) -> None:
    for resource in _frames(body, 0, len(body), 0x0A, None):  # resource_metrics = 1
        scopes = _frames(
            body, resource.start, resource.end, 0x12, resource
        )  # scope_metrics = 2
        for scope in scopes:
            for metric in _frames(body, scope.start, scope.end, 0x12, scope):  # metrics = 2
                _metric(body, metric, scope, wanted, found)


def _frames(body: bytes, at: i64, end: i64, tag: int, parent: Frame | None) -> list[Frame]:
    """The messages with this tag; what stands beside them as field 1 is noted on the parent."""
    found: list[Frame] = []
    while at < end:
        seen, at = tag_at(body, at, end)
        if seen == tag:
            length_at = at
            at, stop = payload_at(body, at, end)
            found.append(Frame(length_at, at, stop, parent))
            at = stop
        elif seen == 0x0A and parent is not None:  # resource = 1, scope = 1
            at, stop = payload_at(body, at, end)
            parent.add(body[at:stop])
            at = stop
        else:
            at = skip(body, at, end, seen)
    if parent is not None:
        parent.close()
    return found


def _metric(
    body: bytes, metric: Frame, scope: Frame, wanted: Container[str], found: list[Point]
) -> None:
    """The points of one metric, if it is wanted: its name may stand behind its data."""
    name = ""
    kinds: list[tuple[int, int, int]] = []
    at: i64 = metric.start
    end: i64 = metric.end
    while at < end:
        tag, at = tag_at(body, at, end)
        if tag & 7 == 2:
            at, stop = payload_at(body, at, end)
            if tag == 0x0A and stop - at <= _MAX_NAME:  # name = 1
                name = body[at:stop].decode("utf-8", "replace")
            elif tag in FORMS:
                kinds.append((int(tag), int(at), int(stop)))
            at = stop
        else:
            at = skip(body, at, end, tag)
    if name in wanted:
        for kind, first, last in kinds:
            _data(body, first, last, _Metric(scope, name, FORMS[kind], 0), found)


def _data(body: bytes, at: i64, end: i64, metric: _Metric, found: list[Point]) -> None:
    """The points of a Sum, Histogram or ExponentialHistogram: all have them as field 1."""
    points: list[tuple[int, int]] = []
    temporality = 0
    while at < end:
        tag, at = tag_at(body, at, end)
        if tag == 0x0A:  # data_points = 1
            at, stop = payload_at(body, at, end)
            points.append((int(at), int(stop)))
            at = stop
        elif tag == 0x10:  # aggregation_temporality = 2
            number, at = varint_at(body, at, end)
            temporality = int(number)
        else:
            at = skip(body, at, end, tag)
    metric = metric._replace(temporality=temporality)
    for first, last in points:
        point = _point(body, first, last, metric)
        if point is not None:
            found.append(point)


def _point(body: bytes, at: i64, end: i64, metric: _Metric) -> Point | None:
    form = metric.form
    attributes: list[bytes] = []
    start_ns: i64 = 0
    end_ns: i64 = 0
    value: int | float | None = None
    while at < end:
        tag, at = tag_at(body, at, end)
        if tag == form.attributes:
            at, stop = payload_at(body, at, end)
            attributes.append(body[at:stop])
            at = stop
        elif tag == 0x11:  # start_time_unix_nano = 2
            start_ns, at = fixed64_at(body, at, end)
        elif tag == 0x19:  # time_unix_nano = 3
            end_ns, at = fixed64_at(body, at, end)
        elif tag == form.value:
            if at + 8 > end:
                raise Malformed("a double ends after its message")
            value = float(_DOUBLE.unpack_from(body, at)[0])
            at += 8
        elif tag == form.whole:
            value, at = _signed(body, at, end)
        elif tag == form.flags:
            flags, at = varint_at(body, at, end)
            if flags & _NO_VALUE:
                return None
        else:
            at = skip(body, at, end, tag)
    if value is None:
        return None
    return Point(
        metric.frame,
        metric.name,
        metric.temporality,
        tuple(attributes),
        int(start_ns),
        int(end_ns),
        value,
    )


def _signed(body: bytes, at: i64, end: i64) -> tuple[int, i64]:
    """An sfixed64: `fixed64_at` leaves the sign out, since times have none."""
    number, after = fixed64_at(body, at, end)
    if body[at + 7] & 128:
        return int(number) - (1 << 63), after
    return int(number), after
