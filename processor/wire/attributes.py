"""Writing attributes as a span's field 9, and reading lists and maps out of AnyValue bytes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, TypeAlias

from processor.wire.fields import Malformed, Value, any_value, fields
from processor.wire.splice import varint

if TYPE_CHECKING:
    from collections.abc import Iterator

Nested: TypeAlias = "str | bool | int | float | bytes | list[Nested] | dict[str, Nested] | None"

MAX_BYTES: Final = 1 << 18
"""Largest list or map that is opened."""
MAX_NESTING: Final = 16
"""Deepest list or map that is read; telemetry of known instrumentations stays under 6."""

_DOUBLE: Final = struct.Struct("<d")


def double_attribute(key: bytes, number: float) -> bytes:
    """A span attribute with a double value, as the bytes of field 9."""
    return attribute(key, b"\x21" + _DOUBLE.pack(number))


def int_attribute(key: bytes, number: int) -> bytes:
    """A span attribute with an integer value, not below 0, as the bytes of field 9."""
    return attribute(key, b"\x18" + varint(number))


def string_attribute(key: bytes, text: str) -> bytes:
    """A span attribute with a string value, as the bytes of field 9."""
    raw = text.encode()
    return attribute(key, b"\x0a" + varint(len(raw)) + raw)


def attribute(key: bytes, any_value_bytes: bytes) -> bytes:
    """A span attribute, as the bytes of field 9."""
    pair = b"\x0a%b%b\x12%b%b" % (
        varint(len(key)),
        key,
        varint(len(any_value_bytes)),
        any_value_bytes,
    )
    return b"\x4a" + varint(len(pair)) + pair


def nested(value: Value) -> Nested:
    """An attribute's value with its lists and maps opened; what is no value becomes None."""
    if not isinstance(value, bytes):
        return value
    return _open(value, 0, len(value), MAX_NESTING) if len(value) <= MAX_BYTES else None


def pairs(body: bytes, at: int, end: int, number: int) -> Iterator[tuple[str, Value]]:
    """The key-value pairs that stand as repeated field `number` in `body[at:end]`."""
    for tag, start, stop in fields(body, at, end):
        if tag == (number << 3 | 2):
            key, value = pair(body, start, stop)
            if value is not None:
                yield key, value


def pair(body: bytes, at: int, end: int) -> tuple[str, Value | None]:
    """The key and the value of a KeyValue; None where it has no value."""
    key, value = "", None
    for tag, start, stop in fields(body, at, end):
        if tag == 0x0A:
            key = body[start:stop].decode("utf-8", "replace")
        elif tag == 0x12:
            value = any_value(body, start, stop)
    return key, value


def _open(body: bytes, at: int, end: int, depth: int) -> Nested:
    if depth == 0:
        message = "lists and maps are nested too deeply"
        raise Malformed(message)
    found: Nested = None
    for tag, start, stop in fields(body, at, end):
        if tag == 0x2A:  # array_value = 5
            found = [
                _open(body, first, last, depth - 1)
                for inner, first, last in fields(body, start, stop)
                if inner == 0x0A
            ]
        elif tag == 0x32:  # kvlist_value = 6
            found = {}
            for inner, first, last in fields(body, start, stop):
                if inner == 0x0A:
                    key, value = _nested_pair(body, first, last, depth - 1)
                    found[key] = value
        elif tag == 0x3A:  # bytes_value = 7
            found = body[start:stop]
    return any_value(body, at, end) if found is None else found


def _nested_pair(body: bytes, at: int, end: int, depth: int) -> tuple[str, Nested]:
    key, value = "", None
    for tag, start, stop in fields(body, at, end):
        if tag == 0x0A:
            key = body[start:stop].decode("utf-8", "replace")
        elif tag == 0x12:
            value = _open(body, start, stop, depth)
    return key, value
