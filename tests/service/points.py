"""The points of the derived metrics, as the next hop of the metrics pipeline gets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from opentelemetry.proto.common.v1.common_pb2 import KeyValue
    from opentelemetry.proto.metrics.v1.metrics_pb2 import Sum


class Point(NamedTuple):
    """One value of one sum at one time."""

    resource: dict[str, str]
    attributes: dict[str, str]
    value: float
    unix_ns: int
    start_unix_ns: int


def points(bodies: Iterable[bytes], name: str, **about: str) -> list[Point]:
    """All points of a monotonic, cumulative sum in their order; *about* are attributes, `.` as `_`."""
    return [
        point
        for body in bodies
        for point in _points(ExportMetricsServiceRequest.FromString(body), name)
        if all(_named(point.attributes).get(key) == value for key, value in about.items())
    ]


def _points(request: ExportMetricsServiceRequest, name: str) -> Iterator[Point]:
    for group in request.resource_metrics:
        resource = _texts(group.resource.attributes)
        for scope in group.scope_metrics:
            for metric in scope.metrics:
                if metric.name == name:
                    yield from _sum(resource, metric.sum)


def _sum(resource: dict[str, str], one: Sum) -> Iterator[Point]:
    assert one.is_monotonic
    assert one.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
    for point in one.data_points:
        value = point.as_double if point.HasField("as_double") else point.as_int
        times = point.time_unix_nano, point.start_time_unix_nano
        yield Point(resource, _texts(point.attributes), value, *times)


def _texts(attributes: Sequence[KeyValue]) -> dict[str, str]:
    return {kv.key: kv.value.string_value for kv in attributes}


def _named(attributes: dict[str, str]) -> dict[str, str]:
    return {key.replace(".", "_"): value for key, value in attributes.items()}
