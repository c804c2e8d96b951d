"""Reading the protobuf wire format by tag and length: the few moves every walk is made of.

Invariant: every length is checked against its enclosing message before anything is sliced; what
does not fit is a `Malformed`. mypyc compiles this file where a C compiler is found.
Wire format: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from typing import Final, TypeAlias

from librt.strings import read_i32_le, read_i64_le
from mypy_extensions import i64

Value: TypeAlias = "str | bool | int | float | bytes"
"""What an attribute says; `bytes` are an AnyValue that holds a list, a map or bytes, unopened."""

MAX_FIELDS: Final = 16_384
MAX_DEPTH: Final = 64
"""Deepest nesting of groups that is skipped; protobuf's own parsers stop at 100."""

SAME_BYTES: Final = 8
"""The fewest that `same` compares."""

COMPILED: Final = not __file__.endswith((".py", ".pyc"))
"""Whether this module runs as mypyc compiled it."""
_DOUBLE: Final = struct.Struct("<d")


class Malformed(ValueError):  # noqa: N818 - it is what the bytes are, not what we did
    """These bytes are not the message they claim to be."""


def tag_at(body: bytes, at: i64, end: i64) -> tuple[i64, i64]:
    """(tag, position after it). A tag is a varint of at most 32 bits whose field number is not 0."""
    tag: i64 = body[at]
    at += 1
    if tag >= 128:
        begin = at - 1
        tag, at = varint_at(body, begin, end)
        if at - begin > 5 or not 0 <= tag < 4294967296:
            raise Malformed("a tag is longer than 32 bits")
    if tag < 8:
        raise Malformed("a field has the number 0")
    return tag, at


def payload_at(body: bytes, at: i64, end: i64) -> tuple[i64, i64]:
    """(start, end) of the payload whose length stands at `at`."""
    length: i64 = body[at]
    at += 1
    if length >= 128:
        length, at = varint_at(body, at - 1, end)
    if length < 0 or length > end - at:
        raise Malformed("a field is longer than its message")
    return at, at + length


def varint_at(body: bytes, at: i64, end: i64) -> tuple[i64, i64]:
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


def fixed64_at(body: bytes, at: i64, end: i64) -> tuple[i64, i64]:
    """(value of eight bytes, the lowest first, without the sign bit; position after them)."""
    if at + 8 > end:
        raise Malformed("eight bytes end after their message")
    return read_i64_le(body, at) & 0x7FFFFFFFFFFFFFFF, at + 8


def head_at(body: bytes, at: i64) -> i64:
    """The four bytes that begin there, the first one lowest. Raises `IndexError`."""
    head = i64(read_i32_le(body, at))
    return head & 0xFFFFFFFF


def same(body: bytes, at: i64, other: bytes, size: i64) -> bool:
    """Whether the `size` bytes of `other`, `SAME_BYTES` or more, stand in `body`, which has them all, at `at`."""
    if not COMPILED:  # an interpreter is better off with one slice
        return body[at : at + size] == other
    place: i64 = 0
    last = size - 8
    while place < last:
        if read_i64_le(body, at + place) != read_i64_le(other, place):
            return False
        place += 8
    return read_i64_le(body, at + last) == read_i64_le(other, last)


def skip(body: bytes, at: i64, end: i64, tag: i64) -> i64:
    """The position after a field nobody wants."""
    wire = tag & 7
    if wire == 2:
        _start, at = payload_at(body, at, end)
    elif wire == 0:
        _number, at = varint_at(body, at, end)
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
        tag, at = tag_at(body, at, end)
        wire = tag & 7
        if wire == 4:
            if open_groups.pop() != tag >> 3:
                raise Malformed("a group ends that did not begin")
        elif wire == 3:
            if len(open_groups) >= MAX_DEPTH:
                raise Malformed("groups are nested too deeply")
            open_groups.append(tag >> 3)
        else:
            at = skip(body, at, end, tag)
    return at


def any_value(body: bytes, at: i64, end: i64) -> Value | None:
    """What the AnyValue in `body[at:end]` holds; None where it holds nothing."""
    found: Value | None = None
    begin = at
    while at < end:
        tag, at = tag_at(body, at, end)
        if tag == 0x0A:  # string_value = 1
            at, stop = payload_at(body, at, end)
            found = body[at:stop].decode("utf-8", "replace")
            at = stop
        elif tag == 0x18:  # int_value = 3
            number, at = varint_at(body, at, end)
            found = int(number)
        elif tag == 0x21:  # double_value = 4
            if at + 8 > end:
                raise Malformed("a double ends after its message")
            found = float(_DOUBLE.unpack_from(body, at)[0])
            at += 8
        elif tag == 0x10:  # bool_value = 2
            number, at = varint_at(body, at, end)
            found = number != 0
        elif tag in (0x2A, 0x32, 0x3A):  # array_value = 5, kvlist_value = 6, bytes_value = 7
            at, stop = payload_at(body, at, end)
            found = body[begin:end]
            at = stop
        else:
            at = skip(body, at, end, tag)
    return found


def fields(body: bytes, at: i64, end: i64) -> list[tuple[int, int, int]]:
    """(tag, start, end of the payload) of a message's length-delimited fields, in order.

    Of the first `MAX_FIELDS` of them: no message that is read this way has more for a reason.
    """
    found: list[tuple[int, int, int]] = []
    try:
        while at < end:
            tag, at = tag_at(body, at, end)
            if tag & 7 == 2:
                at, stop = payload_at(body, at, end)
                if len(found) < MAX_FIELDS:
                    found.append((tag, at, stop))
                at = stop
            else:
                at = skip(body, at, end, tag)
    except IndexError:
        raise Malformed("a message ends in the middle of a field") from None
    return found
