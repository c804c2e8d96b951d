"""Whose money it is: resources, old names, dimensions, and labels of a bearable size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from processor.attribution import KEPT, MAX_LABEL, Attribution, label, read_scope
from tests.calls.traffic import CALL, END_NS, LAW, TABLE, Said, enricher, put, request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.wire.fields import Value

LIST = b"\x2a\x05\x0a\x03\x0a\x01a"  # an AnyValue that holds the list ["a"]


def about(attributes: Mapping[str, Value]) -> bytes:
    """A Resource message."""
    made = Resource(dropped_attributes_count=1)
    for key, value in attributes.items():
        put(made.attributes, key, value)
    return made.SerializeToString()


@pytest.mark.parametrize(
    ("attributes", "environment"),
    [
        ({}, ""),
        ({"deployment.environment.name": "production"}, "production"),
        ({"deployment.environment": "staging"}, "staging"),
        ({"deployment.environment": "old", "deployment.environment.name": "new"}, "new"),
        ({"deployment.environment.name": "", "deployment.environment": "old"}, "old"),
        ({"deployment.environment": 7}, "7"),
    ],
    ids=["none", "new-name", "old-name", "both", "empty", "number"],
)
def test_the_environment_by_either_name(
    attributes: Mapping[str, Value], environment: str
) -> None:
    origin = Attribution(()).resource(about(attributes)).origin
    assert origin.environment == environment
    kept = dict(origin.resource)
    assert kept.get("deployment.environment.name", "") == environment
    assert "deployment.environment" not in kept


def test_a_resource_keeps_what_outlives_a_pod() -> None:
    attributes = {
        "service.name": "shop",
        "k8s.namespace.name": "checkout",
        "k8s.pod.name": "shop-7d9f",
        "host.name": "node-3",
    }
    origin = Attribution(()).resource(about(attributes)).origin
    assert origin.service_name == "shop"
    assert origin.resource == (("k8s.namespace.name", "checkout"), ("service.name", "shop"))
    assert not [key for key in KEPT if "pod" in key or "instance" in key]


def test_the_order_of_a_resources_attributes_is_no_other_origin() -> None:
    pairs = [("service.name", "shop"), ("service.version", "3"), ("k8s.job.name", "nightly")]
    reading = Attribution(())
    origins = {reading.resource(about(dict(each))).origin for each in (pairs, pairs[::-1])}
    assert len(origins) == 1


def test_of_an_attribute_that_stands_twice_the_first_counts() -> None:
    twice = about({"service.name": "shop"}) + about({"service.name": "till"})
    assert Attribution(()).resource(twice).origin.service_name == "shop"


def test_a_resource_is_read_once_while_it_is_remembered() -> None:
    reading = Attribution(())
    same = about({"service.name": "shop"})
    assert reading.resource(same) is reading.resource(bytes(bytearray(same)))


@pytest.mark.parametrize(
    ("on_span", "on_resource", "expected"),
    [
        ({}, {}, ("", "")),
        ({"user.tier": "pro"}, {}, ("pro", "")),
        ({}, {"user.tier": "pro", "team": "a"}, ("pro", "a")),
        ({"user.tier": "free"}, {"user.tier": "pro", "team": "a"}, ("free", "a")),
        ({"team": True}, {}, ("", "true")),
        ({"team": False}, {"team": "a"}, ("", "false")),
        ({"team": LIST}, {"team": "a"}, ("", "")),
    ],
    ids=["none", "span", "resource", "span-over-resource", "bool", "false", "list"],
)
def test_dimensions_are_the_spans_own_else_its_resources(
    on_span: Mapping[str, Value], on_resource: Mapping[str, Value], expected: tuple[str, ...]
) -> None:
    reading = Attribution(("user.tier", "team"))
    assert reading.wanted == {"user.tier", "team"}
    assert reading.dimensions(on_span, reading.resource(about(on_resource))) == expected


def test_without_dimensions_nothing_is_asked_of_a_span() -> None:
    reading = Attribution(())
    assert reading.wanted == frozenset()
    assert reading.dimensions({"user.tier": "pro"}, reading.resource(b"")) == ()


def test_a_dimension_reaches_the_charge_of_its_span() -> None:
    said = Said(
        span_id=b"12345678",
        attributes={**CALL, "user.tier": "pro"},
        resource={"service.name": "shop", "team": "a", "deployment.environment": "staging"},
    )
    enriching = enricher(dimensions=("user.tier", "team"))
    (charge,) = enriching.enrich(request(said), TABLE, END_NS).charges
    assert charge.labels.dimensions == ("pro", "a")
    assert charge.labels.origin.service_name == "shop"
    assert charge.labels.origin.environment == "staging"


def test_models_named_at_length_are_cut_on_labels() -> None:
    said = Said(span_id=b"12345678", attributes={**CALL, "gen_ai.request.model": "m" * 1000})
    (charge,) = enricher().enrich(request(said), TABLE, END_NS).charges
    assert charge.labels.request_model == "m" * MAX_LABEL


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("pro", "pro"),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (0.5, "0.5"),
        (LIST, ""),
        ("x" * 300, "x" * MAX_LABEL),
    ],
    ids=["text", "empty", "true", "false", "int", "double", "list", "long"],
)
def test_a_value_as_a_label(value: Value, expected: str) -> None:
    assert label(value) == expected


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.binary()))
@LAW
def test_no_label_is_longer_than_it_may_be(value: Value) -> None:
    assert len(label(value)) <= MAX_LABEL


@given(name=st.text(max_size=20), version=st.text(max_size=20))
@LAW
def test_a_scope_is_its_name_and_version(name: str, version: str) -> None:
    made = InstrumentationScope(name=name, version=version, dropped_attributes_count=1)
    put(made.attributes, "some", "thing")
    assert read_scope(made.SerializeToString()) == (name, version)
    assert Attribution(()).scope(made.SerializeToString()) == (name, version)


def test_a_scope_in_another_encoding_is_read_as_far_as_it_can_be() -> None:
    assert read_scope(b"\x0a\x03a\xffb") == ("a\ufffdb", "")


def test_memos_of_strangers_resources_are_bounded() -> None:
    reading = Attribution(())
    first = reading.resource(about({"service.name": "0"}))
    for n in range(1, 5000):
        reading.resource(about({"service.name": str(n)}))
        reading.scope(InstrumentationScope(name=str(n)).SerializeToString())
    again = reading.resource(about({"service.name": "0"}))
    assert again.origin == first.origin
    assert again is not first
