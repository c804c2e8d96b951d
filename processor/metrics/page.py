"""The ledger and the service's own counters as a Prometheus page: what each reader is shown.

A scraper sees a new series as 0 from its first scrape of it until `hold_s` later, so that a second
replica sees the 0 as well; a person sees true values and uses nothing up. Invariant: what a scraper
sees of a series never goes down. Reading is one step on the event loop; rendering may go elsewhere.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.metrics.labels import labels_text
from processor.metrics.totals import Totals
from processor.model import Status
from processor.telemetry import COUNTERS, GAUGES, INFOS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from processor.metrics.account import Account
    from processor.metrics.ledger import Ledger, Model
    from processor.metrics.totals import Series
    from processor.telemetry import CounterName, GaugeName, InfoName, Samples, Telemetry

SCRAPER: Final = "x-prometheus-scrape-timeout-seconds"
"""Sent by Prometheus, vmagent, Alloy and the Collector's receiver; not by people."""


class Call(NamedTuple):
    """One label set as some reader is shown it."""

    labels: str
    """As they stand between the braces."""
    totals: Totals


class Reading(NamedTuple):
    """Everything the page says, as it was at one moment."""

    calls: Sequence[Call]
    models: Sequence[Model]
    costs: bool
    """Whether the derived metrics are on the page at all."""
    counters: Mapping[CounterName, Samples]
    gauges: Mapping[GaugeName, Samples]
    infos: Mapping[InfoName, Mapping[str, str]]


class Answer(NamedTuple):
    """The page as it is sent."""

    content_type: str
    body: bytes


class Page:
    """What is on the page; *costs* is `metrics.prometheus`, already decided."""

    def __init__(
        self, ledger: Ledger, telemetry: Telemetry, *, hold_s: float, costs: bool
    ) -> None:
        self._ledger = ledger
        self._telemetry = telemetry
        self._hold_s = hold_s
        self._costs = costs
        self._rows_by_labels: dict[str, _Row] = {}
        self._placed = 0
        telemetry.watch("metrics_label_sets", lambda: len(ledger.accounts))
        telemetry.watch("metrics_overflowed_spans", lambda: ledger.overflowed)
        telemetry.watch("calls_unpriced", lambda: ledger.unpriced)
        telemetry.watch("calls_unpriced_forgotten", lambda: ledger.unpriced_forgotten)
        telemetry.watch("duplicates", lambda: ledger.counted(Status.DUPLICATE))

    def answer(self, headers: Mapping[str, str], now_s: float) -> Answer:
        """The whole page at once; *headers* have lower-case names, *now_s* is `time.monotonic`."""
        return render(self.read(headers, now_s), headers.get("accept", ""))

    def read(self, headers: Mapping[str, str], now_s: float) -> Reading:
        """What the reader with these headers is shown; for `render`, in any thread."""
        rows = self._rows() if self._costs else ()
        scraped = SCRAPER in headers
        hold_s = self._hold_s
        telemetry = self._telemetry
        return Reading(
            [
                Call(row.labels, row.scraped(now_s, hold_s) if scraped else row.totals())
                for row in rows
            ],
            self._ledger.models() if self._costs else (),
            self._costs,
            {name: telemetry.counter(name) for name in COUNTERS},
            {name: telemetry.reading(name) for name in GAUGES},
            {name: telemetry.facts(name) for name in INFOS},
        )

    def _rows(self) -> Iterable[_Row]:
        """What the page tells apart, new label sets included."""
        accounts = self._ledger.accounts
        for account in accounts[self._placed :]:
            labels = labels_text(account.attributes)
            self._rows_by_labels.setdefault(labels, _Row(labels)).accounts.append(account)
        self._placed = len(accounts)
        return self._rows_by_labels.values()


class _Row:
    """The label sets that differ in their resource alone, and what scrapers have seen of them.

    A page has no resources: two versions of a service would write one series twice.
    """

    __slots__ = ("_held", "_settled", "accounts", "labels")

    def __init__(self, labels: str) -> None:
        self.labels = labels
        self.accounts: list[Account] = []
        self._held: dict[Series, float] = {}
        self._settled: set[Series] = set()

    def totals(self) -> Totals:
        """The true sums."""
        first, *others = self.accounts
        return reduce(Totals.plus, (one.totals() for one in others), first.totals())

    def scraped(self, now_s: float, hold_s: float) -> Totals:
        """The sums, with 0 for what was first scraped less than *hold_s* ago."""
        totals = self.totals()
        series = totals.series()
        if len(series) == len(self._settled):
            return totals
        for one in series:
            if one not in self._settled:
                self._held.setdefault(one, now_s)
        for one in [one for one, since_s in self._held.items() if now_s - since_s >= hold_s]:
            del self._held[one]
            self._settled.add(one)
        return totals.shown(self._settled)


def render(reading: Reading, accept: str) -> Answer:
    """The page in the format asked for: OpenMetrics or Prometheus text."""
    from processor.metrics.page_text import text_of  # noqa: PLC0415 - 26 ms, at the first scrape

    return Answer(*text_of(reading, accept))
