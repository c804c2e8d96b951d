"""From the bytes of a traces request to priced bytes and charges: what runs once per gen_ai span.

    walk -> recognise -> settle (count once) -> bill (price, stamp) -> splice

Pure but for what it remembers. Compiled by mypyc where that works.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, cast, final

from processor.calls.candidate import AGGREGATE, BILL, DUPLICATE, RESENT, Candidate
from processor.calls.kin import NO_LINKS, Kin, part
from processor.calls.links import links
from processor.calls.memory import Memory, Remembered, Settled, key_of
from processor.calls.settle import settle
from processor.calls.subtree import KEYS as SUBTREE
from processor.calls.subtree import lineage, with_roots
from processor.calls.window import Window
from processor.dialects import DIALECTS
from processor.dialects.hear import Heard, hear
from processor.dialects.hear_lean import hear_lean
from processor.dialects.recognise import Recogniser
from processor.dialects.reported import CURRENCY, says_dollars
from processor.model import PRICED, Charge, Labels, Source, Status
from processor.stamp import STATUS
from processor.wire.fields import COMPILED, Malformed
from processor.wire.keys import KeyTable
from processor.wire.splice import Edit, patch, splice
from processor.wire.walk import NO_ATTRIBUTES, read, scan

if TYPE_CHECKING:
    from pricing import PriceTable
    from processor.attribution import Attribution, Resource
    from processor.billing import Bill, Biller
    from processor.calls.orphans import Orphans
    from processor.calls.subtree import Subtree
    from processor.dialects.recognise import Writer
    from processor.dialects.shapes import Shape
    from processor.dialects.subject import Pattern, Subject
    from processor.metered.report import Report
    from processor.wire.fields import Value
    from processor.wire.walk import Found, Frame, SpanView

logger = logging.getLogger("genai_cost")

INTERNAL_ERROR: Final = Status.INTERNAL_ERROR
REPORTED: Final = Source.REPORTED
LABELS_LIMIT: Final = 16_384
SEEN_LIMIT: Final = 8 * LABELS_LIMIT
"""So many that none is forgotten before the memo of labels starts anew, which notes it again."""
NOTHING_SETTLED: Final = Settled()
NO_CUTS: Final[list[tuple[int, int]]] = []


@final
class Enriched:
    """A request after pricing, and what it adds to the books once it has arrived."""

    def __init__(self, body: bytes, items: int = 0) -> None:
        self.body: bytes = body
        self.items: int = items
        """Spans, metric points or log records in it."""
        self.faults: int = 0
        """Spans that could not be read or priced through a fault of ours."""
        self.settled: Settled = NOTHING_SETTLED
        """Its own spans, each once, however often it stands in the request."""
        self.nameless: list[Charge] = []
        """Of its spans without an id: nobody can know them again, so nothing of them is remembered."""
        self.resent: dict[Charge, tuple[Settled, int]] = {}
        """Charges of requests before it that were not counted yet, and where they stand."""
        self.usage: tuple[Report, ...] = ()
        """Of a metrics request: what it reports of tokens that were used."""

    @property
    def charges(self) -> list[Charge]:
        """What was not counted yet."""
        found = [charge for charge in self.settled.charges if charge is not None]
        found += self.nameless
        for charge, (settled, place) in self.resent.items():
            if settled.charges[place] is charge:
                found.append(charge)
        return found

    def counted(self) -> None:
        """Nothing is owed any more."""
        self.nameless = []
        charges = self.settled.charges
        for place in range(len(charges)):
            charges[place] = None
        for settled, place in self.resent.values():
            settled.charges[place] = None


@final
class _Round:
    """One request on its way through the enricher."""

    def __init__(self, enriched: Enriched, table: PriceTable, now_unix_ns: int) -> None:
        self.enriched: Enriched = enriched
        self.table: PriceTable = table
        self.now_unix_ns: int = now_unix_ns
        self.settled: Settled = Settled()
        self.billed: Remembered = Remembered(b"", self.settled, billed=True, covered=False)
        """What is remembered of each billed span. Nobody climbs past one, so it has no parent."""
        self.edits: list[Edit] = []

    def edit(self, view: SpanView, stamp: bytes, replaced: frozenset[str]) -> None:
        """Note what is to be written on a span, and what it replaces there."""
        if stamp:
            places = view.places
            cuts = (
                [(start, end) for key, start, end in places if key in replaced]
                if places
                else NO_CUTS
            )
            self.edits.append(Edit(view, stamp, cuts))


@final
class _Scales:
    """Says which of several spans has what is needed to bill a call."""

    def __init__(self, enricher: Enricher, table: PriceTable, now_unix_ns: int) -> None:
        self.enricher: Enricher = enricher
        self.table: PriceTable = table
        self.now_unix_ns: int = now_unix_ns

    def weigh(self, candidate: Candidate) -> int:
        """What of a bill the span has: a charge before a price, a price before an estimate."""
        bill = self.enricher.bill(candidate, self.table, self.now_unix_ns)
        candidate.bill = bill
        if candidate.reading.charged and bill.source == REPORTED:
            return 3
        return 2 if bill.status in PRICED else int(bool(bill.source))


class Enricher:
    """Bytes in, bytes and charges out."""

    def __init__(  # noqa: PLR0913 - one argument for each part it works with
        self,
        biller: Biller,
        attribution: Attribution,
        memory: Memory,
        orphans: Orphans | None = None,
        subtree: Subtree | None = None,
        *,
        elsewhere: bool = False,
    ) -> None:
        """`orphans`: where aggregates wait that are billed if their calls are never seen.

        `subtree`: sums of calls for the spans above them. `elsewhere`: the edits are made by another
        process; a request's body is then what it has to do, as `patch` writes it.
        """
        self._elsewhere: bool = elsewhere
        self._orphans: Orphans | None = orphans
        self._subtree: Subtree | None = subtree
        self.replaceable: frozenset[str] = (
            biller.replaceable if subtree is None else biller.replaceable | SUBTREE
        )
        self._spared: frozenset[str] = frozenset([CURRENCY] if biller.ends_other_money else [])
        """Replaced only where it says that a cost is not in US dollars."""
        self._recogniser: Recogniser = Recogniser(
            DIALECTS, self.replaceable - self._spared, attribution.wanted
        )
        wanted = self._recogniser.keys() | self.replaceable | attribution.wanted
        self._heard: Heard = Heard(self._recogniser.shapes)
        self.keys: KeyTable = KeyTable(wanted, self._recogniser.marks())
        self._biller: Biller = biller
        self._attribution: Attribution = attribution
        self._memory: Memory = memory
        self._dimensions: list[str] = sorted(attribution.wanted)
        self._labels: dict[tuple[object, ...], Labels] = {}
        self._resource: Resource | None = None
        self._labels_here: dict[Pattern, Labels] = {}
        """Those of this resource, to which most calls in a row belong."""
        self.seen: Window = Window(SEEN_LIMIT)
        """By service and model: of whom there were spans or log records with usage."""

    def enrich(self, body: bytes, table: PriceTable, now_unix_ns: int) -> Enriched:
        """The request with its calls priced. Raises `Malformed` for bytes that are no request."""
        found = scan(body, self.keys)
        enriched = Enriched(body, found.spans)
        tools: list[bytes] = []
        candidates = self.recognise(body, found, enriched, tools)
        between = NO_LINKS
        if candidates or self._memory.awaited:
            between = links(body, found, candidates, self._memory)
        if tools:
            part(tools, between, self._memory)
        if candidates or between:
            scales = _Scales(self, table, now_unix_ns)
            settle(candidates, self._memory, between, scales.weigh)
        roots: list[SpanView] = []
        if self._subtree is not None:
            roots = lineage(body, candidates, self._subtree)
        edits: list[Edit] = []
        if candidates:
            edits = self.billed(candidates, enriched, table, now_unix_ns)
        if self._subtree is not None and roots:
            edits = with_roots(body, edits, roots, self._subtree)
        enriched.body = self.written(body, edits)
        if candidates and self._orphans is not None:
            kin = Kin(self._memory, between)
            self._hold(self._orphans, candidates, enriched, kin, table, now_unix_ns)
        return enriched

    def written(self, body: bytes, edits: list[Edit]) -> bytes:
        """The request with its edits made, or what is to be done to it."""
        return patch(edits) if self._elsewhere else splice(body, edits)

    def _hold(  # noqa: PLR0913, PLR0917 - a request's all
        self,
        orphans: Orphans,
        candidates: list[Candidate],
        enriched: Enriched,
        kin: Kin,
        table: PriceTable,
        now_unix_ns: int,
    ) -> None:
        """Has aggregates wait below which nothing was billed, the inner ones first."""
        alone = [candidate for candidate in candidates if orphans.may_be(candidate)]
        kin.beside = {candidate.key: candidate for candidate in alone}
        for candidate in sorted(alone, key=lambda each: -kin.depth(each.parent_key)):
            if candidate.covered:
                continue
            candidate.verdict = BILL  # as if it were a call
            bill = self.bill(candidate, table, now_unix_ns)
            candidate.verdict = AGGREGATE
            if bill.source:
                charge = self._charge(candidate, bill)
                orphans.hold(candidate, charge, enriched.settled, kin, now_unix_ns)

    def billed(
        self,
        candidates: list[Candidate],
        enriched: Enriched,
        table: PriceTable,
        now_unix_ns: int,
    ) -> list[Edit]:
        """Bills what is settled; what is to be written, in the order of the candidates."""
        round_ = _Round(enriched, table, now_unix_ns)
        if self._subtree is not None:
            self._roll_up(candidates, self._subtree, round_)
        for candidate in candidates:
            if candidate.verdict is not RESENT or not self._as_before(candidate, round_):
                self._settle(candidate, round_)
        round_.settled.close()
        enriched.settled = round_.settled
        return round_.edits

    def recognise(
        self, body: bytes, found: Found, enriched: Enriched, tools: list[bytes]
    ) -> list[Candidate]:
        """Reads each span and keeps what matters of it; its attributes are let go at once.

        Adds to `tools` who they are that ran on behalf of a model.
        """
        candidates: list[Candidate] = []
        frame: Frame | None = None
        writer: Writer | None = None
        resource: Resource | None = None
        for view in found.views:
            if view.scope is not frame or writer is None or resource is None:
                frame = view.scope
                writer = self._recogniser.writer(*self._attribution.scope(frame.about))
                resource = self.resource_of(frame.parent)
            try:
                candidate = self._candidate(body, view, writer, resource, tools)
            except Malformed:
                raise
            except Exception:
                enriched.faults += 1
                logger.exception("a span goes on as it came because of a fault in reading it")
                continue
            if candidate is not None:
                candidates.append(candidate)
        return candidates

    def _candidate(
        self,
        body: bytes,
        view: SpanView,
        writer: Writer,
        resource: Resource,
        tools: list[bytes],
    ) -> Candidate | None:
        """What matters of a span; None where it describes no call that is ours to settle."""
        root = writer.root
        heard: Heard | None = None
        if root is not None and (
            hear(body, view, writer.ear, self._heard, root)
            if COMPILED
            else hear_lean(body, view, writer.ear, self._heard, root)
        ):
            heard = self._heard
        recipe = None if heard is None else heard.shape.recipe
        if heard is not None and recipe is not None:
            if recipe.pattern is None:
                if recipe.is_tool:
                    tools.append(key_of(view.trace_id, view.span_id))
                return None
            reading = self._recogniser.short(heard, recipe)
            if reading is not None:
                candidate = Candidate(view, reading, writer.scope, resource)
                candidate.dimensions = self.dimensions_of(heard.kept, resource)
                return candidate
        at_length = self._candidate_at_length(body, view, writer, heard, resource)
        if at_length is None and heard is not None and _is_tool(heard.shape):
            tools.append(key_of(view.trace_id, view.span_id))
        return at_length

    def _candidate_at_length(
        self,
        body: bytes,
        view: SpanView,
        writer: Writer,
        heard: Heard | None,
        resource: Resource,
    ) -> Candidate | None:
        """The same for a span that is out of the ordinary, or the first of its shape."""
        read(body, view, self.keys, self.replaceable)
        attributes = view.attributes
        if self._spared and says_dollars(attributes):
            view.places = [place for place in view.places if place[0] not in self._spared]
        view.attributes = NO_ATTRIBUTES
        if STATUS in attributes:
            return None  # a hop before us settled it
        if heard is not None and heard.shape.recipe is None:
            self._recogniser.learn(heard.shape, attributes, writer)
        reading = self._recogniser.read(attributes, writer)
        if reading is None:
            return None
        candidate = Candidate(view, reading, writer.scope, resource)
        candidate.dimensions = self.dimensions_of(attributes, resource)
        return candidate

    def _as_before(self, candidate: Candidate, round_: _Round) -> bool:
        """Whether a span that was sent before is still known; it is stamped as it was then."""
        key = candidate.key
        known = candidate.remembered
        settled = None if known is None else known.settled
        if settled is None:  # twice in one request: as its first copy
            settled = round_.settled
        place = settled.place(key)
        if place < 0:
            candidate.verdict = DUPLICATE
            return False
        stamp, replaced = settled.stamp(place), settled.replaced(place)
        round_.edit(candidate.view, stamp, replaced)
        charge = settled.charges[place]
        if settled is round_.settled:
            return True
        if charge is not None:
            round_.enriched.resent[charge] = settled, place
        elif known is not None:  # or one span would keep the stamps of its whole first request
            round_.settled.add(key, stamp, replaced, None)
            fresh = Remembered(
                known.parent_key, round_.settled, billed=known.billed, covered=known.covered
            )
            self._memory.spans.put(key, fresh)
        return True

    def _roll_up(self, candidates: list[Candidate], subtree: Subtree, round_: _Round) -> None:
        """Calls are billed before what stands above them is written on."""
        for candidate in candidates:
            if candidate.verdict is BILL and candidate.reading.says_cost():
                bill = self.bill(candidate, round_.table, round_.now_unix_ns)
                candidate.bill = bill
                subtree.add(candidate.parent_key, bill.atto_usd, priced=bool(bill.source))

    def _with_sum(self, candidate: Candidate, bill: Bill, subtree: Subtree) -> None:
        """An agent, a workflow or a root says what its calls came to."""
        if candidate.verdict is AGGREGATE or not candidate.view.parent_id:
            summed = subtree.stamp(candidate.key)
            if summed:
                bill.append += summed
                bill.keys |= SUBTREE

    def _settle(self, candidate: Candidate, round_: _Round) -> None:
        """Bills a span for the first time."""
        made = candidate.bill if candidate.verdict is BILL else None
        bill = (
            self.bill(candidate, round_.table, round_.now_unix_ns)
            if made is None
            else cast("Bill", made)
        )
        if bill.status is INTERNAL_ERROR:
            round_.enriched.faults += 1
        if self._subtree is not None:
            self._with_sum(candidate, bill, self._subtree)
        round_.edit(candidate.view, bill.append, bill.keys)
        charge, key = self._charge(candidate, bill), candidate.key
        if not key:
            round_.enriched.nameless.append(charge)
            return
        round_.settled.add(key, bill.append, bill.keys, charge)
        if candidate.verdict is BILL and candidate.reading.says_cost():
            self._memory.spans.put(key, round_.billed)
        else:
            known = Remembered(
                candidate.parent_key,
                round_.settled,
                billed=False,
                covered=candidate.covered,
            )
            self._memory.spans.put(key, known)

    def bill(self, candidate: Candidate, table: PriceTable, now_unix_ns: int) -> Bill:
        """The bill, or a named one where making it fails: one span's fault is not the others'."""
        try:
            return self._biller.bill(candidate, table, now_unix_ns)
        except Exception:
            logger.exception("a span goes on unpriced because of a fault in pricing it")
            return self._biller.fault()

    def resource_of(self, frame: Frame | None) -> Resource:
        """Whose span it is; looked up once per resource and request."""
        if frame is None:
            return self._attribution.resource(b"")
        if frame.known is None:
            frame.known = self._attribution.resource(frame.about)
        return cast("Resource", frame.known)

    def dimensions_of(
        self, attributes: dict[str, Value], resource: Resource
    ) -> tuple[str, ...]:
        """Values of the configured dimensions: its own, else its resource's."""
        if not attributes:
            return resource.dimensions
        for name in self._dimensions:
            if name in attributes:
                return self._attribution.dimensions(attributes, resource)
        return resource.dimensions

    def _labels_of(
        self, pattern: Pattern, resource: Resource, source: str, dimensions: tuple[str, ...]
    ) -> Labels:
        """Labels recur as their series do; two memos spare making and hashing them anew."""
        if resource is not self._resource:
            self._resource = resource
            self._labels_here = {}
        here = self._labels_here.get(pattern)
        if here is not None and here.source is source and here.dimensions is dimensions:
            return here
        question = (pattern, resource, source, dimensions)
        known = self._labels.get(question)
        if known is None:
            subject = pattern.subject
            known = Labels(
                resource.origin,
                pattern.operation,
                subject.provider,
                subject.request_label,
                subject.response_label,
                source,
                dimensions,
            )
            if len(self._labels) >= LABELS_LIMIT:
                self._labels.clear()
            self._labels[question] = known
            if source or pattern.classes:
                self._see(resource.origin.service_name, subject)
        if len(self._labels_here) < LABELS_LIMIT:
            self._labels_here[pattern] = known
        return known

    def _see(self, service: str, subject: Subject) -> None:
        """Note that calls of this service to this model are seen one by one."""
        for model in (subject.request_model, subject.response_model):
            if model:
                self.seen.put((service, model), True)  # noqa: FBT003 - a mark, no flag

    def _charge(self, candidate: Candidate, bill: Bill) -> Charge:
        view = candidate.view
        charge = Charge(
            self._labels_of(
                candidate.reading.pattern, candidate.resource, bill.source, candidate.dimensions
            ),
            bill.status,
            bill.atto_usd,
            bill.classes,
            bill.counts,
            int(view.end_ns),
            view.trace_id,
            view.span_id,
            bill.row,
        )
        charge.unpriced = bill.unpriced
        charge.units = bill.units
        return charge


def _is_tool(shape: Shape) -> bool:
    """Whether spans of a shape that was learned are tools that ran."""
    return shape.recipe is not None and shape.recipe.is_tool
