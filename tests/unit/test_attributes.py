"""Attributes as bytes, held against the official classes."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from processor.wire.attributes import (
    MAX_NESTING,
    attribute,
    double_attribute,
    nested,
    pairs,
    string_attribute,
)
from processor.wire.fields import Malformed
from tests.calls.traffic import LAW, put

keys = st.text(min_size=1, max_size=200)
texts = st.text() | st.text(min_size=1, max_size=9).map(lambda text: text * 3000)


@given(key=keys, number=st.floats())
@LAW
def test_a_double_attribute(key: str, number: float) -> None:
    span = Span.FromString(double_attribute(key.encode(), number))
    (pair,) = span.attributes
    assert pair.key == key
    assert pair.value.WhichOneof("value") == "double_value"
    assert pair.value.double_value == number or math.isnan(number)


@given(key=keys, text=texts)
@LAW
def test_a_string_attribute(key: str, text: str) -> None:
    span = Span.FromString(string_attribute(key.encode(), text))
    (pair,) = span.attributes
    assert (pair.key, pair.value.WhichOneof("value")) == (key, "string_value")
    assert pair.value.string_value == text


def test_an_attribute_is_the_very_bytes_that_protobuf_writes() -> None:
    span = Span()
    put(span.attributes, "gen_ai.usage.cost", 0.00735)
    put(span.attributes, "genai_cost.status", "priced")
    ours = double_attribute(b"gen_ai.usage.cost", 0.00735) + string_attribute(
        b"genai_cost.status", "priced"
    )
    assert ours == span.SerializeToString()


def test_an_attribute_with_any_value() -> None:
    value = AnyValue(int_value=-3)
    span = Span.FromString(attribute(b"k", value.SerializeToString()))
    assert span.attributes[0].value == value


plain = st.one_of(
    st.text(max_size=9),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
)
trees = st.recursive(
    plain | st.binary(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


def any_value(tree: Any) -> AnyValue:
    """The official form of a plain value."""
    made = AnyValue()
    match tree:
        case bool():
            made.bool_value = tree
        case str():
            made.string_value = tree
        case int():
            made.int_value = tree
        case float():
            made.double_value = tree
        case bytes():
            made.bytes_value = tree
        case list():
            made.array_value.values.extend([any_value(each) for each in tree])  # pyright: ignore[reportUnknownVariableType]
            made.array_value.SetInParent()
        case dict():
            made.kvlist_value.SetInParent()
            for key, each in tree.items():  # pyright: ignore[reportUnknownVariableType]
                made.kvlist_value.values.add(key=key).value.CopyFrom(any_value(each))
        case _:
            raise TypeError(tree)
    return made


@given(tree=trees.filter(lambda tree: isinstance(tree, (list, dict, bytes))))
@LAW
def test_lists_and_maps_are_opened(tree: Any) -> None:
    """The walk hands them out as the bytes of their AnyValue."""
    assert nested(any_value(tree).SerializeToString()) == tree


@given(value=plain)
@LAW
def test_what_is_open_stays_as_it_is(value: Any) -> None:
    assert nested(value) is value


def deep(levels: int) -> bytes:
    tree: Any = "x"
    for _ in range(levels):
        tree = [tree]
    return any_value(tree).SerializeToString()


def test_what_is_nested_too_deeply_is_refused() -> None:
    assert nested(deep(MAX_NESTING - 1)) is not None
    with pytest.raises(Malformed, match="too deeply"):
        nested(deep(MAX_NESTING))


@given(body=st.binary(max_size=60))
@LAW
def test_any_bytes_are_opened_or_malformed(body: bytes) -> None:
    try:
        nested(body)
    except Malformed:
        return


@given(attributes=st.dictionaries(st.text(max_size=9), plain, max_size=5))
@LAW
def test_pairs_of_a_resource(attributes: dict[str, Any]) -> None:
    made = Resource(dropped_attributes_count=7)
    for key, value in attributes.items():
        put(made.attributes, key, value)
    body = made.SerializeToString()
    assert dict(pairs(body, 0, len(body), 1)) == attributes


def test_a_pair_without_a_value_is_none_at_all() -> None:
    made = Resource()
    made.attributes.add(key="empty")
    body = made.SerializeToString()
    assert list(pairs(body, 0, len(body), 1)) == []
