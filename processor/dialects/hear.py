"""Reads a span without opening what it says: a shape, its numbers, its name.

The short way, for spans that are written as every known writer writes them; whatever is out of the
ordinary, in its bytes or in its meaning, is read the long way (`wire/walk.py`, `recognise.py`),
which gives the same answer. Compiled by mypyc where that works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from mypy_extensions import i64, mypyc_attr

from processor.dialects.shapes import (
    AT_LENGTH,
    COSTS,
    COUNTS,
    MAX_CUES,
    MAX_TOLD,
    NAMES,
    ONLY_KEPT,
    TELLS,
    Ear,
    Shape,
)
from processor.dialects.usage import MAX_COST, MAX_COUNT
from processor.wire.fields import (
    Malformed,
    any_value,
    fixed64_at,
    head_at,
    payload_at,
    same,
    skip,
    tag_at,
    varint_at,
)
from processor.wire.head import Head
from processor.wire.keys import FILTERED, SHORTEST, hash_of, lets
from processor.wire.walk import NO_PLACES

if TYPE_CHECKING:
    from processor.dialects.shapes import Key, Shapes
    from processor.wire.fields import Value
    from processor.wire.walk import SpanView

MAX_STEPS: Final = 48
"""Attributes that one shape is made of; the spans of known writers stay under 20."""
NOTHING_KEPT: Final[dict[str, Value]] = {}
NO_COSTS: Final[list[float]] = []


@final
@mypyc_attr(acyclic=True)
class Heard:
    """What one span said; used again for the next."""

    def __init__(self, shapes: Shapes) -> None:
        self.ear: Ear = Ear({}, frozenset())
        self.shapes: Shapes = shapes
        self.shape: Shape = Shape(())
        self.numbers: list[int] = []
        """Those above 0, as the shape has them."""
        self.name: str = ""
        self.named_by: Key | None = None
        """The attribute that has the name."""
        self.steps: i64 = 0
        self.kept: dict[str, Value] = NOTHING_KEPT
        """Values of the dimensions that stand on it."""
        self.costs: list[float] = NO_COSTS
        """As the shape has them."""
        self.places: list[tuple[str, int, int]] = NO_PLACES
        """Where they stand, as `SpanView` has it."""
        self.head: Head = Head()

    def begin(self, ear: Ear, root: Shape) -> None:
        """Nothing of the span before it is left."""
        self.ear = ear
        self.shape = root
        self.numbers.clear()
        self.named_by = None
        self.steps = 0
        self.kept = NOTHING_KEPT
        self.costs = NO_COSTS
        self.places = NO_PLACES

    def step(self, step: object) -> bool:
        """On to the next shape; False where the span has said more than any shape holds."""
        shape = self.shape
        found: Shape | None = None
        if step is shape.cue_key:
            found = shape.cue_shape
        if found is None:
            found = shape.next.get(step)
            if found is None:
                if self.steps >= MAX_STEPS:
                    return False
                found = self.shapes.after(shape, step)
            if step is shape.cue_key:
                shape.cue_shape = found
        return self.on_to(found)

    def on_to(self, shape: Shape) -> bool:
        """The same, where it is known which one that is."""
        self.shape = shape
        self.steps += 1
        return self.steps <= MAX_STEPS


def hear(body: bytes, view: SpanView, ear: Ear, heard: Heard, root: Shape) -> bool:
    """Takes in what the span says; False where it has to be read the long way. Raises `Malformed`."""
    heard.begin(ear, root)
    try:
        if not _hear_span(body, view, heard):
            return False
    except IndexError:
        raise Malformed("a span ends in the middle of a field") from None
    view.places = heard.places
    return True


def _hear_head(body: bytes, view: SpanView, head: Head) -> i64:
    """Takes in ids and times where they are written as usual; the position after them."""
    start, end = view.start, view.end
    at = head.read(body, start, end)
    if at > start:
        view.trace_id = body[start + 2 : start + 18]
        view.span_id = body[start + 20 : start + 28]
        if head.parent_at >= 0:
            view.parent_id = body[head.parent_at : head.parent_at + 8]
        if head.start_at >= 0:
            view.start_ns, _after = fixed64_at(body, head.start_at, end)
        if head.end_at >= 0:
            view.end_ns, _after = fixed64_at(body, head.end_at, end)
    return at


def _hear_span(body: bytes, view: SpanView, heard: Heard) -> bool:
    at = _hear_head(body, view, heard.head)
    end = view.end
    while at < end:
        field_at = at
        tag, at = tag_at(body, at, end)
        if tag & 7 == 2:
            at, stop = payload_at(body, at, end)
            if tag == 0x4A:  # attributes = 9
                if not _hear_attribute(body, field_at, at, stop, heard):
                    return False
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
    return True


def _hear_attribute(body: bytes, field_at: i64, at: i64, end: i64, heard: Heard) -> bool:
    """Takes in a KeyValue; False where it is out of the ordinary."""
    shape = heard.shape
    size = shape.cue_size
    if size and at + size <= end and same(body, at, shape.cue, size):
        key = shape.cue_key
        if key is not None:
            return _hear_value(body, field_at, at, at + size, end, key, heard)
        known = shape.cue_shape
        if known is not None and at + size == end:
            return heard.on_to(known)
    if end - at < 4 or body[at] != 0x0A:  # key = 1
        return at == end
    length: i64 = body[at + 1]
    key_at: i64 = at + 2
    value_at = key_at + length
    if not 0 < length < 128 or value_at + 1 >= end or body[value_at] != 0x12:  # value = 2
        return False
    found = _wanted(body, key_at, length, heard.ear)
    if found is None:
        return True
    if not _hear_value(body, field_at, at, value_at + 1, end, found, heard):
        return False
    if shape.cues < MAX_CUES:
        _expect(body[at:end], value_at + 1 - at, found, shape, heard.shape)
    return True


def _wanted(body: bytes, at: i64, length: i64, ear: Ear) -> Key | None:
    """Whose key it is."""
    if FILTERED and length >= SHORTEST:
        tail = head_at(body, at + length - 3) & 0xFFFFFF
        if not lets(ear.filter, hash_of(length, tail)):
            return None
    return ear.keys.get(body[at : at + length])


def _expect(attribute: bytes, value_at: i64, key: Key, shape: Shape, led_to: Shape) -> None:
    """Cues the shape for what came: all of it, where it tells and nothing else came here so far."""
    if key.role == TELLS and not key.kept and len(shape.next) == 1:
        shape.expect(attribute, None, led_to)
    else:
        shape.expect(attribute[:value_at], key, None)


def _hear_value(
    body: bytes, field_at: i64, pair_at: i64, at: i64, end: i64, key: Key, heard: Heard
) -> bool:
    """Takes in the value whose length stands at `at`, of the KeyValue at `pair_at`."""
    inner, stop = payload_at(body, at, end)
    role = key.role
    if stop != end or role == AT_LENGTH:
        return False
    if key.kept and not _keep(body, inner, end, key, heard):
        return False
    if role == COUNTS:
        return _count(body, inner, end, key, heard)
    if role == NAMES:
        return _name(body, inner, end, key, heard)
    if role == TELLS:
        return end - pair_at <= MAX_TOLD and heard.step(body[pair_at:end])
    if role == COSTS:
        return _cost(body, field_at, inner, end, key, heard)
    if role == ONLY_KEPT:
        return heard.step(key)
    # An attribute without a value is none.
    return _holds(body, inner, end) and heard.step(key)


def _holds(body: bytes, at: i64, end: i64) -> bool:
    """Whether an AnyValue holds anything."""
    if at + 1 < end and body[at] == 0x0A:  # string_value = 1, as nearly always
        _start, stop = payload_at(body, at + 1, end)
        if stop == end:
            return True
    return any_value(body, at, end) is not None


def _count(body: bytes, at: i64, end: i64, key: Key, heard: Heard) -> bool:
    if at >= end or body[at] != 0x18:  # int_value = 3
        return False
    number, stop = varint_at(body, at + 1, end)
    if stop != end or not 0 <= number <= MAX_COUNT:
        return False
    if number == 0:
        return heard.step(key.zero)
    heard.numbers.append(int(number))
    return heard.step(key)


def _cost(body: bytes, field_at: i64, at: i64, end: i64, key: Key, heard: Heard) -> bool:
    value = any_value(body, at, end)
    if type(value) is not float and type(value) is not int:
        return False
    usd = float(value)
    if not 0 <= usd < MAX_COST:
        return False
    if not heard.costs:
        heard.costs, heard.places = [], []
    heard.costs.append(usd)
    heard.places.append((key.text, int(field_at), int(end)))
    return heard.step(key)


def _name(body: bytes, at: i64, end: i64, key: Key, heard: Heard) -> bool:
    if at >= end or body[at] != 0x0A:  # string_value = 1
        return False
    start, stop = payload_at(body, at + 1, end)
    if stop != end or start == stop:
        return False
    if heard.named_by is None:
        heard.named_by = key
        heard.name = body[start:stop].decode("utf-8", "replace")
    return heard.named_by is key and heard.step(key)  # of two the dialect says which


def _keep(body: bytes, at: i64, end: i64, key: Key, heard: Heard) -> bool:
    if not heard.kept:
        heard.kept = {}
    if key.text not in heard.kept:
        value = any_value(body, at, end)
        if value is None:
            return False
        heard.kept[key.text] = value
    return True
