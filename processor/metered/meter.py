"""Usage that metrics report, held until it is plain that no span or log record describes its calls.

What is seen call by call is never counted again: usage of a service and a model of which spans or log
records were seen is left out, and of two metrics that count the same calls the first one counts.
Spans leave an SDK every few seconds and metrics every minute, so usage waits a little for them.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Protocol

from processor.calls.window import Window
from processor.metered.price import cost
from processor.metered.reading import MetricReader
from processor.metered.series import Series
from processor.model import PRICED, Charge, Labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pricing import PriceTable
    from processor.attribution import Attribution
    from processor.metered.price import Cost
    from processor.metered.report import Group, Report
    from processor.telemetry import Telemetry

logger = logging.getLogger("genai_cost")

HOLD_NS: Final = 30_000_000_000
"""How long usage waits: several times as long as an SDK holds spans back."""
MAX_HELD: Final = 4096
"""Groups that wait at once; more make the others wait no longer."""


class Prices(Protocol):
    """Has the table in use."""

    @property
    def current(self) -> PriceTable:
        """The one to price by now."""
        ...


class Books(Protocol):
    """Takes what usage came to."""

    def add_usage(self, charge: Charge, now_unix_ns: int) -> None:
        """Count usage of which no single call is known."""
        ...


class _Held:
    """Usage of one group that waits."""

    __slots__ = ("counts", "end_ns", "since_ns")

    def __init__(self, since_ns: int) -> None:
        self.since_ns = since_ns
        self.end_ns = 0
        self.counts: dict[str, int] = {}


class Meter:
    """Takes reports once they have arrived at the next hop; counts what they come to, later."""

    def __init__(  # noqa: PLR0913 - one argument for each part it works with
        self,
        *,
        attribution: Attribution,
        seen: Window,
        book: Prices,
        ledger: Books,
        telemetry: Telemetry,
        now_ns: int,
    ) -> None:
        """`seen` has the services and models of which spans or log records were seen."""
        self._reader = MetricReader(attribution)
        self._series = Series(now_ns)
        self._seen = seen
        self._sources = Window(2 * MAX_HELD)
        self._held: dict[Group, _Held] = {}
        self._book = book
        self._ledger = ledger
        self._telemetry = telemetry

    def read(self, body: bytes) -> tuple[Report, ...]:
        """What a request reports; nothing is remembered of it yet. Raises `Malformed`."""
        return tuple(self._reader.reports(body))

    def take(self, reports: Sequence[Report], now_ns: int) -> None:
        """Reports that have arrived; those that came before add nothing."""
        for report in reports:
            used = self._series.used(report, now_ns)
            if not used:
                continue
            held = self._held.get(report.group)
            if held is None:
                if len(self._held) >= MAX_HELD:
                    self.release(now_ns, everything=True)
                held = self._held[report.group] = _Held(now_ns)
            held.end_ns = max(held.end_ns, report.end_ns)
            held.counts[report.name] = held.counts.get(report.name, 0) + used

    def release(self, now_ns: int, *, everything: bool = False) -> None:
        """Count what has waited long enough, or everything: the service ends."""
        due = [
            group
            for group, held in self._held.items()
            if everything or now_ns - held.since_ns >= HOLD_NS
        ]
        for group in due:
            held = self._held.pop(group)
            try:
                self._count(group, held, now_ns)
            except Exception:  # promise 2: nobody else's usage and no telemetry suffers from it
                self._telemetry.count("pricing_faults")
                logger.exception(
                    "usage of a model is not counted because of a fault in pricing"
                )

    def _count(self, group: Group, held: _Held, now_ns: int) -> None:
        if self._is_seen_elsewhere(group):
            self._telemetry.count("metered_usage", 1, "duplicate")
            return
        known = cost(group, held.counts, self._book.current, held.end_ns or now_ns)
        self._telemetry.count("metered_usage", 1, known.status)
        self._ledger.add_usage(_charge(group, known, held.end_ns), now_ns)

    def _is_seen_elsewhere(self, group: Group) -> bool:
        for payer in group.payers:
            if self._seen.get(payer) is not None:
                return True
            source = self._sources.get(payer)
            if source is not None and source != group.source:
                return True
        for payer in group.payers:
            self._sources.put(payer, group.source)
        return False


def _charge(group: Group, known: Cost, end_ns: int) -> Charge:
    labels = group.labels
    if known.status not in PRICED:
        labels = Labels(
            labels.origin,
            labels.operation,
            labels.provider,
            labels.request_model,
            labels.response_model,
            "",
            labels.dimensions,
        )
    names = tuple(known.counts)
    return Charge(
        labels,
        known.status,
        known.atto_usd,
        names,
        [known.counts[name] for name in names],
        end_ns,
        b"",
        b"",
        known.row,
    )
