"""Requests of every signal through the service's own parts, with one memory of calls between them.

Prices what the service would price with the same settings, and says what it passed without. What the
service counts after a wait (usage that metrics report, aggregates whose calls never came) is held
until `release`, when everything has been seen.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from processor.assembly import priced
from processor.books import check
from processor.calls import Memory
from processor.enrich import Enriched
from processor.model import Signal
from processor.stamp import Stamper
from processor.stored.stamped import Stamped
from processor.telemetry import Telemetry
from processor.wire.count import count_items
from processor.wire.fields import Malformed

if TYPE_CHECKING:
    from collections.abc import Collection

    from pricing import PriceTable
    from processor.model import Charge
    from processor.settings import Settings

Name: TypeAlias = Literal["spans", "logs", "metrics"]
SIGNALS: Final[dict[Name, Signal]] = {
    "spans": Signal.TRACES,
    "logs": Signal.LOGS,
    "metrics": Signal.METRICS,
}
"""By the names that `sources` has for them."""


class Counted(NamedTuple):
    """What one request came to, besides its charges and bytes."""

    enriched: Enriched
    stamped: int = 0
    """Items that carried a stamp already; they were passed unless they were to be priced anew."""
    unpriced: int = 0
    """Items that were passed because their signal is not priced."""


class _Prices(NamedTuple):
    """A table that never changes, where the service has a book."""

    current: PriceTable


class _Books:
    """Where usage goes that no single call is known of."""

    def __init__(self) -> None:
        self.usage: list[Charge] = []

    def add_usage(self, charge: Charge, now_unix_ns: int) -> None:  # noqa: ARG002 - the ledger's form
        """Keep it."""
        self.usage.append(charge)


class Pricer:
    """One table, one memory; `restamp` prices anew what was stamped before."""

    def __init__(
        self,
        settings: Settings,
        table: PriceTable,
        *,
        sources: Collection[str] = (),
        restamp: bool = False,
    ) -> None:
        """`sources` are names in `SIGNALS`; none: those of the settings."""
        asked = sources or settings.sources
        passed = () if sources or settings.prices_spans else ("spans",)
        kept: list[Name] = [name for name in SIGNALS if name in asked and name not in passed]
        named = tuple(kept)
        self.priced = frozenset(SIGNALS[name] for name in named)
        wanted = replace(  # a file needs no pipeline
            settings,
            sources=named,
            prices_spans="spans" in named,
            pipelines=dict.fromkeys(Signal, ()),
        )
        self._table = table
        self._books = _Books()
        self._parts = priced(
            wanted, Memory(), _Prices(table), self._books, Telemetry(), since_ns=0
        )
        self._restamp = restamp
        enrich = settings.enrich
        self._stamped = Stamped(Stamper(enrich.detail, enrich.conventions).replaceable)

    def price(self, signal: Signal, body: bytes) -> Counted:
        """A request's bytes, priced. Raises `Refusal` for what is no request."""
        if signal not in self.priced:
            items = _items(signal, body)
            return Counted(Enriched(body, items), unpriced=items)
        stamped = 0
        try:
            if self._restamp:
                body, stamped = self._stamped.removed(signal, body)
            else:
                stamped = self._stamped.count(signal, body)
            return Counted(self._enriched(signal, body), stamped)
        except Malformed as problem:
            check(body, problem, signal)  # what only we doubt goes on as it came
            return Counted(Enriched(body), stamped)

    def _enriched(self, signal: Signal, body: bytes) -> Enriched:
        now = time.time_ns()
        if signal is Signal.METRICS:
            enriched = Enriched(body, _items(signal, body))
            if self._parts.metrics is not None:
                self._parts.metrics.take(self._parts.metrics.read(body), now)
            return enriched
        by = self._parts.logs if signal is Signal.LOGS else self._parts.spans
        return Enriched(body) if by is None else by.enrich(body, self._table, now)

    def release(self) -> list[Charge]:
        """What was held, once everything was seen: money without calls."""
        now = time.time_ns()
        if self._parts.metrics is not None:
            self._parts.metrics.release(now, everything=True)
        found, self._books.usage = self._books.usage, []
        if self._parts.orphans is not None:
            found += self._parts.orphans.due(now, everything=True)
        return found


def _items(signal: Signal, body: bytes) -> int:
    try:
        return count_items(body, points=signal is Signal.METRICS)
    except Malformed as problem:
        check(body, problem, signal)
        return 0
