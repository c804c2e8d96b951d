"""A reading of the page as text. Imported at the first scrape (26 ms); knows prometheus_client.

Format negotiation, headers and our own metrics are prometheus_client's; the sample lines of the
derived metrics are written here from labels escaped once, because at 2,000 label sets its 40,000
lines took 0.6 s of every scrape, and take a twentieth so. A test holds the two against each other.
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

from processor.metrics.instruments import (
    ATTO,
    BOUNDS_USD,
    COST,
    FIRST_SEEN,
    LATE,
    REQUEST_COST,
    SPANS,
    STATUS,
    TOKEN_CLASS,
    TOKENS,
)
from processor.metrics.labels import escaped, label_name, labels_text
from processor.telemetry import ABOUT, PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from processor.metrics.instruments import Instrument
    from processor.metrics.page import Call, Reading

    Encode = Callable[["_Families"], bytes]

_LE: Final = (*map(repr, BOUNDS_USD), "+Inf")  # as Prometheus itself writes floats in labels
_EOF: Final = "# EOF\n"


def text_of(reading: Reading, accept: str) -> tuple[str, bytes]:
    """(content type, body) in the format that *accept* asks for."""
    encode: Encode
    encode, content_type = choose_encoder(accept)
    derived = "".join(_derived(reading, encode)) if reading.costs else ""
    return content_type, derived.encode() + encode(_Families(_own(reading)))


class _Families:
    """What prometheus_client takes for a registry."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """Every family."""
        return self._families


def _derived(reading: Reading, encode: Encode) -> Iterator[str]:
    calls = reading.calls
    priced = [call for call in calls if call.totals.calls]
    yield _header(CounterMetricFamily(_name(COST), COST.help), encode)
    name = f"{_name(COST)}_total"
    for one in calls:
        if one.totals.cost is not None:
            yield f"{name}{{{one.labels}}} {one.totals.cost / ATTO!r}\n"
    yield _header(CounterMetricFamily(_name(TOKENS), TOKENS.help), encode)
    for one in calls:
        yield from _split(TOKENS, one.labels, TOKEN_CLASS, one.totals.tokens)
    yield _header(HistogramMetricFamily(_name(REQUEST_COST), REQUEST_COST.help), encode)
    for one in priced:
        yield from _histogram(_name(REQUEST_COST), one)
    yield _header(CounterMetricFamily(_name(SPANS), SPANS.help), encode)
    for one in calls:
        yield from _split(SPANS, one.labels, STATUS, one.totals.spans)
    yield _header(CounterMetricFamily(_name(LATE), LATE.help), encode)
    for one in calls:
        late = {status: repr(atto_usd / ATTO) for status, atto_usd in one.totals.late.items()}
        yield from _split(LATE, one.labels, STATUS, late)
    first_seen = GaugeMetricFamily(_name(FIRST_SEEN), FIRST_SEEN.help, unit="seconds")
    yield _header(first_seen, encode)
    for attributes, seen_unix_ns in reading.models:
        yield f"{first_seen.name}{{{labels_text(attributes)}}} {seen_unix_ns / 10**9!r}\n"


def _header(family: Metric, encode: Encode) -> str:
    """The lines before the samples, in the format asked for."""
    return encode(_Families([family])).decode().removesuffix(_EOF)


def _split(
    instrument: Instrument, labels: str, by: str, counts: Mapping[str, int] | Mapping[str, str]
) -> Iterator[str]:
    name, key = _name(instrument), label_name(by)
    return (
        f'{name}_total{{{labels},{key}="{escaped(value)}"}} {n}\n'
        for value, n in counts.items()
    )


def _histogram(name: str, call: Call) -> Iterator[str]:
    labels, totals = call
    for le, below in zip(_LE, accumulate(totals.calls), strict=True):
        yield f'{name}_bucket{{{labels},le="{le}"}} {below}\n'
    yield f"{name}_count{{{labels}}} {sum(totals.calls)}\n"
    yield f"{name}_sum{{{labels}}} {totals.atto_usd / ATTO!r}\n"


def _name(instrument: Instrument) -> str:
    return label_name(instrument.name)


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
