"""A reading of the page as text. Imported at the first scrape (26 ms); knows prometheus_client.

Names and labels are what the Collector's translation from OTLP makes of them, so that a query works
on either. Format, escaping and the choice between OpenMetrics and text are prometheus_client's.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.samples import Sample

from processor.metrics.instruments import (
    ATTO,
    BOUNDS_USD,
    COST,
    FIRST_SEEN,
    REQUEST_COST,
    SPANS,
    STATUS,
    TOKEN_CLASS,
    TOKENS,
)
from processor.metrics.labels import label_name, labels_of
from processor.telemetry import ABOUT, PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from processor.metrics.instruments import Instrument
    from processor.metrics.labels import PromLabels
    from processor.metrics.page import Reading
    from processor.metrics.totals import Totals

_LE: Final = (*map(repr, BOUNDS_USD), "+Inf")  # as Prometheus itself writes floats in labels


def text_of(reading: Reading, accept: str) -> tuple[str, bytes]:
    """(content type, body) in the format that *accept* asks for."""
    encode, content_type = choose_encoder(accept)
    return content_type, encode(_Families(reading))


class _Families:
    """What prometheus_client takes for a registry."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def collect(self) -> Iterator[Metric]:
        """Every family on the page."""
        if self._reading.costs:
            yield from _costs(self._reading)
        yield from _own(self._reading)


def _costs(reading: Reading) -> Iterator[Metric]:
    cost, tokens, spans = (CounterMetricFamily(_name(i), i.help) for i in (COST, TOKENS, SPANS))
    request_cost = HistogramMetricFamily(_name(REQUEST_COST), REQUEST_COST.help)
    for labels, totals in reading.calls:
        if totals.calls:
            cost.samples.append(_total(cost, labels, totals.atto_usd / ATTO))
            request_cost.samples.extend(_histogram(request_cost.name, labels, totals))
        tokens.samples.extend(_split(tokens, labels, TOKEN_CLASS, totals.tokens))
        spans.samples.extend(_split(spans, labels, STATUS, totals.spans))
    first_seen = GaugeMetricFamily(_name(FIRST_SEEN), FIRST_SEEN.help, unit="seconds")
    first_seen.samples.extend(
        Sample(first_seen.name, labels_of(attributes), seen_unix_ns / 10**9)
        for attributes, seen_unix_ns in reading.models
    )
    yield from (cost, tokens, request_cost, spans, first_seen)


def _total(family: Metric, labels: PromLabels, value: float) -> Sample:
    return Sample(f"{family.name}_total", labels, value)


def _split(
    family: Metric, labels: PromLabels, by: str, counts: Mapping[str, int]
) -> Iterator[Sample]:
    key = label_name(by)
    return (_total(family, {**labels, key: value}, n) for value, n in counts.items())


def _histogram(name: str, labels: PromLabels, totals: Totals) -> Iterator[Sample]:
    for le, below in zip(_LE, accumulate(totals.calls), strict=True):
        yield Sample(f"{name}_bucket", {**labels, "le": le}, below)
    yield Sample(f"{name}_count", labels, sum(totals.calls))
    yield Sample(f"{name}_sum", labels, totals.atto_usd / ATTO)


def _own(reading: Reading) -> Iterator[Metric]:
    for counter, samples in reading.counters.items():
        about = ABOUT[counter]
        counted = CounterMetricFamily(PREFIX + counter, about.help, labels=about.labels)
        for values, value in samples:
            counted.add_metric(values, value)
        if samples:
            yield counted
    for gauge, samples in reading.gauges.items():
        about = ABOUT[gauge]
        measured = GaugeMetricFamily(PREFIX + gauge, about.help, labels=about.labels)
        for values, value in samples:
            measured.add_metric(values, value)
        if samples:
            yield measured
    for info, facts in reading.infos.items():
        if facts:
            yield InfoMetricFamily(PREFIX + info, ABOUT[info].help, dict(facts))


def _name(instrument: Instrument) -> str:
    return label_name(instrument.name)
