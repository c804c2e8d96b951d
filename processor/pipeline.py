"""The whole path of a request on one screen: enrich it, hand it to the next hop, then count it.

A fault in anything before forwarding sends the request on as it came, and is counted.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, cast

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
    from processor.forward.next_hop import NextHop
    from processor.metrics import Ledger
    from processor.model import Terms
    from processor.telemetry import CounterName, Telemetry

logger = logging.getLogger("genai_cost")


class Pipeline:
    """What both doors call: enrich a request, hand it to the next hop, then count it."""

    def __init__(
        self,
        *,
        enricher: Enricher | None,
        book: PriceBook,
        ledger: Ledger,
        hops: Mapping[Signal, NextHop],
        telemetry: Telemetry,
    ) -> None:
        self._enricher = enricher
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
        """Counted as a Collector's receiver counts, under its names."""
        name = cast("CounterName", f"receiver_{outcome}_{ITEMS[batch.signal]}")
        self._telemetry.count(name, batch.items, "otlp", terms.transport)

    def _enriched(self, signal: Signal, body: bytes) -> Enriched:
        try:
            if signal is not Signal.TRACES:
                return Enriched(body, count_items(body, points=signal is Signal.METRICS))
            if self._enricher is None:
                return Enriched(body, count_items(body, points=False))
            return self._priced(self._enricher, body)
        except Malformed as problem:
            self._telemetry.count("walk_faults")
            if signal is Signal.TRACES:
                check(body, problem)
        except Exception:  # promise 2: no fault in pricing touches telemetry
            self._telemetry.count("pricing_faults")
            logger.exception("a request goes on unpriced because of a fault in pricing")
        return Enriched(body)

    def _priced(self, enricher: Enricher, body: bytes) -> Enriched:
        enriched = enricher.enrich(body, self._book.current, time.time_ns())
        self._telemetry.count("pricing_faults", enriched.faults)
        return enriched

    def _count(self, enriched: Enriched) -> None:
        charges = enriched.charges
        enriched.counted()
        try:
            self._ledger.add(charges, time.time_ns())
        except Exception:  # the next hop's answer stands: the sender must not send it again
            self._telemetry.count("pricing_faults")
            logger.exception("calls are not counted because of a fault in the books")


def check(body: bytes, problem: Malformed) -> None:
    """Refuse what is no traces request by protobuf's own judgement; what only we doubt goes on."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - only for what is malformed
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415
        ExportTraceServiceRequest,
    )

    try:
        ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        raise Refusal(
            grpc.StatusCode.INVALID_ARGUMENT, f"this is no ExportTraceServiceRequest: {problem}"
        ) from None
