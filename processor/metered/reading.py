"""From the bytes of a metrics request to reports of usage. Reads only: the request leaves as it came."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from pricing import Question
from processor.dialects.subject import Subject, label
from processor.dialects.texts import Texts
from processor.dialects.token_metrics import METRICS
from processor.metered.report import Group, Report
from processor.model import Labels, Source
from processor.wire.attributes import pair
from processor.wire.points import CUMULATIVE, DELTA, points_of

if TYPE_CHECKING:
    from processor.attribution import Attribution
    from processor.dialects.token_metrics import TokenMetric
    from processor.wire.fields import Value
    from processor.wire.points import Point

MAX_TOKENS: Final = 1 << 53
"""Up to here a double is a count; no sum of tokens comes near."""
MEMO_LIMIT: Final = 8192
_ROOTS: Final = tuple(name.encode() for name in METRICS)

Place = tuple[str, Group]
"""The class that a series counts, and whose usage that is."""


class MetricReader:
    """Reads points by the table of metrics; remembers, within bounds, what a series is about."""

    def __init__(self, attribution: Attribution) -> None:
        self._attribution = attribution
        self._places: dict[bytes, Place | None] = {}

    def reports(self, body: bytes) -> list[Report]:
        """What the request reports of tokens. Raises `Malformed`."""
        if not any(root in body for root in _ROOTS):
            return []  # a reason not to look: the names stand there as they are
        reports = (self._report(point) for point in points_of(body, METRICS))
        return [report for report in reports if report is not None]

    def _report(self, point: Point) -> Report | None:
        value = point.value
        if point.temporality not in (CUMULATIVE, DELTA) or not 0 <= value <= MAX_TOKENS:
            return None
        if value != int(value):
            return None
        series = _identity(point)
        if series not in self._places:
            if len(self._places) >= MEMO_LIMIT:
                self._places.clear()
            self._places[series] = self._place(point, METRICS[point.metric])
        place = self._places[series]
        if place is None:
            return None
        name, group = place
        delta = point.temporality == DELTA
        times = point.start_ns, point.end_ns
        return Report(series, name, int(value), delta, *times, group)

    def _place(self, point: Point, metric: TokenMetric) -> Place | None:
        attributes: dict[str, Value] = {}
        for payload in point.attributes:
            key, value = pair(payload, 0, len(payload))
            if value is not None:
                attributes.setdefault(key, value)
        name = metric.only or metric.classes.get(str(attributes.get(metric.by)), "")
        scope, version = self._attribution.scope(point.scope.about)
        if not name or (metric.repeated_by and scope.startswith(metric.repeated_by)):
            return None
        texts = Texts(attributes)
        subject = Subject(metric.dialect, texts, metric.scope or scope, version)
        about = b"" if point.scope.parent is None else point.scope.parent.about
        resource = self._attribution.resource(about)
        labels = Labels(
            resource.origin,
            subject.operation or "chat",
            subject.provider,
            subject.request_label,
            subject.response_label,
            Source.COMPUTED,
            self._attribution.dimensions(attributes, resource),
        )
        question = Question(
            model=subject.model,
            request_model=subject.request_model,
            provider=subject.provider,
            operation=labels.operation,
            endpoint=subject.address,
            service_tier=subject.service_tier,
            region=subject.region,
            attributes=subject.conditions,
            service=resource.origin.service_name,
            environment=resource.origin.environment,
        )
        source = metric.family, label(scope)
        return name, Group(labels, question, subject.rule, source, metric.splits_cache)


def _identity(point: Point) -> bytes:
    """A series by all that tells it from others; attributes may come in any order."""
    digest = blake2b(digest_size=16)
    resource = b"" if point.scope.parent is None else point.scope.parent.about
    for part in (resource, point.scope.about, point.metric.encode(), *sorted(point.attributes)):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
