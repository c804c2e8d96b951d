"""One ExportMetricsServiceRequest while it is being written. Imported at the first export (20 ms).

The only file of this room that knows OTLP's classes. Attributes of a label set never change, so
they are encoded once and merged into each of its points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ScopeMetrics,
)

from processor.metrics.instruments import (
    ATTO,
    BOUNDS_USD,
    COST,
    FIRST_SEEN,
    LATE,
    OVERFLOW,
    REQUEST_COST,
    SPANS,
    STATUS,
    TOKEN_CLASS,
    TOKENS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.metrics.instruments import Attributes, Instrument
    from processor.metrics.ledger import Model
    from processor.metrics.totals import Totals

SCOPE: Final = "genai_cost"

# Upper bounds of what a point has beside its attributes: times, value, one more attribute; buckets.
_NUMBER_BYTES: Final = 128
_HISTOGRAM_BYTES: Final = 128 + 24 * len(BOUNDS_USD)
_RESOURCE_BYTES: Final = 1024  # names, units and descriptions of the metrics under it


class Encoded(NamedTuple):
    """A label set's attributes as bytes of a point; the two kinds number the field differently."""

    number: bytes
    histogram: bytes


Interval: TypeAlias = tuple[int, int]
"""The time a point speaks of: start and end, Unix nanoseconds."""


class Draft:
    """A request being written; `size` never falls short of the bytes it will have."""

    def __init__(self, *, version: str, delta: bool) -> None:
        self.size = 0
        self._version = version
        self._temporality = (
            AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
            if delta
            else AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
        )
        self._request = ExportMetricsServiceRequest()
        self._scopes: dict[Attributes, ScopeMetrics] = {}
        self._metrics: dict[tuple[Attributes, str], Metric] = {}

    def body(self) -> bytes:
        """The request's bytes."""
        return self._request.SerializeToString()

    @staticmethod
    def encode(attributes: Attributes) -> Encoded:
        """Attributes as `say` wants them."""
        pairs = list(_key_values(attributes))
        return Encoded(
            NumberDataPoint(attributes=pairs).SerializeToString(),
            HistogramDataPoint(attributes=pairs).SerializeToString(),
        )

    def say(
        self, resource: Attributes, encoded: Encoded, totals: Totals, interval: Interval
    ) -> None:
        """Write the points of one label set."""
        if totals.cost is not None:
            cost = self._number(self._sum(resource, COST), encoded, interval)
            cost.as_double = totals.cost / ATTO
        if totals.calls:
            self._histogram(resource, encoded, totals, interval)
        if totals.tokens:
            tokens = self._sum(resource, TOKENS)
            for name, count in totals.tokens.items():
                self._count(tokens, encoded, interval, (TOKEN_CLASS, name), count)
        if totals.spans:
            spans = self._sum(resource, SPANS)
            for status, count in totals.spans.items():
                self._count(spans, encoded, interval, (STATUS, status), count)

        if totals.late:
            late = self._sum(resource, LATE)
            for status, atto_usd in totals.late.items():
                point = self._number(late, encoded, interval)
                point.as_double = atto_usd / ATTO
                point.attributes.add(key=STATUS).value.string_value = status

    def first_seen(self, resource: Attributes, model: Model, unix_ns: int) -> None:
        """Write when a model was first called."""
        points = self._metric(resource, FIRST_SEEN).gauge.data_points
        seen_unix_s = model.first_seen_unix_ns / 10**9
        point = points.add(time_unix_nano=unix_ns, as_double=seen_unix_s)
        point.attributes.extend(_key_values(model.attributes))
        self.size += point.ByteSize() + 8

    def _sum(self, resource: Attributes, instrument: Instrument) -> Metric:
        known = self._metrics.get((resource, instrument.name))
        if known is not None:
            return known
        metric = self._metric(resource, instrument)
        metric.sum.aggregation_temporality = self._temporality
        metric.sum.is_monotonic = True
        return metric

    def _number(self, metric: Metric, encoded: Encoded, interval: Interval) -> NumberDataPoint:
        point = metric.sum.data_points.add()
        point.MergeFromString(encoded.number)
        point.start_time_unix_nano, point.time_unix_nano = interval
        self.size += len(encoded.number) + _NUMBER_BYTES
        return point

    def _count(
        self,
        metric: Metric,
        encoded: Encoded,
        interval: Interval,
        further: tuple[str, str],
        count: int,
    ) -> None:
        point = self._number(metric, encoded, interval)
        point.as_int = count
        attribute = point.attributes.add()
        attribute.key, attribute.value.string_value = further

    def _histogram(
        self, resource: Attributes, encoded: Encoded, totals: Totals, interval: Interval
    ) -> None:
        metric = self._metric(resource, REQUEST_COST)
        metric.histogram.aggregation_temporality = self._temporality
        point = metric.histogram.data_points.add()
        point.MergeFromString(encoded.histogram)
        point.start_time_unix_nano, point.time_unix_nano = interval
        point.count = sum(totals.calls)
        point.sum = totals.atto_usd / ATTO
        point.bucket_counts.extend(totals.calls)
        point.explicit_bounds.extend(BOUNDS_USD)
        self.size += len(encoded.histogram) + _HISTOGRAM_BYTES

    def _metric(self, resource: Attributes, instrument: Instrument) -> Metric:
        key = (resource, instrument.name)
        if key not in self._metrics:
            self._metrics[key] = self._scope(resource).metrics.add(
                name=instrument.name, unit=instrument.unit, description=instrument.help
            )
        return self._metrics[key]

    def _scope(self, resource: Attributes) -> ScopeMetrics:
        if resource not in self._scopes:
            metrics = self._request.resource_metrics.add()
            metrics.resource.attributes.extend(_key_values(resource))
            scope = self._scopes[resource] = metrics.scope_metrics.add()
            scope.scope.name, scope.scope.version = SCOPE, self._version
            self.size += metrics.ByteSize() + _RESOURCE_BYTES
        return self._scopes[resource]


def _key_values(attributes: Attributes) -> Iterable[KeyValue]:
    return (_key_value(key, value) for key, value in attributes)


def _key_value(key: str, value: str) -> KeyValue:
    if key == OVERFLOW:  # the one attribute of ours that is no text
        return KeyValue(key=key, value=AnyValue(bool_value=True))
    return KeyValue(key=key, value=AnyValue(string_value=value))
