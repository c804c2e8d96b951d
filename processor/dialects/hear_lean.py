"""The short way through a span for an interpreter: no call for what every span has.

Follows `hear.py` as far as a span is written by an SDK and says nothing that is new to its shape; at
the first byte that is otherwise, that one begins anew and decides. So all that is taken in here has to
be what it takes in. To an interpreter a slice and a look into a dictionary are one step, a call is ten.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from processor.dialects.hear import MAX_STEPS, NO_COSTS, NOTHING_KEPT, hear
from processor.dialects.shapes import COUNTS, MAX_TOLD, NAMES, STANDS
from processor.wire.fields import skip, tag_at
from processor.wire.walk import NO_PLACES

if TYPE_CHECKING:
    from processor.dialects.hear import Heard
    from processor.dialects.shapes import Ear, Key, Shape
    from processor.wire.walk import SpanView

_TIMES: Final = struct.Struct("<BQBQ").unpack_from
_READ: Final = frozenset({0x0A, 0x12, 0x22, 0x39, 0x41, 0x4A})
"""Fields of a span that somebody reads."""
_SIGN: Final = 0x7FFFFFFFFFFFFFFF


def hear_lean(body: bytes, view: SpanView, ear: Ear, heard: Heard, root: Shape) -> bool:
    """As `hear`."""
    if not ear.keeps:
        try:
            at = _head(body, view)
            if at and _attributes(body, at, view.end, ear, heard, root):
                view.places = NO_PLACES
                return True
        except (IndexError, struct.error):
            pass
    return hear(body, view, ear, heard, root)


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


def _attributes(  # noqa: C901, PLR0911, PLR0912, PLR0913, PLR0915, PLR0917 - one loop without calls is the point
    body: bytes, at: int, end: int, ear: Ear, heard: Heard, shape: Shape
) -> bool:
    """Takes in the attributes; False where it has to be done at leisure."""
    pairs = ear.pairs
    numbers = heard.numbers
    numbers.clear()
    steps = 0
    named_by: Key | None = None
    name = b""
    while at < end:
        if body[at] != 0x4A:  # attributes = 9
            tag, at = tag_at(body, at, end)
            if tag in _READ:
                return False
            at = skip(body, at, end, tag)
            continue
        pair_at = at + 2
        size = body[at + 1]
        if size >= 128:
            further = body[pair_at]
            if further >= 128:
                return False
            pair_at += 1
            size += (further << 7) - 128
        at = pair_at + size
        if at > end:
            return False
        if size <= MAX_TOLD:
            told = shape.next.get(body[pair_at:at])
            if told is not None:
                shape = told
                steps += 1
                continue
        length = body[pair_at + 1]
        value_at = pair_at + 3 + length  # where the value's length stands
        key = pairs.get(body[pair_at:value_at])
        if key is None:
            if (
                value_at < at
                and 0 < length < 128
                and body[pair_at] == 0x0A  # key = 1
                and body[value_at - 1] == 0x12  # value = 2
            ):
                continue
            return False
        role = key.role
        if role == COUNTS:
            if (
                body[value_at] != at - value_at - 1 or body[value_at + 1] != 0x18
            ):  # int_value = 3
                return False
            number = body[value_at + 2]
            width = at - value_at - 2
            if width == 2 and number >= 128 > body[value_at + 3]:
                number += (body[value_at + 3] << 7) - 128
            elif width == 3 and number >= 128 <= body[value_at + 3] and body[at - 1] < 128:
                number += (body[value_at + 3] << 7) + (body[at - 1] << 14) - 128 - (128 << 7)
            elif width != 1 or number >= 128:
                return False
            if number:
                numbers.append(number)
                step: Key | None = key
            else:
                step = key.zero
        elif role in {NAMES, STANDS}:
            if (
                body[value_at] != at - value_at - 1
                or body[value_at + 1] != 0x0A  # string_value = 1
                or body[value_at + 2] != at - value_at - 3
            ):
                return False
            if role == NAMES:
                if named_by is not None or value_at + 3 == at:
                    return False
                named_by, name = key, body[value_at + 3 : at]
            step = key
        else:
            return False
        known = shape.next.get(step)
        if known is None:
            return False
        shape = known
        steps += 1
    if steps > MAX_STEPS:
        return False
    heard.ear, heard.shape, heard.steps = ear, shape, steps
    heard.named_by, heard.name = named_by, name.decode("utf-8", "replace")
    heard.kept, heard.costs, heard.places = NOTHING_KEPT, NO_COSTS, NO_PLACES
    return True
