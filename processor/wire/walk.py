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

import struct
from typing import TYPE_CHECKING, Final, TypeAlias, final

from mypy_extensions import i64, mypyc_attr

if TYPE_CHECKING:
    from collections.abc import Iterable

Value: TypeAlias = "str | bool | int | float | bytes"
"""What an attribute says; `bytes` are an AnyValue that holds a list, a map or bytes, unopened."""

BLOOM_SIZE: Final = 4096
MAX_FIELDS: Final = 16_384
MAX_DEPTH: Final = 64
"""Deepest nesting of groups that is skipped; protobuf's own parsers stop at 100."""

_DOUBLE: Final = struct.Struct("<d")


class Malformed(ValueError):  # noqa: N818 - it is what the bytes are, not what we did
    """These bytes are not the message they claim to be."""


def compiled() -> bool:
    """Whether this module runs as mypyc compiled it."""
    return not __file__.endswith((".py", ".pyc"))


FILTERED: Final = compiled()
"""Whether keys pass the filters first: a few machine instructions, but slow byte code, so that an
interpreter is better off slicing every key and searching the request for marks beforehand."""


def _slot(length: i64, first: i64, middle: i64, last: i64) -> i64:
    """Where a key stands in the filter: cheap to work out from four of its bytes."""
    return (length * 61 + first * 7 + middle * 389 + last * 31) & 4095


@final
class KeyTable:
    """Attribute keys that are wanted, and those among them that make a span worth reading.

    `wanted` maps a key's bytes to its text; `marks` are the keys of which one must be present.
    Most keys of most spans are refused by the one-byte-a-slot filters before they are sliced.
    """

    def __init__(self, wanted: Iterable[str], marks: Iterable[str]) -> None:
        self.marks: frozenset[bytes] = frozenset(key.encode() for key in marks)
        texts = sorted({*wanted, *(key.decode() for key in self.marks)})
        self.wanted: dict[bytes, str] = {key.encode(): key for key in texts if key}
        self.wanted_filter: bytes = _filter(self.wanted)
        self.mark_filter: bytes = _filter(self.marks)
        self.mark_roots: list[bytes] = sorted(
            {key.partition(b".")[0] + b"." for key in self.marks}
        )


def _filter(keys: Iterable[bytes]) -> bytes:
    slots = bytearray(BLOOM_SIZE)
    for key in keys:
        if not 0 < len(key) < 128:
            message = f"attribute keys of interest have 1 to 127 bytes: {key!r}"
            raise ValueError(message)
        slots[_slot(len(key), key[0], key[len(key) // 2], key[-1])] = 1
    return bytes(slots)


@final
class Lookout:
    """Says where the next bytes stand that begin like a mark: a reason to look, never a finding.

    A span that ends before them carries no mark, which spares an interpreter most spans.
    """

    def __init__(self, body: bytes, roots: list[bytes]) -> None:
        self.body: bytes = body
        self.next_at: dict[bytes, int] = dict.fromkeys(roots, -1)
        self.nearest: int = 0 if FILTERED else -1

    def none_before(self, at: int, end: int) -> bool:
        """Whether `body[at:end]` is certain to hold no mark."""
        if FILTERED:
            return False
        if self.nearest < at:
            beyond = len(self.body)
            for root, found in self.next_at.items():
                if found < at:
                    hit = self.body.find(root, at)
                    self.next_at[root] = beyond if hit < 0 else hit
            self.nearest = min(self.next_at.values(), default=beyond)
        return self.nearest >= end


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
        self.attributes: dict[str, Value] = {}
        self.places: list[tuple[str, int, int]] = []
        """(key, start, end), tag included, of attributes whose key is in the reader's `replaceable`."""


@final
class Found:
    """What a walk over a traces request found."""

    def __init__(self) -> None:
        self.views: list[SpanView] = []
        """The spans that carry a mark, in order."""
        self.spans: int = 0
        """All spans."""


def walk(body: bytes, table: KeyTable, replaceable: frozenset[str]) -> Found:
    """The spans of an ExportTraceServiceRequest that carry a mark, read.

    Raises `Malformed` for bytes that are no such request, as far as they had to be looked at.
    """
    found = scan(body, table)
    for view in found.views:
        read(body, view, table, replaceable)
    return found


def scan(body: bytes, table: KeyTable) -> Found:
    """The spans of a traces request that carry a mark, yet to be read; raises `Malformed`."""
    found = Found()
    try:
        _request(body, table, Lookout(body, table.mark_roots), found)
    except IndexError:
        raise Malformed("the request ends in the middle of a field") from None
    return found


def read(body: bytes, view: SpanView, table: KeyTable, replaceable: frozenset[str]) -> None:
    """Fill in what a span says. Raises `Malformed`."""
    try:
        _read_span(body, view, table, replaceable)
    except IndexError:
        raise Malformed("a span ends in the middle of a field") from None


def _request(body: bytes, table: KeyTable, lookout: Lookout, found: Found) -> None:
    at: i64 = 0
    end: i64 = len(body)
    while at < end:
        tag, at = _tag(body, at, end)
        if tag == 0x0A:  # resource_spans = 1
            length_at = at
            at, stop = _length(body, at, end)
            _resource_spans(body, Frame(length_at, at, stop, None), table, lookout, found)
            at = stop
        else:
            at = _skip(body, at, end, tag)


def _resource_spans(
    body: bytes, frame: Frame, table: KeyTable, lookout: Lookout, found: Found
) -> None:
    at = frame.start
    end = frame.end
    while at < end:
        tag, at = _tag(body, at, end)
        if tag == 0x12:  # scope_spans = 2
            length_at = at
            at, stop = _length(body, at, end)
            _scope_spans(body, Frame(length_at, at, stop, frame), table, lookout, found)
            at = stop
        elif tag == 0x0A:  # resource = 1
            at, stop = _length(body, at, end)
            frame.add(body[at:stop])
            at = stop
        else:
            at = _skip(body, at, end, tag)
    frame.close()


def _scope_spans(
    body: bytes, frame: Frame, table: KeyTable, lookout: Lookout, found: Found
) -> None:
    at = frame.start
    end = frame.end
    while at < end:
        tag, at = _tag(body, at, end)
        if tag == 0x12:  # spans = 2
            length_at = at
            at, stop = _length(body, at, end)
            if not lookout.none_before(at, stop) and _has_mark(body, at, stop, table):
                found.views.append(SpanView(length_at, at, stop, frame))
            found.spans += 1
            at = stop
        elif tag == 0x0A:  # scope = 1
            at, stop = _length(body, at, end)
            frame.add(body[at:stop])
            at = stop
        else:
            at = _skip(body, at, end, tag)
    frame.close()


def _has_mark(body: bytes, at: i64, end: i64, table: KeyTable) -> bool:
    """Whether one of the span's own attributes has a key that marks it; stops at the first."""
    marks = table.mark_filter
    while at < end:
        tag: i64 = body[at]
        if tag == 0x4A:  # attributes = 9
            at, stop = _length(body, at + 1, end)
            if at + 2 < stop and body[at] == 0x0A:  # the usual order: key = 1 first
                length: i64 = body[at + 1]
                key_at: i64 = at + 2
                if 0 < length < 128 and _only_key(body, key_at + length, stop):
                    if FILTERED:
                        slot = _slot(
                            length,
                            body[key_at],
                            body[key_at + (length >> 1)],
                            body[key_at + length - 1],
                        )
                        if marks[slot] == 0:
                            at = stop
                            continue
                    if body[key_at : key_at + length] not in table.marks:
                        at = stop
                        continue
            if _key(body, at, stop) in table.marks:
                return True
            at = stop
        else:
            tag, at = _tag(body, at, end)
            at = _skip(body, at, end, tag)
    return False


def _only_key(body: bytes, at: i64, end: i64) -> bool:
    """Whether a key that ends at `at` is inside its KeyValue and not followed by another one."""
    return at == end or (at < end and body[at] != 0x0A)


def _read_span(
    body: bytes, view: SpanView, table: KeyTable, replaceable: frozenset[str]
) -> None:
    at = view.start
    end = view.end
    while at < end:
        field_at = at
        tag, at = _tag(body, at, end)
        wire = tag & 7
        if wire == 2:
            at, stop = _length(body, at, end)
            if tag == 0x4A:  # attributes = 9
                _read_attribute(body, field_at, at, stop, view, table, replaceable)
            elif tag == 0x0A:  # trace_id = 1
                view.trace_id = body[at:stop]
            elif tag == 0x12:  # span_id = 2
                view.span_id = body[at:stop]
            elif tag == 0x22:  # parent_span_id = 4
                view.parent_id = body[at:stop]
            at = stop
        elif tag == 0x39:  # start_time_unix_nano = 7
            view.start_ns, at = _fixed64(body, at, end)
        elif tag == 0x41:  # end_time_unix_nano = 8
            view.end_ns, at = _fixed64(body, at, end)
        else:
            at = _skip(body, at, end, tag)


def _read_attribute(
    body: bytes,
    field_at: i64,
    at: i64,
    end: i64,
    view: SpanView,
    table: KeyTable,
    replaceable: frozenset[str],
) -> None:
    if at + 2 < end and body[at] == 0x0A:
        length: i64 = body[at + 1]
        key_at: i64 = at + 2
        if 0 < length < 128 and _only_key(body, key_at + length, end):
            if FILTERED:
                slot = _slot(
                    length,
                    body[key_at],
                    body[key_at + (length >> 1)],
                    body[key_at + length - 1],
                )
                if table.wanted_filter[slot] == 0:
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
        tag, at = _tag(body, at, end)
        if tag == 0x0A:  # key = 1
            at, stop = _length(body, at, end)
            key = body[at:stop]
            at = stop
        else:
            at = _skip(body, at, end, tag)
    return key


def _keyed_value(body: bytes, at: i64, end: i64) -> Value | None:
    """The value of a KeyValue; None where it has none."""
    found: Value | None = None
    while at < end:
        tag, at = _tag(body, at, end)
        if tag == 0x12:  # value = 2
            at, stop = _length(body, at, end)
            value = any_value(body, at, stop)
            found = found if value is None else value
            at = stop
        else:
            at = _skip(body, at, end, tag)
    return found


def fields(body: bytes, at: i64, end: i64) -> list[tuple[int, int, int]]:
    """(tag, start, end of the payload) of a message's length-delimited fields, in order.

    Of the first `MAX_FIELDS` of them: no message that is read this way has more for a reason.
    """
    found: list[tuple[int, int, int]] = []
    try:
        while at < end:
            tag, at = _tag(body, at, end)
            if tag & 7 == 2:
                at, stop = _length(body, at, end)
                if len(found) < MAX_FIELDS:
                    found.append((tag, at, stop))
                at = stop
            else:
                at = _skip(body, at, end, tag)
    except IndexError:
        raise Malformed("a message ends in the middle of a field") from None
    return found


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


# Tags on the way down to what is counted, by depth.
RECORDS: Final = ((0x0A,), (0x12,), (0x12,))
POINTS: Final = ((0x0A,), (0x12,), (0x12,), (0x2A, 0x3A, 0x4A, 0x52, 0x5A), (0x0A,))


def _count(
    body: bytes, at: i64, end: i64, path: tuple[tuple[int, ...], ...], depth: int
) -> i64:
    """How many messages stand at the end of the path; nothing is kept on the way."""
    total: i64 = 0
    wanted = path[depth]
    last = depth + 1 == len(path)
    while at < end:
        tag, at = _tag(body, at, end)
        if tag & 7 != 2:
            at = _skip(body, at, end, tag)
            continue
        at, stop = _length(body, at, end)
        if tag in wanted:
            total += 1 if last else _count(body, at, stop, path, depth + 1)
        at = stop
    return total


def any_value(body: bytes, at: i64, end: i64) -> Value | None:
    """What the AnyValue in `body[at:end]` holds; None where it holds nothing."""
    found: Value | None = None
    begin = at
    while at < end:
        tag, at = _tag(body, at, end)
        if tag == 0x0A:  # string_value = 1
            at, stop = _length(body, at, end)
            found = body[at:stop].decode("utf-8", "replace")
            at = stop
        elif tag == 0x18:  # int_value = 3
            number, at = _varint(body, at, end)
            found = int(number)
        elif tag == 0x21:  # double_value = 4
            if at + 8 > end:
                raise Malformed("a double ends after its message")
            found = float(_DOUBLE.unpack_from(body, at)[0])
            at += 8
        elif tag == 0x10:  # bool_value = 2
            number, at = _varint(body, at, end)
            found = number != 0
        elif tag in (0x2A, 0x32, 0x3A):  # array_value = 5, kvlist_value = 6, bytes_value = 7
            at, stop = _length(body, at, end)
            found = body[begin:end]
            at = stop
        else:
            at = _skip(body, at, end, tag)
    return found


def _tag(body: bytes, at: i64, end: i64) -> tuple[i64, i64]:
    """(tag, position after it). A tag is a varint of at most 32 bits whose field number is not 0."""
    tag: i64 = body[at]
    at += 1
    if tag >= 128:
        begin = at - 1
        tag, at = _varint(body, begin, end)
        if at - begin > 5 or not 0 <= tag < 4294967296:
            raise Malformed("a tag is longer than 32 bits")
    if tag < 8:
        raise Malformed("a field has the number 0")
    return tag, at


def _length(body: bytes, at: i64, end: i64) -> tuple[i64, i64]:
    """(start, end) of the payload whose length stands at `at`."""
    length: i64 = body[at]
    at += 1
    if length >= 128:
        length, at = _varint(body, at - 1, end)
    if length < 0 or length > end - at:
        raise Malformed("a field is longer than its message")
    return at, at + length


def _varint(body: bytes, at: i64, end: i64) -> tuple[i64, i64]:
    """(value as a signed 64-bit number, position after it)."""
    value: i64 = 0
    shift: i64 = 0
    while at < end:
        byte: i64 = body[at]
        at += 1
        if shift == 63:
            if byte >= 128:
                raise Malformed("a varint has more than ten bytes")
            if byte & 1:  # the sign bit, without leaving 64 bits on the way
                value = value - 9223372036854775807 - 1
            return value, at
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise Malformed("a varint ends after its message")


def _fixed64(body: bytes, at: i64, end: i64) -> tuple[i64, i64]:
    """(value of eight bytes, the lowest first, as a signed number; position after them)."""
    if at + 8 > end:
        raise Malformed("eight bytes end after their message")
    low: i64 = body[at] | body[at + 1] << 8 | body[at + 2] << 16 | body[at + 3] << 24
    high: i64 = (
        body[at + 4] | body[at + 5] << 8 | body[at + 6] << 16 | (body[at + 7] & 127) << 24
    )
    return low | (high << 32), at + 8


def _skip(body: bytes, at: i64, end: i64, tag: i64) -> i64:
    """The position after a field nobody wants."""
    wire = tag & 7
    if wire == 2:
        _start, at = _length(body, at, end)
    elif wire == 0:
        _number, at = _varint(body, at, end)
    elif wire == 1:
        at += 8
    elif wire == 5:
        at += 4
    elif wire == 3:
        at = _skip_group(body, at, end, tag >> 3)
    else:
        raise Malformed("a field has a wire type that does not exist")
    if at > end:
        raise Malformed("a field ends after its message")
    return at


def _skip_group(body: bytes, at: i64, end: i64, number: i64) -> i64:
    """The position after a group (deprecated, but still the wire's): up to its own end tag."""
    open_groups: list[int] = [number]
    while open_groups:
        tag, at = _tag(body, at, end)
        wire = tag & 7
        if wire == 4:
            if open_groups.pop() != tag >> 3:
                raise Malformed("a group ends that did not begin")
        elif wire == 3:
            if len(open_groups) >= MAX_DEPTH:
                raise Malformed("groups are nested too deeply")
            open_groups.append(tag >> 3)
        else:
            at = _skip(body, at, end, tag)
    return at
