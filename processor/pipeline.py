"""The whole path of a request on one screen.

    walk -> recognise -> settle (count once) -> bill (price, stamp) -> splice -> forward -> count

`Enricher` is pure but for what it remembers; `Pipeline` waits for the next hop. A fault in
anything before forwarding sends the request on as it came, and is counted.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

import grpc

from pricing.usage import CLASSES
from processor.attribution import label
from processor.calls import Candidate, Memory, Remembered, Verdict, settle
from processor.dialects import DIALECTS, Recogniser
from processor.dialects.reported import KEYS as REPORTER_KEYS
from processor.errors import Refusal
from processor.model import ITEMS, Batch, Charge, Labels, Signal
from processor.stamp import NOTHING, STATUS, replaceable
from processor.wire.splice import Edit, splice
from processor.wire.walk import KeyTable, Malformed, count_items, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pricing import PriceBook, PriceTable
    from processor.attribution import Attribution
    from processor.billing import Bill, Biller
    from processor.forward.next_hop import NextHop
    from processor.metrics import Ledger
    from processor.model import Terms
    from processor.telemetry import CounterName, Telemetry
    from processor.wire.walk import Found

logger = logging.getLogger(__name__)

REPLACEABLE: Final = replaceable(CLASSES)


@dataclass(slots=True)
class Enriched:
    """A traces request after pricing, and what it adds to the books once it has arrived."""

    body: bytes
    spans: int = 0
    owed: list[Remembered] = field(default_factory=list[Remembered])

    @property
    def charges(self) -> list[Charge]:
        """What was not counted yet."""
        return [entry.charge for entry in self.owed if entry.charge is not None]


class Enricher:
    """Bytes in, bytes and charges out."""

    def __init__(self, biller: Biller, attribution: Attribution, memory: Memory) -> None:
        self._recogniser = Recogniser(DIALECTS)
        wanted = self._recogniser.keys() | REPLACEABLE | REPORTER_KEYS | attribution.wanted
        self._keys = KeyTable(wanted, self._recogniser.marks())
        self._biller = biller
        self._attribution = attribution
        self._memory = memory

    def enrich(self, body: bytes, table: PriceTable, now_unix_ns: int) -> Enriched:
        """The request with its calls priced. Raises `Malformed` for bytes that are no request."""
        found = walk(body, self._keys, REPLACEABLE)
        enriched = Enriched(body, found.spans)
        candidates = self._recognise(found)
        if not candidates:
            return enriched
        settle(candidates, self._memory)
        edits: list[Edit] = []
        for candidate in candidates:
            entry = self._entry(candidate, table, now_unix_ns)
            if entry.stamp is not NOTHING:
                edits.append(_edit(candidate, entry))
            if entry.charge is not None:
                enriched.owed.append(entry)
        enriched.body = splice(body, edits)
        return enriched

    def _recognise(self, found: Found) -> list[Candidate]:
        candidates: list[Candidate] = []
        for view in found.views:
            if STATUS in view.attributes:
                continue  # a hop before us settled it
            scope, version = self._attribution.scope(view.scope.about)
            reading = self._recogniser.read(view.attributes, scope, version)
            if reading is not None:
                candidates.append(Candidate.of(view, reading, scope))
        return candidates

    def _entry(self, candidate: Candidate, table: PriceTable, now_unix_ns: int) -> Remembered:
        """The span as it is in the memory: settled now, or when it came first."""
        if candidate.verdict is Verdict.RESENT:
            known = candidate.remembered or self._memory.spans.get(candidate.key)
            if known is not None:
                return known
        bill = self._biller.bill(candidate, table, now_unix_ns)
        entry = Remembered(
            bill.stamp,
            self._charge(candidate, bill),
            candidate.parent_key,
            candidate.verdict is Verdict.BILL and bool(candidate.reading.usage),
        )
        if candidate.key:
            self._memory.spans.put(candidate.key, entry)
        return entry

    def _charge(self, candidate: Candidate, bill: Bill) -> Charge:
        view, reading = candidate.view, candidate.reading
        frame = view.scope.parent
        resource = self._attribution.resource(frame.about if frame is not None else b"")
        labels = Labels(
            resource.origin,
            reading.operation,
            reading.subject.provider,
            label(reading.subject.request_model),
            label(reading.subject.response_model),
            bill.source,
            self._attribution.dimensions(view.attributes, resource),
        )
        return Charge(
            labels,
            bill.status,
            bill.atto_usd,
            bill.tokens,
            view.end_ns,
            view.trace_id,
            view.span_id,
            bill.row,
        )


def _edit(candidate: Candidate, entry: Remembered) -> Edit:
    view, stamp = candidate.view, entry.stamp
    cuts = [(start, end) for key, start, end in view.places if key in stamp.keys]
    return Edit(view, stamp.append, cuts)


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
        batch = Batch(signal, enriched.body, enriched.charges, enriched.spans)
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
            return self._enricher.enrich(body, self._book.current, time.time_ns())
        except Malformed as problem:
            self._telemetry.count("walk_faults")
            if signal is Signal.TRACES:
                check(body, problem)
        except Exception:  # promise 2: no fault in pricing touches telemetry
            self._telemetry.count("pricing_faults")
            logger.exception("a request goes on unpriced because of a fault in pricing")
        return Enriched(body)

    def _count(self, enriched: Enriched) -> None:
        charges = enriched.charges
        for entry in enriched.owed:
            entry.charge = None
        self._ledger.add(charges, time.time_ns())


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
