"""Requests of every shape that the schema allows, made from the schema's own descriptors.

`each_field` holds every field of a signal alone, with each value at its edges; `requests` mixes
them by chance. Nothing here names a field but for what a Collector does not read: ids of odd lengths.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor import FieldDescriptor
from hypothesis import strategies as st

from processor.model import Signal
from tests.fuzz.soup import CALL
from tests.walk.requests import keys, signed, texts, unsigned
from tests.walk.test_otlp_json import CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import Descriptor

    Path = tuple[FieldDescriptor, ...]

IDS: Final = {"trace_id": 16, "span_id": 8, "parent_span_id": 8}
ALWAYS: Final = frozenset(
    {f"resource_{signal}" for signal in Signal}
    | {"resource_spans", "scope_spans", "scope_metrics", "scope_logs"}
    | {"spans", "metrics", "log_records"}
)
NESTED: Final = 2
"""How often a message may stand within one of its kind."""

_INTS: Final = (0, 1, -1, 127, 128, 2**31, 2**53 + 1, 2**63 - 1, -(2**63))
_UINTS: Final = (0, 1, 127, 128, 2**31, 2**53 + 1, 2**63, 2**64 - 1)
_SHORT: Final = (0, 1, 2**31, 2**32 - 1)
_SIGNED_SHORT: Final = (0, 1, -1, 2**31 - 1, -(2**31))
_FLOATS: Final = (0.0, -0.0, 1.5, 5e-324, 1.7976931348623157e308, 0.1, 1e21, 1e-7, 123456789e9)
_NO_NUMBERS: Final = (float("nan"), float("inf"), float("-inf"))
_TEXTS: Final = ("", "gen_ai.usage.cost", 'é \U0001f600 \x00 \u2028 </script> " \\', "x" * 5000)

EDGES: Final[dict[int, tuple[Any, ...]]] = {
    FieldDescriptor.TYPE_BOOL: (False, True),
    FieldDescriptor.TYPE_BYTES: (b"", b"\x00", bytes(range(256))),
    FieldDescriptor.TYPE_DOUBLE: _FLOATS + _NO_NUMBERS,
    FieldDescriptor.TYPE_STRING: _TEXTS,
    FieldDescriptor.TYPE_INT64: _INTS,
    FieldDescriptor.TYPE_SFIXED64: _INTS,
    FieldDescriptor.TYPE_UINT64: _UINTS,
    FieldDescriptor.TYPE_FIXED64: _UINTS,
    FieldDescriptor.TYPE_UINT32: _SHORT,
    FieldDescriptor.TYPE_FIXED32: _SHORT,
    FieldDescriptor.TYPE_INT32: _SIGNED_SHORT,
    FieldDescriptor.TYPE_SINT32: _SIGNED_SHORT,
    FieldDescriptor.TYPE_ENUM: (0, 1, 2, 3, 24, 99),
}
CHANCE: Final[dict[int, st.SearchStrategy[Any]]] = {
    kind: st.sampled_from(values) for kind, values in EDGES.items()
} | {
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=8),
    FieldDescriptor.TYPE_DOUBLE: st.floats(),
    FieldDescriptor.TYPE_STRING: texts,
    FieldDescriptor.TYPE_SFIXED64: signed,
    FieldDescriptor.TYPE_INT64: signed,
    FieldDescriptor.TYPE_FIXED64: unsigned,
}


def _edges(field: FieldDescriptor) -> tuple[Any, ...]:
    size = IDS.get(field.name)
    return EDGES[field.type] if size is None else (b"", b"\x00" * size, b"\xff" * size)


def paths(kind: Descriptor, above: tuple[str, ...] = ()) -> Iterator[Path]:
    """The ways from a message down to each of its fields, the messages themselves included."""
    for field in kind.fields:
        yield (field,)
        inner = field.message_type
        if inner is not None and above.count(inner.full_name) < NESTED:
            for rest in paths(inner, (*above, inner.full_name)):
                yield (field, *rest)


def _set(message: Any, path: Path, value: Any) -> None:
    for field in path[:-1]:
        inner = getattr(message, field.name)
        message = inner.add() if field.is_repeated else inner
    last = path[-1]
    if last.message_type is None:
        if last.is_repeated:
            getattr(message, last.name).extend([value, value])
        else:
            setattr(message, last.name, value)
    elif last.is_repeated:
        getattr(message, last.name).add()
    else:
        getattr(message, last.name).SetInParent()


@cache
def each_field(signal: Signal) -> Any:
    """One request in which every field stands once with each of its edges, and alone."""
    whole = CLASSES[signal]()
    for path in paths(whole.DESCRIPTOR):
        for value in (None,) if path[-1].message_type else _edges(path[-1]):
            one = CLASSES[signal]()
            _set(one, path, value)
            whole.MergeFrom(one)
    return whole


def called(message: Any) -> Any:
    """The same with a call to a model on each span, so that each is priced and rewritten."""
    for group in message.resource_spans:
        for scope in group.scope_spans:
            for span in scope.spans:
                span.attributes.extend(CALL)
    return message


def _members(kind: Descriptor) -> list[list[FieldDescriptor]]:
    """Fields that may stand together; those of a oneof are one choice."""
    alone = [[field] for field in kind.fields if field.containing_oneof is None]
    return alone + [list(one.fields) for one in kind.oneofs]


def _fill(draw: st.DrawFn, message: Any, room: int) -> None:
    for choice in _members(message.DESCRIPTOR):
        always = choice[0].name in ALWAYS
        if not always and not draw(st.booleans()):
            continue
        field = choice[0] if len(choice) == 1 else draw(st.sampled_from(choice))
        if field.message_type is None:
            _write(draw, message, field)
        elif room > 0:
            inner = getattr(message, field.name)
            if field.is_repeated:
                for _ in range(draw(st.integers(1 if always else 0, 2))):
                    _fill(draw, inner.add(), room - 1)
            else:
                inner.SetInParent()
                _fill(draw, inner, room - 1)


def _write(draw: st.DrawFn, message: Any, field: FieldDescriptor) -> None:
    chance = CHANCE[field.type]
    if size := IDS.get(field.name):
        chance = st.sampled_from([b"", b"\x00" * size, b"a" * size]) | st.binary(
            min_size=size, max_size=size
        )
    elif field.name == "key":
        chance = keys
    if field.is_repeated:
        getattr(message, field.name).extend(draw(st.lists(chance, max_size=3)))
    else:
        setattr(message, field.name, draw(chance))


@st.composite
def requests(draw: st.DrawFn, signal: Signal) -> Any:
    """A request by chance; about half of those with spans are about calls."""
    message = CLASSES[signal]()
    _fill(draw, message, 8)
    return called(message) if signal is Signal.TRACES and draw(st.booleans()) else message
