"""Whatever a stranger writes, in any nesting: a span is priced or left, never harmed.

From bytes to bytes through the whole enricher: no fault of ours, no cost below 0 or without end, no
foreign attribute changed.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from processor.dialects import DIALECTS
from tests.calls.traffic import CALL, END_NS, TABLE, Said, enricher, request, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.wire.fields import Value

law = settings(deadline=None, max_examples=150)

SCOPES = ["app", *[scope for dialect in DIALECTS for scope in dialect.scopes]]
SPECS = sorted({spec for dialect in DIALECTS for spec in dialect.specs()})
IN_JSON = [spec for spec in SPECS if "#" in spec]
KEYS = sorted({spec.partition("#")[0] for spec in SPECS})
numbers = st.one_of(
    st.integers(-5, 5000), st.integers(-(2**63), 2**63 - 1), st.floats(), st.booleans()
)
texts = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["12", "12k", "1e999", "nan", "gpt-4o", "chat", "{", "[["]),
)
trees: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), numbers, texts),
    lambda below: st.one_of(
        st.lists(below, max_size=4), st.dictionaries(st.text(max_size=6), below, max_size=4)
    ),
    max_leaves=12,
)


def members(tree: Any) -> dict[str, Any]:
    """The tree's members, if it has names for them."""
    return cast("dict[str, Any]", tree) if isinstance(tree, dict) else {}


def planted(spec: str, leaf: Any) -> tuple[str, str]:
    """An attribute with a JSON text that has *leaf* where the spec looks for it."""
    key, _, path = spec.partition("#")
    for step in reversed(path.split(".") if path else []):
        name, equals, word = step.partition("=")
        if equals:
            leaf = [{**members(leaf), name: word}]
        elif step == "n()":
            leaf = [leaf, leaf]
        else:
            leaf = {step: leaf}
    return key, json.dumps(leaf)


def no_harm(attributes: Mapping[str, Value], scope: str) -> None:
    body = request(Said(span_id=b"12345678", attributes=attributes, scope=scope))
    unharmed(body, enriched(body))


def enriched(body: bytes) -> bytes:
    done = enricher(detail="full").enrich(body, TABLE, END_NS)
    assert done.faults == 0
    assert all(charge.atto_usd >= 0 for charge in done.charges)
    return done.body


def unharmed(before: bytes, after: bytes) -> None:
    """All that was there is there as it was, but for a cost, which is finite and not below 0."""
    parsed = [ExportTraceServiceRequest.FromString(each) for each in (before, after)]
    pairs = [list(each.resource_spans[0].scope_spans[0].spans[0].attributes) for each in parsed]
    ours = ("genai_cost.", "gen_ai.usage.cost")
    foreign = [
        [pair.SerializeToString() for pair in each if not pair.key.startswith(ours)]
        for each in pairs
    ]
    assert foreign[0] == foreign[1]
    if foreign[1] != [pair.SerializeToString() for pair in pairs[1]]:
        for key, value in written(after)[0]:
            if key.startswith("genai_cost.") and isinstance(value, float):
                assert math.isfinite(value)
                assert value >= 0


@given(
    attributes=st.dictionaries(st.sampled_from(KEYS), st.one_of(numbers, texts), max_size=14),
    scope=st.sampled_from(SCOPES),
)
@law
def test_any_soup_of_attributes_goes_through(attributes: dict[str, Any], scope: str) -> None:
    no_harm({**CALL, **attributes}, scope)


@given(
    planting=st.lists(
        st.tuples(st.sampled_from(IN_JSON), st.one_of(trees, numbers)), max_size=6
    ),
    scope=st.sampled_from(SCOPES),
)
@law
def test_any_json_where_json_is_read_goes_through(
    planting: list[tuple[str, Any]], scope: str
) -> None:
    no_harm({**CALL, **dict(planted(spec, leaf) for spec, leaf in planting)}, scope)


def any_value(tree: Any) -> AnyValue:
    """The tree as OTLP nests it."""
    made = AnyValue()
    if isinstance(tree, bool):
        made.bool_value = tree
    elif isinstance(tree, int):
        made.int_value = max(-(2**63), min(tree, 2**63 - 1))
    elif isinstance(tree, float):
        made.double_value = tree
    elif isinstance(tree, str):
        made.string_value = tree
    elif isinstance(tree, list):
        each: list[Any] = [*tree]
        made.array_value.values.extend(map(any_value, each))
        made.array_value.SetInParent()
    elif isinstance(tree, dict):
        made.kvlist_value.SetInParent()
        for key, value in members(tree).items():
            made.kvlist_value.values.add(key=key).value.CopyFrom(any_value(value))
    return made


@given(
    attributes=st.dictionaries(st.sampled_from(KEYS), trees, max_size=8),
    scope=st.sampled_from(SCOPES),
)
@law
def test_any_nesting_goes_through(attributes: dict[str, Any], scope: str) -> None:
    made = ExportTraceServiceRequest.FromString(
        request(Said(span_id=b"12345678", attributes=CALL, scope=scope))
    )
    span = made.resource_spans[0].scope_spans[0].spans[0]
    for key, tree in attributes.items():
        if key not in CALL:
            span.attributes.add(key=key).value.CopyFrom(any_value(tree))
    body = made.SerializeToString()
    unharmed(body, enriched(body))
