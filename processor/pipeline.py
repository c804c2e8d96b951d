"""The whole path of a request on one screen: enrich it, hand it to the next hop, then count it.

A fault in anything before forwarding sends the request on as it came, and is counted.
"""

from __future__ import annotations

import logging
import time
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

import grpc

from processor.enrich import Enriched
from processor.errors import Refusal
from processor.model import ITEMS, Batch, Signal
from processor.wire.count import count_items
from processor.wire.fields import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pricing import PriceBook
    from processor.enrich import Enricher
    from processor.enrich_logs import LogEnricher
    from processor.forward.next_hop import NextHop
    from processor.metered.meter import Meter
    from processor.metrics import Ledger
    from processor.model import Terms
    from processor.telemetry import CounterName, Telemetry

logger = logging.getLogger("genai_cost")

OUTCOMES: Final = {"accepted": "success", "refused": "refused", "failed": "failure"}
"""A receiver's words for items, and those for requests."""
_PASSING: Final[tuple[CounterName, ...]] = (
    "processor_incoming_items",
    "processor_outgoing_items",
)


class Pipeline:
    """What both doors call: enrich a request, hand it to the next hop, then count it."""

    def __init__(  # noqa: PLR0913 - one argument for each part it works with
        self,
        *,
        enricher: Enricher | None,
        book: PriceBook,
        ledger: Ledger,
        hops: Mapping[Signal, NextHop],
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
        self._hops = hops
        self._telemetry = telemetry

    async def export(self, signal: Signal, body: bytes, terms: Terms) -> bytes:
        """The next hop's answer; raises its `Refusal`. Calls count once it has answered for good."""
        hop = self._hops.get(signal)
        if hop is None:
            raise Refusal(
                grpc.StatusCode.UNIMPLEMENTED,
                f"no {signal} pipeline here: add service.pipelines.{signal} to the configuration",
            )
        enriched = self._enriched(signal, body)
        batch = Batch(signal, enriched.body, enriched.charges, enriched.items)
        outcome = "failed"
        try:
            answer = await hop.send(batch, terms)
            outcome = "accepted"
        except Refusal as refusal:
            outcome = "refused"
            if not refusal.retryable:  # the money was spent all the same
                self._count(enriched)
            raise
        finally:
            self._received(outcome, batch, terms)
        self._count(enriched)
        return answer

    def _received(self, outcome: str, batch: Batch, terms: Terms) -> None:
        """Counted as a Collector's receiver and processor count, under their names."""
        name = cast("CounterName", f"receiver_{outcome}_{ITEMS[batch.signal]}")
        self._telemetry.count(name, batch.items, "otlp", terms.transport)
        ending = OUTCOMES[outcome]
        self._telemetry.count("receiver_requests", 1, "otlp", terms.transport, ending)
        if batch.signal in self._enrichers:
            for passing in _PASSING:
                self._telemetry.count(passing, batch.items, "genai_cost", batch.signal)

    def _enriched(self, signal: Signal, body: bytes) -> Enriched:
        try:
            enricher = self._enrichers.get(signal)
            if enricher is not None:
                return self._priced(enricher, body)
            return self._unpriced(signal, body)
        except Malformed as problem:
            self._telemetry.count("walk_faults")
            if self._reads(signal):
                check(body, problem, signal)
        except Exception:  # promise 2: no fault in pricing touches telemetry
            self._telemetry.count("pricing_faults")
            logger.exception("a request goes on unpriced because of a fault in pricing")
        return Enriched(body)

    def _unpriced(self, signal: Signal, body: bytes) -> Enriched:
        """The very bytes; of metrics, what they report of usage where that is billed."""
        points = signal is Signal.METRICS
        enriched = Enriched(body, count_items(body, points=points))
        if points and self._meter is not None:
            enriched.usage = self._meter.read(body)
        return enriched

    def _reads(self, signal: Signal) -> bool:
        """Whether more is asked of a request's bytes than how many items they hold."""
        if signal is Signal.METRICS:
            return self._meter is not None
        return signal is Signal.TRACES or signal in self._enrichers

    def _priced(self, enricher: Enricher | LogEnricher, body: bytes) -> Enriched:
        enriched = enricher.enrich(body, self._book.current, time.time_ns())
        self._telemetry.count("pricing_faults", enriched.faults)
        return enriched

    def _count(self, enriched: Enriched) -> None:
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
