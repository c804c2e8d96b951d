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
    payload_at,
    same,
    skip,
    tag_at,
    varint_at,
)
from processor.wire.head import Head
from processor.wire.keys import FILTERED, SHORTEST, hash_at, lets
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

    def stands(self, key: Key, at: i64, end: i64) -> bool:
        """Note where an attribute stands that may be replaced."""
        self.places.append((key.text, int(at), int(end)))
        return True

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


def _take_head(body: bytes, view: SpanView, head: Head) -> None:
    """Takes in the ids and times of a head."""
    at = head.trace_id_at
    view.trace_id = body[at : at + 16]
    at = head.span_id_at
    view.span_id = body[at : at + 8]
    at = head.parent_id_at
    if at >= 0:
        view.parent_id = body[at : at + 8]
    if head.start_at >= 0:
        view.start_ns, _after = fixed64_at(body, head.start_at, view.end)
    if head.end_at >= 0:
        view.end_ns, _after = fixed64_at(body, head.end_at, view.end)


def _hear_span(body: bytes, view: SpanView, heard: Heard) -> bool:
    head = heard.head
    end = view.end
    at = head.read(body, view.start, end)
    if at > view.start:
        _take_head(body, view, head)
    while at < end:
        field_at = at
        tag, at = tag_at(body, at, end)
        if tag & 7 == 2:
            at, stop = payload_at(body, at, end)
            if tag == 0x4A:  # attributes = 9
                if not _hear_attribute(body, field_at, at, stop, heard):
                    return False
            else:
                _hear_id(tag, body, at, stop, view)
            at = stop
        elif tag == 0x39:  # start_time_unix_nano = 7
            view.start_ns, at = fixed64_at(body, at, end)
        elif tag == 0x41:  # end_time_unix_nano = 8
            if head.read_back(body, field_at, end) == end:
                _take_head(body, view, head)
                return True
            view.end_ns, at = fixed64_at(body, at, end)
        else:
            at = skip(body, at, end, tag)
    return True


def _hear_id(tag: i64, body: bytes, at: i64, end: i64, view: SpanView) -> None:
    if tag == 0x0A:  # trace_id = 1
        view.trace_id = body[at:end]
    elif tag == 0x12:  # span_id = 2
        view.span_id = body[at:end]
    elif tag == 0x22:  # parent_span_id = 4
        view.parent_id = body[at:end]


def _hear_attribute(body: bytes, field_at: i64, at: i64, end: i64, heard: Heard) -> bool:
    """Takes in a KeyValue; False where it is out of the ordinary."""
    shape = heard.shape
    size = shape.cue_size
    if size and at + size <= end:
        key = shape.cue_key
        cue_at = end - size if shape.cue_behind else at
        if same(body, cue_at, shape.cue, size):
            if key is None:
                known = shape.cue_shape
                if known is not None and at + size == end:
                    return heard.on_to(known)
            elif shape.cue_behind:
                if at + 2 <= cue_at and body[at] == 0x12:  # value = 2
                    return _hear_value(body, field_at, at, at + 1, cue_at, end, key, heard)
            else:
                return _hear_value(body, field_at, at, at + size, end, end, key, heard)
    if end - at < 4:
        return at == end
    if body[at] == 0x0A:  # key = 1
        return _hear_key_first(body, field_at, at, end, heard)
    return body[at] == 0x12 and _hear_value_first(body, field_at, at, end, heard)  # value = 2


def _hear_key_first(body: bytes, field_at: i64, at: i64, end: i64, heard: Heard) -> bool:
    length: i64 = body[at + 1]
    value_at = at + 2 + length
    if not 0 < length < 128 or value_at + 1 >= end or body[value_at] != 0x12:  # value = 2
        return False
    key = _wanted(body, at + 2, length, heard.ear)
    if key is None:
        return True
    shape = heard.shape
    if not _hear_value(body, field_at, at, value_at + 1, end, end, key, heard):
        return False
    if shape.cues < MAX_CUES and not _expect(body[at:end], key, shape, heard.shape):
        shape.expect(body[at : value_at + 1], key, behind=False)
    return True


def _hear_value_first(body: bytes, field_at: i64, at: i64, end: i64, heard: Heard) -> bool:
    """As a Collector writes it."""
    _value, behind = payload_at(body, at + 1, end)
    if behind + 2 >= end or body[behind] != 0x0A:  # key = 1
        return False
    length: i64 = body[behind + 1]
    if length >= 128 or behind + 2 + length != end:
        return False
    key = _wanted(body, behind + 2, length, heard.ear)
    if key is None:
        return True
    shape = heard.shape
    if not _hear_value(body, field_at, at, at + 1, behind, end, key, heard):
        return False
    if shape.cues < MAX_CUES and not _expect(body[at:end], key, shape, heard.shape):
        shape.expect(body[behind:end], key, behind=True)
    return True


def _wanted(body: bytes, at: i64, length: i64, ear: Ear) -> Key | None:
    """Whose key it is."""
    if FILTERED and length >= SHORTEST and not lets(ear.filter, hash_at(body, at, length)):
        return None
    return ear.keys.get(body[at : at + length])


def _expect(attribute: bytes, key: Key, shape: Shape, led_to: Shape) -> bool:
    """Cues the shape for all of what came, where it tells and nothing else came here so far."""
    tells = key.role == TELLS and not key.kept and len(shape.next) == 1
    if tells:
        shape.expect_whole(attribute, led_to)
    return tells


def _hear_value(
    body: bytes,
    field_at: i64,
    pair_at: i64,
    at: i64,
    until: i64,
    end: i64,
    key: Key,
    heard: Heard,
) -> bool:
    """Takes in the value whose length stands at `at`, of the KeyValue in `body[pair_at:end]`."""
    inner, stop = payload_at(body, at, end)
    role = key.role
    if stop != until or role == AT_LENGTH:
        return False
    if key.kept and not _keep(body, inner, until, key, heard):
        return False
    if role == COUNTS:
        return _count(body, inner, until, key, heard)
    if role == NAMES:
        return _name(body, inner, until, key, heard)
    if role == TELLS:
        return end - pair_at <= MAX_TOLD and heard.step(body[pair_at:end])
    if role == COSTS:
        return _cost(body, inner, until, key, heard) and heard.stands(key, field_at, end)
    if role == ONLY_KEPT:
        return heard.step(key)
    # An attribute without a value is none.
    return _holds(body, inner, until) and heard.step(key)


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


def _cost(body: bytes, at: i64, end: i64, key: Key, heard: Heard) -> bool:
    value = any_value(body, at, end)
    if type(value) is not float and type(value) is not int:
        return False
    usd = float(value)
    if not 0 <= usd < MAX_COST:
        return False
    if not heard.costs:
        heard.costs, heard.places = [], []
    heard.costs.append(usd)
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
