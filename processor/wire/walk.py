"""One walk over the bytes of an OTLP traces request, by tag and length.

Hands out the spans somebody wants to see, as views with the attributes somebody wants to read, and
nothing else: no message is decoded, no field is dropped. mypyc compiles this file where a C
compiler is found; the same source runs interpreted elsewhere and is then the oracle of the other.
Invariant: every length is checked against its enclosing message before anything is sliced, so that
no view holds a byte from outside its message; whatever does not fit is a `Malformed`.

Field numbers: https://github.com/open-telemetry/opentelemetry-proto, trace.proto and common.proto.
Wire format: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from mypy_extensions import i64, mypyc_attr

from processor.wire.fields import (
    SAME_BYTES,
    Malformed,
    any_value,
    fixed64_at,
    head_at,
    payload_at,
    same,
    skip,
    tag_at,
)
from processor.wire.head import BACK, Head
from processor.wire.keys import FILTERED, SHORTEST, KeyTable, hash_at, lets, only_key
from processor.wire.lookout import Lookout

if TYPE_CHECKING:
    from processor.wire.fields import Value

WITH_IDS: Final = 38
"""Bytes of a span that names itself and its parent."""
MAX_PLACES: Final = 131_072
"""More of them take some 10 MiB for the length of a request; who are in further ones stays unknown."""
NO_ATTRIBUTES: Final[dict[str, Value]] = {}
NO_PLACES: Final[list[tuple[str, int, int]]] = []


@final
@mypyc_attr(acyclic=True)
class Frame:
    """Where an enclosing message (ResourceSpans, ScopeSpans) lies; `about` is its head's payload.

    `about` is the Resource or InstrumentationScope; protobuf merges a repeated one, and so does
    joining their payloads.
    """

    def __init__(self, length_at: i64, start: i64, end: i64, parent: Frame | None) -> None:
        self.length_at: i64 = length_at
        self.start: i64 = start
        self.end: i64 = end
        self.parent: Frame | None = parent
        self.about: bytes = b""
        self.further: list[bytes] | None = None
        """Payloads of further such heads, which nobody sends but anybody may."""
        self.known: object = None
        """What the reader of this request made of `about`."""
        self.growth: i64 = 0
        """Bytes that its payload grows by (`splice.py`)."""

    def add(self, payload: bytes) -> None:
        """One more head; joined once, at the end."""
        if not self.about:
            self.about = payload
        elif self.further is None:
            self.further = [payload]
        else:
            self.further.append(payload)

    def close(self) -> None:
        """All heads are here."""
        if self.further is not None:
            self.about += b"".join(self.further)
            self.further = None


@final
@mypyc_attr(acyclic=True)
class SpanView:
    """A span worth reading. Offsets are into the request's body."""

    def __init__(self, length_at: i64, start: i64, end: i64, scope: Frame) -> None:
        self.length_at: i64 = length_at
        self.start: i64 = start
        self.end: i64 = end
        self.scope: Frame = scope
        self.trace_id: bytes = b""
        self.span_id: bytes = b""
        self.parent_id: bytes = b""
        self.start_ns: i64 = 0
        self.end_ns: i64 = 0
        self.attributes: dict[str, Value] = NO_ATTRIBUTES
        self.places: list[tuple[str, int, int]] = NO_PLACES
        """(key, start, end), tag included, of attributes whose key is in the reader's `replaceable`."""


@final
class Found:
    """What a walk over a traces request found."""

    def __init__(self) -> None:
        self.views: list[SpanView] = []
        """The spans that carry a mark, in order."""
        self.spans: int = 0
        """All spans."""
        self.head: Head = Head()
        """Of the span that was looked at last."""
        self.starts: list[int] = []
        self.ends: list[int] = []
        """Where an interpreter saw spans that have room for ids, the first `MAX_PLACES` of them."""

    def place(self, start: int, end: int) -> None:
        """Note where a span stands."""
        if end - start >= WITH_IDS and len(self.starts) < MAX_PLACES:
            self.starts.append(start)
            self.ends.append(end)


def walk(body: bytes, table: KeyTable, replaceable: frozenset[str]) -> Found:
    """The spans of an ExportTraceServiceRequest that carry a mark, read.

    Raises `Malformed` for bytes that are no such request, as far as they had to be looked at.
    """
    found = scan(body, table)
    for view in found.views:
        read(body, view, table, replaceable)
    return found


def scan(body: bytes, table: KeyTable) -> Found:
    """The spans of a traces request that carry a mark, yet to be read; raises `Malformed`.

    Log records of a logs request as well, where the table is for those: the messages around them
    have the same numbers.
    """
    found = Found()
    try:
        _request(body, table, Lookout(body, table), found)
    except IndexError:
        raise Malformed("the request ends in the middle of a field") from None
    return found


def read(body: bytes, view: SpanView, table: KeyTable, replaceable: frozenset[str]) -> None:
    """Fill in what a span says. Raises `Malformed`."""
    view.attributes, view.places = {}, []
    try:
        _read_span(body, view, table, replaceable)
    except IndexError:
        raise Malformed("a span ends in the middle of a field") from None


def _request(body: bytes, table: KeyTable, lookout: Lookout, found: Found) -> None:
    at: i64 = 0
    end: i64 = len(body)
    while at < end:
        tag, at = tag_at(body, at, end)
        if tag == 0x0A:  # resource_spans = 1, as resource_logs = 1
            length_at = at
            at, stop = payload_at(body, at, end)
            _resource_spans(body, Frame(length_at, at, stop, None), table, lookout, found)
            at = stop
        else:
            at = skip(body, at, end, tag)


def _resource_spans(
    body: bytes, frame: Frame, table: KeyTable, lookout: Lookout, found: Found
) -> None:
    at = frame.start
    end = frame.end
    while at < end:
        tag, at = tag_at(body, at, end)
        if tag == 0x12:  # scope_spans = 2, as scope_logs = 2
            length_at = at
            at, stop = payload_at(body, at, end)
            _scope_spans(body, Frame(length_at, at, stop, frame), table, lookout, found)
            at = stop
        elif tag == 0x0A:  # resource = 1
            at, stop = payload_at(body, at, end)
            frame.add(body[at:stop])
            at = stop
        else:
            at = skip(body, at, end, tag)
    frame.close()


def _scope_spans(
    body: bytes, frame: Frame, table: KeyTable, lookout: Lookout, found: Found
) -> None:
    at = frame.start
    end = frame.end
    while at < end:
        if not FILTERED and body[at] == 0x12:
            at = _spans_in_a_row(body, at, frame, table, lookout, found)
            continue
        tag, at = tag_at(body, at, end)
        if tag == 0x12:  # spans = 2, as log_records = 2
            length_at = at
            at, stop = payload_at(body, at, end)
            if _has_mark(body, found.head.read(body, at, stop), stop, table, found.head):
                found.views.append(SpanView(length_at, at, stop, frame))
            found.spans += 1
            if not FILTERED:
                found.place(int(at), int(stop))
            at = stop
        elif tag == 0x0A:  # scope = 1
            at, stop = payload_at(body, at, end)
            frame.add(body[at:stop])
            at = stop
        else:
            at = skip(body, at, end, tag)
    frame.close()


def _spans_in_a_row(
    body: bytes, at: i64, frame: Frame, table: KeyTable, lookout: Lookout, found: Found
) -> i64:
    """The same for an interpreter, to which a call for each span is dear; the position after the last one."""
    end = frame.end
    starts, ends = found.starts, found.ends
    room = MAX_PLACES - len(starts)
    spans = 0
    nearest = lookout.after(at)
    while at < end and body[at] == 0x12:  # spans = 2
        length_at = at + 1
        start = at + 2
        length = body[length_at]
        if length >= 128:
            further = body[start]
            start += 1
            length += (further << 7) - 128
            if further >= 128:
                start, stop = payload_at(body, length_at, end)
                length = stop - start
        at = start + length
        if at > end:
            raise Malformed("a field is longer than its message")
        spans += 1
        if length >= WITH_IDS and spans <= room:
            starts.append(start)
            ends.append(at)
        if nearest < at:
            if nearest < start:
                nearest = lookout.after(start)
            if nearest < at and _is_marked(body, start, at, table, found.head):
                found.views.append(SpanView(length_at, start, at, frame))
    found.spans += spans
    return at


def _is_marked(body: bytes, start: i64, end: i64, table: KeyTable, head: Head) -> bool:
    """Whether a span has a mark, for an interpreter: most that do have it in their first attribute."""
    at = start + 28
    if body[start : start + 2] == b"\n\x10" and body[at - 10 : at - 8] == b"\x12\x08":
        if body[at : at + 2] == b'"\x08':  # parent_span_id = 4
            at += 10
        if body[at] == 0x2A and body[at + 1] < 128:  # name = 5
            at += 2 + i64(body[at + 1])
        if body[at] == 0x30 and body[at + 1] < 128:  # kind = 6
            at += 2
        if body[at] == 0x39 and body[at + 9] == 0x41:  # start_ and end_time_unix_nano = 7, 8
            at += 18
            key_at = at + 4
            value_at = key_at + i64(body[at + 3])
            stop = at + 2 + i64(body[at + 1])
            if (
                body[at] == table.attributes_tag
                and body[at + 1] < 128
                and body[at + 2] == 0x0A  # key = 1
                and value_at < stop <= end
                and body[value_at] == 0x12  # value = 2
                and body[key_at:value_at] in table.marks
            ):
                return True
    return _has_mark(body, start, end, table, head)


def _has_mark(body: bytes, at: i64, end: i64, table: KeyTable, head: Head) -> bool:
    """Whether one of the span's own attributes has a key that marks it; stops at the first."""
    attributes = table.attributes_tag
    while at < end:
        if FILTERED and at + 4 <= end:  # most attributes of most spans end here
            begin = head_at(body, at)
            stop = at + 2 + (begin >> 8 & 255)
            key_at = at + 4
            value_at = key_at + (begin >> 24)
            known = begin & 0xFF80FF  # less than 128 bytes
            if known == attributes | 0x0A0000:  # key = 1 first
                if value_at < stop <= end and body[value_at] == 0x12:
                    if _marks(body, key_at, value_at, table):
                        return True
                    at = stop
                    continue
            elif known == attributes | 0x120000:  # value = 2 first, key = 1 behind it
                key_at = value_at + 2
                if (
                    key_at <= stop <= end
                    and body[value_at] == 0x0A
                    and key_at + body[value_at + 1] == stop
                ):
                    if _marks(body, key_at, stop, table):
                        return True
                    at = stop
                    continue
            elif begin & 255 == BACK and head.read_back(body, at, end) == end:
                return False
        tag, at = tag_at(body, at, end)
        if tag == attributes:
            at, stop = payload_at(body, at, end)
            if keyed_by(body, at, stop) in table.marks:
                return True
            at = stop
        else:
            at = skip(body, at, end, tag)
    return False


def _marks(body: bytes, at: i64, end: i64, table: KeyTable) -> bool:
    """Whether a key marks its span."""
    length = end - at
    if length >= SHORTEST and not lets(table.mark_filter, hash_at(body, at, length)):
        return False
    last = table.last_mark  # most spans carry the same one first
    if length >= SAME_BYTES and length == len(last) and same(body, at, last, length):
        return True
    key = body[at:end]
    if key not in table.marks:
        return False
    table.last_mark = key
    return True


def keyed_by(body: bytes, at: i64, end: i64) -> bytes:
    """The key of a KeyValue; empty where it has none."""
    if at + 2 < end and body[at] == 0x0A:  # the usual order: key = 1 first
        length: i64 = body[at + 1]
        value_at = at + 2 + length
        if 0 < length < 128 and only_key(body, value_at, end):
            return body[at + 2 : value_at]
    return _key(body, at, end)


def _read_span(
    body: bytes, view: SpanView, table: KeyTable, replaceable: frozenset[str]
) -> None:
    at = view.start
    end = view.end
    while at < end:
        field_at = at
        tag, at = tag_at(body, at, end)
        wire = tag & 7
        if wire == 2:
            at, stop = payload_at(body, at, end)
            if tag == 0x4A:  # attributes = 9
                read_attribute(body, field_at, at, stop, view, table, replaceable)
            elif tag == 0x0A:  # trace_id = 1
                view.trace_id = body[at:stop]
            elif tag == 0x12:  # span_id = 2
                view.span_id = body[at:stop]
            elif tag == 0x22:  # parent_span_id = 4
                view.parent_id = body[at:stop]
            at = stop
        elif tag == 0x39:  # start_time_unix_nano = 7
            view.start_ns, at = fixed64_at(body, at, end)
        elif tag == 0x41:  # end_time_unix_nano = 8
            view.end_ns, at = fixed64_at(body, at, end)
        else:
            at = skip(body, at, end, tag)


def read_attribute(
    body: bytes,
    field_at: i64,
    at: i64,
    end: i64,
    view: SpanView,
    table: KeyTable,
    replaceable: frozenset[str],
) -> None:
    """Take in one KeyValue, if its key is wanted; `field_at` is where its tag stands."""
    if at + 2 < end and body[at] == 0x0A:
        length: i64 = body[at + 1]
        key_at: i64 = at + 2
        if 0 < length < 128 and only_key(body, key_at + length, end):
            filtered = FILTERED and length >= SHORTEST
            if filtered and not lets(table.wanted_filter, hash_at(body, key_at, length)):
                return
            key = table.wanted.get(body[key_at : key_at + length])
            at = key_at + length
        else:
            key = table.wanted.get(_key(body, at, end))
    else:
        key = table.wanted.get(_key(body, at, end))
    if key is None:
        return
    if key in replaceable:
        view.places.append((key, int(field_at), int(end)))
    if key not in view.attributes:  # a key stands once in OTLP; of two, the first
        value = _keyed_value(body, at, end)
        if value is not None:
            view.attributes[key] = value


def _key(body: bytes, at: i64, end: i64) -> bytes:
    """The key of a KeyValue; empty where it has none."""
    key = b""
    while at < end:
        tag, at = tag_at(body, at, end)
        if tag == 0x0A:  # key = 1
            at, stop = payload_at(body, at, end)
            key = body[at:stop]
            at = stop
        else:
            at = skip(body, at, end, tag)
    return key


def _keyed_value(body: bytes, at: i64, end: i64) -> Value | None:
    """The value of a KeyValue; None where it has none."""
    found: Value | None = None
    while at < end:
        tag, at = tag_at(body, at, end)
        if tag == 0x12:  # value = 2
            at, stop = payload_at(body, at, end)
            value = any_value(body, at, stop)
            found = found if value is None else value
            at = stop
        else:
            at = skip(body, at, end, tag)
    return found
