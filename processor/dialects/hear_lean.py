"""The short way through a span for an interpreter: no call for what every span has.

Follows `hear.py` as far as a span is written by an SDK, from the first field to the last, or by a Collector,
from the last to the first; at the first byte that is otherwise, that one begins anew and decides. So all that
is taken in here has to be what it takes in, or what the long way does. To an interpreter a slice and a look
into a dictionary are one step, a call is ten.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from processor.dialects.hear import MAX_STEPS, NO_COSTS, NOTHING_KEPT, hear
from processor.dialects.shapes import COUNTS, MAX_TOLD, NAMES, ONLY_KEPT, STANDS, TELLS
from processor.wire.fields import Malformed, any_value, payload_at, skip, tag_at
from processor.wire.walk import NO_PLACES

if TYPE_CHECKING:
    from processor.dialects.hear import Heard
    from processor.dialects.shapes import Ear, Key, Shape
    from processor.wire.fields import Value
    from processor.wire.walk import SpanView

_TIMES: Final = struct.Struct("<BQBQ").unpack_from
_READ: Final = frozenset({0x0A, 0x12, 0x22, 0x39, 0x41, 0x4A})
"""Fields of a span that somebody reads."""
_SIGN: Final = 0x7FFFFFFFFFFFFFFF


def hear_lean(body: bytes, view: SpanView, ear: Ear, heard: Heard, root: Shape) -> bool:
    """As `hear`."""
    if not ear.keeps_told:
        try:
            if _hear(body, view, ear, heard, root):
                view.places = NO_PLACES
                return True
        except (IndexError, Malformed, struct.error):
            pass
    return hear(body, view, ear, heard, root)


def _hear(body: bytes, view: SpanView, ear: Ear, heard: Heard, root: Shape) -> bool:
    if body[view.start] == 0x0A:  # trace_id = 1: an SDK
        at = _head(body, view)
        return at > 0 and _attributes(body, at, view.end, ear, heard, root) == view.end
    at = _attributes(body, view.start, view.end, ear, heard, root)
    return at > 0 and _tail(body, at, view)


def _head(body: bytes, view: SpanView) -> int:
    """Takes in ids and times; the position after them, or 0."""
    at, end = view.start, view.end
    if body[at : at + 2] != b"\n\x10" or body[at + 18 : at + 20] != b"\x12\x08":
        return 0
    view.trace_id = body[at + 2 : at + 18]
    view.span_id = body[at + 20 : at + 28]
    at += 28
    if body[at] == 0x22 and body[at + 1] == 8:  # parent_span_id = 4
        view.parent_id = body[at + 2 : at + 10]
        at += 10
    if body[at] == 0x2A and body[at + 1] < 128:  # name = 5
        at += 2 + body[at + 1]
    if body[at] == 0x30 and body[at + 1] < 128:  # kind = 6
        at += 2
    # start_time_unix_nano = 7, end_time_unix_nano = 8
    start_tag, start_ns, end_tag, end_ns = _TIMES(body, at)
    if start_tag != 0x39 or end_tag != 0x41 or at + 18 > end:
        return 0
    view.start_ns, view.end_ns = start_ns & _SIGN, end_ns & _SIGN
    return at + 18


def _tail(body: bytes, at: int, view: SpanView) -> bool:
    """Takes in times and ids where they are the end of the span."""
    end_tag, end_ns, start_tag, start_ns = _TIMES(body, at)
    if start_tag != 0x39 or end_tag != 0x41:
        return False
    view.start_ns, view.end_ns = start_ns & _SIGN, end_ns & _SIGN
    at += 18
    if body[at] == 0x30 and body[at + 1] < 128:  # kind = 6
        at += 2
    if body[at] == 0x2A and body[at + 1] < 128:  # name = 5
        at += 2 + body[at + 1]
    if body[at] == 0x22 and body[at + 1] == 8:  # parent_span_id = 4
        view.parent_id = body[at + 2 : at + 10]
        at += 10
    if body[at : at + 2] != b"\x12\x08" or body[at + 10 : at + 12] != b"\n\x10":
        return False
    view.span_id = body[at + 2 : at + 10]
    view.trace_id = body[at + 12 : at + 28]
    return at + 28 == view.end


def _attributes(  # noqa: C901, PLR0911, PLR0912, PLR0913, PLR0915, PLR0917 - one loop without calls is the point
    body: bytes, at: int, end: int, ear: Ear, heard: Heard, shape: Shape
) -> int:
    """Takes in the attributes; the position after them, or 0 where it has to be done at leisure."""
    pairs, keys = ear.pairs, ear.keys
    numbers = heard.numbers
    numbers.clear()
    steps = 0
    named_by: Key | None = None
    name = b""
    kept: dict[str, Value] = {}
    while at < end:
        if body[at] != 0x4A:  # attributes = 9
            field_at = at
            tag, at = tag_at(body, at, end)
            if tag in _READ:
                at = field_at
                break
            at = skip(body, at, end, tag)
            continue
        pair_at = at + 2
        size = body[at + 1]
        if size >= 128:
            further = body[pair_at]
            if further >= 128:
                return 0
            pair_at += 1
            size += (further << 7) - 128
        at = pair_at + size
        if at > end:
            return 0
        if size <= MAX_TOLD:
            told = shape.next.get(body[pair_at:at])
            if told is not None:
                shape = told
                steps += 1
                continue
        if body[pair_at] == 0x0A:  # key = 1
            value_at = pair_at + 3 + body[pair_at + 1]
            key = pairs.get(body[pair_at:value_at])
            if key is None:
                if (
                    3 < value_at - pair_at < 131
                    and value_at < at
                    and body[value_at - 1] == 0x12
                ):
                    continue
                return 0
            start, stop = payload_at(body, value_at, at)
            if stop != at:
                return 0
        elif body[pair_at] == 0x12:  # value = 2
            start, stop = payload_at(body, pair_at + 1, at)
            key_at = stop + 2
            if (
                not key_at < at < key_at + 128
                or body[stop] != 0x0A
                or body[stop + 1] != at - key_at
            ):
                return 0
            key = keys.get(body[key_at:at])
            if key is None:
                continue
        else:
            return 0
        if key.kept:
            value = any_value(body, start, stop)
            if value is None:
                return 0
            kept.setdefault(key.text, value)
        role = key.role
        step: bytes | Key | None = key
        if role == COUNTS:
            number = _number(body, start, stop)
            if number < 0:
                return 0
            if number:
                numbers.append(number)
            else:
                step = key.zero
        elif role == TELLS:
            if size > MAX_TOLD:
                return 0
            step = body[pair_at:at]
        elif role in {NAMES, STANDS}:
            text_at = _text_at(body, start, stop)
            if text_at < 0:
                return 0
            if role == NAMES:
                if named_by is not None or text_at == stop:
                    return 0
                named_by, name = key, body[text_at:stop]
        elif role != ONLY_KEPT:
            return 0
        known = shape.next.get(step)
        if known is None:
            if steps >= MAX_STEPS:
                return 0
            known = heard.shapes.after(shape, step)
        shape = known
        steps += 1
    if steps > MAX_STEPS:
        return 0
    heard.ear, heard.shape, heard.steps = ear, shape, steps
    heard.named_by, heard.name = named_by, name.decode("utf-8", "replace")
    heard.kept, heard.costs, heard.places = kept or NOTHING_KEPT, NO_COSTS, NO_PLACES
    return at


def _number(body: bytes, at: int, end: int) -> int:
    """An int_value = 3 of up to three bytes; -1 where it is otherwise."""
    if body[at] != 0x18:
        return -1
    width = end - at - 1
    number = body[at + 1]
    if width == 1 and number < 128:
        return number
    if width == 2 and number >= 128 > body[at + 2]:
        return number - 128 + (body[at + 2] << 7)
    if width == 3 and number >= 128 <= body[at + 2] and body[at + 3] < 128:
        return number - 128 + (body[at + 2] - 128 << 7) + (body[at + 3] << 14)
    return -1


def _text_at(body: bytes, at: int, end: int) -> int:
    """Where the text of a string_value = 1 that ends there begins; -1 where it is otherwise."""
    if body[at] != 0x0A:
        return -1
    length = body[at + 1]
    at += 2
    if length >= 128:
        further = body[at]
        if further >= 128:
            return -1
        at += 1
        length += (further << 7) - 128
    return at if at + length == end else -1
