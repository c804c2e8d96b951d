"""From the bytes of a logs request to priced bytes and charges: records that describe calls to models.

    walk -> recognise by the event -> settle (count once) -> bill (price, stamp) -> splice

The stages are those of `enrich.py`, which does the second half of it. For the books a record is a span
below the one it was written in: whichever of the two is seen first is billed, the other is a
duplicate, and so is everything above them.
"""

from __future__ import annotations

import logging
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from processor.calls.candidate import BILL, Candidate
from processor.calls.memory import CAPACITY
from processor.calls.settle import SURE_ID, settle
from processor.calls.window import Window
from processor.dialects import DIALECTS
from processor.dialects.events import AGENTS, KEYS, event_of
from processor.dialects.recognise import Recogniser
from processor.dialects.reported import KEYS as REPORTER_KEYS
from processor.enrich import Enriched
from processor.stamp import STATUS
from processor.wire.fields import Malformed
from processor.wire.keys import LOG_RECORDS, KeyTable
from processor.wire.records import for_records, read_record
from processor.wire.walk import NO_ATTRIBUTES, scan

if TYPE_CHECKING:
    from pricing import PriceTable
    from processor.attribution import Attribution
    from processor.calls import Memory
    from processor.dialects.events import Event
    from processor.dialects.reading import Reading
    from processor.enrich import Enricher
    from processor.wire.fields import Value
    from processor.wire.walk import SpanView

logger = logging.getLogger("genai_cost")

TOLD: Final = True
KEY_BYTES: Final = 24
"""As long as a span's identity, beside which a record's is kept."""


class LogEnricher:
    """Bytes in, bytes and charges out."""

    def __init__(self, enricher: Enricher, attribution: Attribution, memory: Memory) -> None:
        self._enricher = enricher
        self._attribution = attribution
        self._memory = memory
        self._spans, self._agents = Recogniser(DIALECTS), Recogniser(AGENTS)
        wanted = enricher.replaceable | REPORTER_KEYS | attribution.wanted | KEYS
        wanted |= self._spans.keys() | self._agents.keys()
        marks = self._spans.marks() | self._agents.marks()
        self._keys = KeyTable(wanted, marks, LOG_RECORDS)
        self._told = Window(CAPACITY)
        """Spans for which a record of their own call was billed."""

    def enrich(self, body: bytes, table: PriceTable, now_unix_ns: int) -> Enriched:
        """The request with its calls priced. Raises `Malformed` for bytes that are no request."""
        found = scan(body, self._keys)
        enriched = Enriched(body, found.spans)
        candidates: list[Candidate] = []
        for view in found.views:
            try:
                candidate = self._candidate(body, view)
            except Malformed:
                raise
            except Exception:
                enriched.faults += 1
                logger.exception("a log record goes on as it came because of a fault in it")
                continue
            if candidate is not None:
                candidates.append(candidate)
        if not candidates:
            return enriched
        self._settle(candidates)
        edits = self._enricher.billed(candidates, enriched, table, now_unix_ns)
        for edit in edits:
            edit.append = for_records(edit.append)
        enriched.body = self._enricher.written(body, edits)
        return enriched

    def _candidate(self, body: bytes, view: SpanView) -> Candidate | None:
        """What matters of a record; None where it describes no call that is ours to settle."""
        named = read_record(body, view, self._keys, self._enricher.replaceable)
        attributes = view.attributes
        view.attributes = NO_ATTRIBUTES
        scope, version = self._attribution.scope(view.scope.about)
        event = event_of(named, scope, attributes)
        if event is None or STATUS in attributes:
            return None
        reading = self._reading(event, scope, version, attributes)
        if reading is None:
            return None
        if len(view.trace_id) == 0 and len(reading.response_id) < SURE_ID:
            reading.response_id = ""  # a name that is none outside of its trace
        resource = self._enricher.resource_of(view.scope.parent)
        candidate = Candidate(view, reading, scope, resource)
        self._place(candidate, body, event)
        candidate.dimensions = self._enricher.dimensions_of(attributes, resource)
        if event.repeated_by and scope.startswith(event.repeated_by):
            candidate.covered = True
        return candidate

    def _reading(
        self, event: Event, scope: str, version: str, attributes: dict[str, Value]
    ) -> Reading | None:
        """An agent is known by its event, whatever became of its scope on the way."""
        if event.dialect is None:
            return self._spans.read(attributes, self._spans.writer(scope, version))
        writer = self._agents.writer(event.dialect.scopes[0], version)
        return self._agents.read(attributes, writer)

    def _place(self, candidate: Candidate, body: bytes, event: Event) -> None:
        """Puts the record under the span it was written in."""
        view = candidate.view
        about = view.scope.about if view.scope.parent is None else view.scope.parent.about
        digest = blake2b(about, digest_size=KEY_BYTES)
        digest.update(view.scope.about)
        digest.update(body[view.start : view.end])
        candidate.parent_key = candidate.key
        candidate.key = digest.digest()
        if event.in_its_span and self._told.get(candidate.parent_key) is None:
            # Spans below that one were billed for the same call.
            span = self._memory.span(candidate.parent_key)
            candidate.covered = span is not None and span.covered

    def _settle(self, candidates: list[Candidate]) -> None:
        settle(candidates, self._memory)
        for candidate in candidates:
            if candidate.verdict is BILL and candidate.reading.says_cost():
                self._told.put(candidate.parent_key, TOLD)
