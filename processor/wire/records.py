"""Log records among the spans: what `walk.scan` finds of a logs request, read; stamps turned for them.

A record is handled as a view of a span: its ids are those of the span it was written in, its end is
its time. Invariant: as for spans, nothing outside the record is read.
Field numbers: https://github.com/open-telemetry/opentelemetry-proto, logs.proto.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from mypy_extensions import i64  # noqa: TC002 - mypyc has it from here

from processor.wire.fields import Malformed, any_value, fixed64_at, payload_at, skip, tag_at
from processor.wire.keys import LOG_RECORDS
from processor.wire.walk import read_attribute

if TYPE_CHECKING:
    from processor.wire.keys import KeyTable
    from processor.wire.walk import SpanView

MAX_NAME: Final = 128
"""Longest event name that is looked at, in bytes."""
_TAG: Final = bytes((LOG_RECORDS,))


class Named(NamedTuple):
    """What a record calls itself; empty where it does not."""

    event: str
    """LogRecord.event_name."""
    body: str
    """Its body, where that is one short text: older writers named their events there."""


def read_record(
    body: bytes, view: SpanView, table: KeyTable, replaceable: frozenset[str]
) -> Named:
    """Fill in what a log record says; what it calls itself. Raises `Malformed`."""
    view.attributes, view.places = {}, []
    try:
        return _read(body, view, table, replaceable)
    except IndexError:
        raise Malformed("a log record ends in the middle of a field") from None


def _read(body: bytes, view: SpanView, table: KeyTable, replaceable: frozenset[str]) -> Named:
    at: i64 = view.start
    end: i64 = view.end
    observed_ns: i64 = 0
    event = text = ""
    while at < end:
        field_at = at
        tag, at = tag_at(body, at, end)
        if tag & 7 == 2:
            at, stop = payload_at(body, at, end)
            if tag == LOG_RECORDS:  # attributes = 6
                read_attribute(body, field_at, at, stop, view, table, replaceable)
            elif tag == 0x4A:  # trace_id = 9
                view.trace_id = body[at:stop]
            elif tag == 0x52:  # span_id = 10
                view.span_id = body[at:stop]
            elif tag == 0x62 and stop - at <= MAX_NAME:  # event_name = 12
                event = body[at:stop].decode("utf-8", "replace")
            elif tag == 0x2A and stop - at <= MAX_NAME:  # body = 5
                said = any_value(body, at, stop)
                text = said if isinstance(said, str) else ""
            at = stop
        elif tag == 0x09:  # time_unix_nano = 1
            view.end_ns, at = fixed64_at(body, at, end)
        elif tag == 0x59:  # observed_time_unix_nano = 11
            observed_ns, at = fixed64_at(body, at, end)
        else:
            at = skip(body, at, end, tag)
    view.end_ns = view.end_ns or observed_ns
    view.start_ns = view.end_ns
    return Named(event, text)


def for_records(stamp: bytes) -> bytes:
    """A stamp, which is made of a span's field 9, as a log record's field 6; of the same length."""
    out: list[bytes] = []
    at: i64 = 0
    end: i64 = len(stamp)
    while at < end:
        _tag, after = tag_at(stamp, at, end)
        _start, stop = payload_at(stamp, after, end)
        out += (_TAG, stamp[after:stop])
        at = stop
    return b"".join(out)
