"""OTLP: decoded by the official classes, a series first said as 0, its start never moving."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric

from processor.metrics.ledger import Ledger
from processor.metrics.otlp import OtlpView, Request
from processor.model import Origin, Status
from tests.metrics.calls import LAW, NOW, SHOP, S, charge, labels, unpriced

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.proto.common.v1.common_pb2 import KeyValue

    from processor.metrics.otlp import Temporality
    from processor.model import Charge

COST = "gen_ai.usage.cost"


def decoded(request: Request) -> ExportMetricsServiceRequest:
    return ExportMetricsServiceRequest.FromString(request.body)


def told(view: OtlpView, now: int = NOW + S) -> list[ExportMetricsServiceRequest]:
    """All requests of one export, taken by the next hop."""
    requests = list(view.requests(now))
    for request in requests:
        view.taken(request)
    return [decoded(request) for request in requests]


def metrics(*requests: ExportMetricsServiceRequest) -> list[Metric]:
    return [
        metric
        for request in requests
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    ]


def named(name: str, *requests: ExportMetricsServiceRequest) -> list[Metric]:
    return [metric for metric in metrics(*requests) if metric.name == name]


def texts(attributes: Iterable[KeyValue]) -> dict[str, str]:
    return {pair.key: pair.value.string_value for pair in attributes}


def cost(*requests: ExportMetricsServiceRequest) -> list[float]:
    return [point.as_double for one in named(COST, *requests) for point in one.sum.data_points]


def counts(name: str, key: str, *requests: ExportMetricsServiceRequest) -> dict[str, int]:
    return {
        texts(point.attributes)[key]: point.as_int
        for one in named(name, *requests)
        for point in one.sum.data_points
    }


def view_of(
    *charges: Charge, temporality: Temporality = "cumulative"
) -> tuple[Ledger, OtlpView]:
    ledger = Ledger(dimensions=("user.tier",), instance_id="replica-1")
    ledger.add(charges, NOW)
    return ledger, OtlpView(ledger, version="1.2.3", temporality=temporality)


GOLD = labels(dimensions=("gold",))
PLAIN = labels(dimensions=("",))


@pytest.mark.parametrize(
    ("name", "unit", "kind"),
    [
        (COST, "{USD}", "sum"),
        ("genai_cost.tokens", "{token}", "sum"),
        ("genai_cost.request.cost", "{USD}", "histogram"),
        ("genai_cost.spans", "{span}", "sum"),
        ("genai_cost.model.first_seen", "s", "gauge"),
    ],
)
def test_a_metric_has_the_contracts_name_unit_and_kind(name: str, unit: str, kind: str) -> None:
    _, view = view_of(charge(GOLD))
    (metric,) = named(name, *told(view))
    assert (metric.unit, metric.WhichOneof("data")) == (unit, kind)
    if kind == "sum":
        assert metric.sum.is_monotonic
        assert (
            metric.sum.aggregation_temporality
            == AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
        )


def test_a_point_carries_what_the_contract_says() -> None:
    _, view = view_of(charge(GOLD))
    (metric,) = named(COST, *told(view))
    assert texts(metric.sum.data_points[0].attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "genai_cost.source": "computed",
        "service.name": "shop",
        "deployment.environment.name": "production",
        "user.tier": "gold",
        "genai_cost.instance.id": "replica-1",
    }


def test_empty_values_are_left_out() -> None:
    _, view = view_of(charge(PLAIN))
    (metric,) = named(COST, *told(view))
    assert "user.tier" not in texts(metric.sum.data_points[0].attributes)


def test_each_resource_is_a_spans_own_under_our_scope() -> None:
    other = Origin("till", "", (("service.name", "till"), ("service.version", "2")))
    _, view = view_of(charge(GOLD), charge(labels(origin=other, dimensions=("",))))
    (request,) = told(view)
    found = [texts(one.resource.attributes) for one in request.resource_metrics]
    assert found[:2] == [dict(SHOP.resource), dict(other.resource)]
    scopes = {
        (scope.scope.name, scope.scope.version)
        for one in request.resource_metrics
        for scope in one.scope_metrics
    }
    assert scopes == {("genai_cost", "1.2.3")}


def test_a_new_series_is_said_as_0_and_then_with_its_value() -> None:
    _, view = view_of(charge(GOLD))
    assert [cost(*told(view)), cost(*told(view))] == [[0.0], [0.00735]]


def test_a_new_token_class_or_status_of_a_known_label_set_is_said_as_0_too() -> None:
    ledger, view = view_of(charge(GOLD))
    told(view)
    ledger.add(
        [charge(GOLD, tokens=(("cache_read", 9),), status=Status.PRICED_FALLBACK)], NOW + S
    )
    answers = [told(view), told(view)]
    tokens = [counts("genai_cost.tokens", "genai_cost.token.class", *one) for one in answers]
    assert tokens == [
        {"input": 1420, "output": 380, "cache_read": 0},
        {"input": 1420, "output": 380, "cache_read": 9},
    ]
    spans = [counts("genai_cost.spans", "genai_cost.status", *one) for one in answers]
    assert spans == [
        {"priced": 1, "priced_fallback": 0},
        {"priced": 1, "priced_fallback": 1},
    ]


def test_a_histogram_is_said_as_0_first_and_adds_up() -> None:
    _, view = view_of(charge(GOLD), charge(GOLD, usd="12"))
    points = [
        metric.histogram.data_points[0]
        for metric in named("genai_cost.request.cost", *told(view), *told(view))
    ]
    assert [(one.count, one.sum, sum(one.bucket_counts)) for one in points] == [
        (0, 0.0, 0),
        (2, 12.00735, 2),
    ]
    assert {len(one.bucket_counts) - len(one.explicit_bounds) for one in points} == {1}


def test_a_0_that_was_not_taken_is_said_again() -> None:
    _, view = view_of(charge(GOLD))
    lost = [decoded(request) for request in view.requests(NOW + S)]
    assert [cost(*lost), cost(*told(view)), cost(*told(view))] == [[0.0], [0.0], [0.00735]]


def test_the_start_is_before_the_first_call_and_never_moves() -> None:
    ledger, view = view_of(charge(GOLD))
    first = told(view)
    ledger.add([charge(GOLD)], NOW + 5 * S)
    second = told(view, NOW + 6 * S)
    points = [one.sum.data_points[0] for one in named(COST, *first, *second)]
    starts = {point.start_time_unix_nano for point in points}
    assert len(starts) == 1
    assert starts.pop() < NOW
    assert [point.time_unix_nano for point in points] == [NOW + S, NOW + 6 * S]


def test_an_unpriced_span_has_tokens_and_a_status_and_no_cost() -> None:
    _, view = view_of(charge(labels("x", source="", dimensions=("",)), status=Status.NO_USAGE))
    names = {metric.name for metric in metrics(*told(view))}
    assert names == {"genai_cost.tokens", "genai_cost.spans", "genai_cost.model.first_seen"}


def test_the_overflow_carries_the_single_attribute_as_a_boolean() -> None:
    ledger = Ledger(cardinality_limit=1, instance_id="replica-1")
    ledger.add([charge(), unpriced()], NOW)
    requests = told(OtlpView(ledger, version="0"))
    (metric,) = named(COST, *requests)
    (attribute,) = metric.sum.data_points[0].attributes
    assert (attribute.key, attribute.value.bool_value) == ("otel.metric.overflow", True)
    (resource,) = requests[0].resource_metrics
    assert texts(resource.resource.attributes)["service.instance.id"] == "replica-1"


def test_a_model_is_exported_with_the_time_of_its_first_call() -> None:
    _, view = view_of(charge(GOLD))
    (metric,) = named("genai_cost.model.first_seen", *told(view))
    (point,) = metric.gauge.data_points
    assert point.as_double == NOW / S
    assert texts(point.attributes) == {
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "genai_cost.instance.id": "replica-1",
    }


def test_many_label_sets_leave_in_several_requests_under_the_limit() -> None:
    limit = 64 * 1024
    ledger = Ledger()
    ledger.add([charge(labels(f"model-{n}" + "ö" * 200)) for n in range(300)], NOW)
    view = OtlpView(ledger, version="0", max_request_bytes=limit)
    bodies = [request.body for request in view.requests(NOW + S)]
    assert len(bodies) > 5
    assert max(map(len, bodies)) <= limit
    requests = [ExportMetricsServiceRequest.FromString(body) for body in bodies]
    assert len(cost(*requests)) == 300


def test_an_export_is_of_one_moment_though_it_is_built_in_several_steps() -> None:
    ledger = Ledger()
    ledger.add([charge(labels(f"model-{n}")) for n in range(50)], NOW)
    view = OtlpView(ledger, version="0", max_request_bytes=4096)
    told(view)
    steps = view.requests(NOW + S)
    first = decoded(next(steps))
    ledger.add([charge(labels(f"model-{n}")) for n in range(50)], NOW)
    assert set(cost(first, *map(decoded, steps))) == {0.00735}


def test_a_text_that_cannot_be_encoded_does_not_cost_the_export() -> None:
    _, view = view_of(charge(labels("gpt\ud800", dimensions=("",))))
    (metric,) = named(COST, *told(view))
    assert texts(metric.sum.data_points[0].attributes)["gen_ai.request.model"] == "gpt?"


def test_delta_says_each_interval_once_without_zeros() -> None:
    ledger, view = view_of(charge(GOLD), temporality="delta")
    first = told(view, NOW + S)
    nothing = told(view, NOW + 2 * S)
    ledger.add([charge(GOLD, usd="1")], NOW)
    third = told(view, NOW + 3 * S)
    assert [cost(*first), cost(*nothing), cost(*third)] == [[0.00735], [], [1.0]]
    (metric,) = named(COST, *third)
    point = metric.sum.data_points[0]
    assert (point.start_time_unix_nano, point.time_unix_nano) == (NOW + S, NOW + 3 * S)
    assert (
        metric.sum.aggregation_temporality
        == AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
    )


@LAW
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=12))
def test_deltas_that_were_taken_add_up_to_what_was_counted(
    rounds: list[tuple[int, bool]],
) -> None:
    """Whatever is lost on the way is in the next one."""
    ledger, view = view_of(temporality="delta")
    counted = said = 0
    for serial, (calls, arrives) in enumerate([*rounds, (1, True)]):
        ledger.add([charge(GOLD)] * calls, NOW + serial)
        counted += calls
        for request in view.requests(NOW + S + serial):
            if arrives:
                view.taken(request)
                found = counts("genai_cost.spans", "genai_cost.status", decoded(request))
                said += sum(found.values())
    assert said == counted
