"""The books of this process: what prices a request, and counts it once the next hop has answered.

A fault in pricing sends the request on as it came, and is counted; so is one in counting.
"""

from __future__ import annotations

import logging
import time
from importlib import import_module
from typing import TYPE_CHECKING, Final

import grpc

from processor.enrich import Enriched
from processor.errors import Refusal
from processor.model import Signal
from processor.wire.count import count_items
from processor.wire.fields import Malformed

if TYPE_CHECKING:
    from pricing import PriceBook
    from processor.enrich import Enricher
    from processor.enrich_logs import LogEnricher
    from processor.metered.meter import Meter
    from processor.metrics import Ledger
    from processor.model import Terms
    from processor.telemetry import Telemetry

logger = logging.getLogger("genai_cost")


class LocalBooks:
    """Prices and counts in this very process."""

    def __init__(  # noqa: PLR0913 - one argument for each part it works with
        self,
        *,
        enricher: Enricher | None,
        book: PriceBook,
        ledger: Ledger,
        telemetry: Telemetry,
        logs: LogEnricher | None = None,
        meter: Meter | None = None,
    ) -> None:
        """Without an enricher spans pass as they are; so do logs, and metrics without a meter."""
        self._enrichers = {
            signal: found
            for signal, found in ((Signal.TRACES, enricher), (Signal.LOGS, logs))
            if found is not None
        }
        self._meter = meter
        self._book = book
        self._ledger = ledger
        self._telemetry = telemetry
        self.priced_signals = frozenset(self._enrichers)
        metered = frozenset([Signal.METRICS] if meter is not None else [])
        self.read_signals = self.priced_signals | metered

    async def price(self, signal: Signal, body: bytes, terms: Terms) -> Enriched:  # noqa: ARG002 - others wait
        """The request as it is to go on. Raises the `Refusal` of what is no request."""
        return self.enriched(signal, body)

    async def count(self, priced: Enriched) -> None:
        """It has arrived, or was refused for good: the money was spent."""
        self.counted(priced)

    def forget(self, priced: Enriched) -> None:
        """It has not: the sender may send it again, and its charges stay owed."""

    def enriched(self, signal: Signal, body: bytes) -> Enriched:
        """The same as `price`, at once."""
        try:
            enricher = self._enrichers.get(signal)
            if enricher is not None:
                return self._priced(enricher, body)
            return self._unpriced(signal, body)
        except Malformed as problem:
            self._telemetry.count("walk_faults")
            if signal is Signal.TRACES or signal in self.read_signals:
                check(body, problem, signal)
        except Exception:  # promise 2: no fault in pricing touches telemetry
            self._telemetry.count("pricing_faults")
            logger.exception("a request goes on unpriced because of a fault in pricing")
        return Enriched(body)

    def counted(self, enriched: Enriched) -> None:
        """The same as `count`, at once."""
        charges = enriched.charges
        enriched.counted()
        try:
            now_ns = time.time_ns()
            self._ledger.add(charges, now_ns)
            if self._meter is not None and enriched.usage:
                self._meter.take(enriched.usage, now_ns)
        except Exception:  # the next hop's answer stands: the sender must not send it again
            self._telemetry.count("pricing_faults")
            logger.exception("calls are not counted because of a fault in the books")

    def _unpriced(self, signal: Signal, body: bytes) -> Enriched:
        """The very bytes; of metrics, what they report of usage where that is billed."""
        points = signal is Signal.METRICS
        enriched = Enriched(body, count_items(body, points=points))
        if points and self._meter is not None:
            enriched.usage = self._meter.read(body)
        return enriched

    def _priced(self, enricher: Enricher | LogEnricher, body: bytes) -> Enriched:
        enriched = enricher.enrich(body, self._book.current, time.time_ns())
        self._telemetry.count("pricing_faults", enriched.faults)
        return enriched


REQUESTS: Final = {
    Signal.TRACES: ("trace", "ExportTraceServiceRequest"),
    Signal.METRICS: ("metrics", "ExportMetricsServiceRequest"),
    Signal.LOGS: ("logs", "ExportLogsServiceRequest"),
}
"""Where OTLP's own classes have each signal's request."""


def check(body: bytes, problem: Malformed, signal: Signal = Signal.TRACES) -> None:
    """Refuse what is no request by protobuf's own judgement; what only we doubt goes on."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - only for what is malformed

    package, name = REQUESTS[signal]
    module = import_module(f"opentelemetry.proto.collector.{package}.v1.{package}_service_pb2")
    try:
        getattr(module, name).FromString(body)
    except DecodeError:
        raise Refusal(
            grpc.StatusCode.INVALID_ARGUMENT, f"this is no {name}: {problem}"
        ) from None
