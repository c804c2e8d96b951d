"""Of the spans that describe one call, which one is billed.

Nothing is held back for it. Within a request the innermost span with usage is billed: spans that
share a trace are gone through from the inside out. Across requests the first such span seen stays
billed. Two spans describe one call when one stands above the other, when both name the same
response, or when one writer's span lies in time within another's of the same trace with the same
output and a model of the same name. Compiled by mypyc where that works.
"""

from __future__ import annotations

import hashlib
from enum import Enum
from typing import TYPE_CHECKING, Final, final

from mypy_extensions import mypyc_attr

from processor.calls.memory import COVERED, key_of
from processor.dialects.dialect import Kind

if TYPE_CHECKING:
    from processor.attribution import Resource
    from processor.calls.memory import Memory, Remembered
    from processor.dialects.reading import Reading
    from processor.dialects.usage import Count
    from processor.wire.walk import SpanView

MAX_ANCESTORS: Final = 64
"""How far up a chain of parents is followed; a longer chain may hold a loop."""
MAX_BESIDE: Final = 64
"""How many calls of its trace a span without a name of its own is compared with, the last first."""
NOTE_WITHIN_NS: Final = 1_000_000_000
"""How long after a call a span of no length may still speak of it."""
SURE_ID: Final = 12
"""Response ids at least this long are unique by themselves; shorter ones are within their trace."""
SURE_TAIL: Final = 8
MAX_ID: Final = 128


class Verdict(Enum):
    """What becomes of a span in the books."""

    BILL = "bill"
    DUPLICATE = "duplicate"
    AGGREGATE = "aggregate"
    RESENT = "resent"


# An enum's member is found by a look-up each time it is named; these are found once.
BILL: Final = Verdict.BILL
DUPLICATE: Final = Verdict.DUPLICATE
AGGREGATE: Final = Verdict.AGGREGATE
RESENT: Final = Verdict.RESENT
AROUND_CALLS: Final = Kind.AGGREGATE


@final
@mypyc_attr(acyclic=True)
class Candidate:
    """A recognised span on its way through the books."""

    def __init__(
        self, view: SpanView, reading: Reading, scope: str, resource: Resource
    ) -> None:
        self.view: SpanView = view
        self.reading: Reading = reading
        self.scope: str = scope
        self.resource: Resource = resource
        self.key: bytes = key_of(view.trace_id, view.span_id)
        self.parent_key: bytes = key_of(view.trace_id, view.parent_id)
        self.verdict: Verdict = BILL
        self.remembered: Remembered | None = None
        """What was known of the span before; with `RESENT`, how it was settled."""
        self.covered: bool = False
        """A billed span stands below it."""
        self.dimensions: tuple[str, ...] = ()
        """Values of the configured dimensions."""


NOBODY: Final[dict[bytes, Candidate]] = {}
NOTHING_BILLED: Final[list[Candidate]] = []


def settle(candidates: list[Candidate], memory: Memory) -> None:
    """Give every candidate its verdict; remembers calls and ancestors, not yet the stamps."""
    first: dict[bytes, Candidate] = {}
    several: dict[bytes, list[Candidate]] = {}
    for candidate in candidates:
        known = memory.span(candidate.key)
        if known is not None:
            candidate.remembered = known
            candidate.covered = known.covered
            if known.settled is not None:
                candidate.verdict = RESENT
                continue
        trace_id = candidate.view.trace_id
        other = first.setdefault(trace_id, candidate)
        if other is not candidate:
            several.setdefault(trace_id, [other]).append(candidate)
    for trace_id, candidate in first.items():
        if trace_id not in several:
            _settle_one(candidate, memory, NOBODY, NOTHING_BILLED)
    for together in several.values():
        _settle_trace(together, memory)


def _settle_trace(together: list[Candidate], memory: Memory) -> None:
    """Verdicts for the spans of one trace in one request, from the inside out."""
    beside: dict[bytes, Candidate] = {}
    once: list[Candidate] = []
    for candidate in together:
        if candidate.key and beside.setdefault(candidate.key, candidate) is not candidate:
            candidate.verdict = RESENT  # twice in one request
        else:
            once.append(candidate)
    billed: list[Candidate] = []
    for candidate in _innermost_first(_without_told_better(once), beside):
        if _settle_one(candidate, memory, beside, billed):
            billed.append(candidate)


def _without_told_better(once: list[Candidate]) -> list[Candidate]:
    """Without those of whose call another one also tells what was used by the piece: searches, images.

    An SDK's own span counts tokens alone; the span around it may have read the whole answer.
    """
    by_piece = [one for one in once if one.reading.pattern.by_piece]
    if not by_piece:
        return once
    fuller = {one.reading.response_id for one in by_piece if one.reading.response_id}
    kept: list[Candidate] = []
    for one in once:
        if one.reading.response_id in fuller and not one.reading.pattern.by_piece:
            one.verdict = DUPLICATE
        else:
            kept.append(one)
    return kept


def _settle_one(
    candidate: Candidate,
    memory: Memory,
    beside: dict[bytes, Candidate],
    billed: list[Candidate],
) -> bool:
    """The span's verdict, noted; whether a call is billed by it."""
    reading = candidate.reading
    call_key = _call_key(candidate) if reading.response_id else ""
    verdict = _verdict(candidate, call_key, memory, beside, billed)
    candidate.verdict = verdict
    if verdict is BILL and reading.says_cost():
        if call_key:
            memory.calls.put(call_key, candidate.key)
        _cover(candidate.parent_key, beside, memory)
        return True
    if candidate.covered:
        _cover(candidate.parent_key, beside, memory)
    return False


def _innermost_first(
    together: list[Candidate], beside: dict[bytes, Candidate]
) -> list[Candidate]:
    """By how many recognised spans stand above, then by end: a stream's outer span may end first."""
    ranked: list[tuple[int, int, int, int]] = []
    for index, candidate in enumerate(together):
        key, depth = candidate.parent_key, 0
        while key in beside and depth < MAX_ANCESTORS:
            key = beside[key].parent_key
            depth += 1
        view = candidate.view
        ranked.append((-depth, int(view.end_ns), -int(view.start_ns), index))
    return [together[place[3]] for place in sorted(ranked)]


def _verdict(
    candidate: Candidate,
    call_key: str,
    memory: Memory,
    beside: dict[bytes, Candidate],
    billed: list[Candidate],
) -> Verdict:
    reading = candidate.reading
    if reading.pattern.kind is AROUND_CALLS:
        return AGGREGATE
    if candidate.covered:
        return DUPLICATE
    if not reading.says_cost():
        return BILL  # nothing to count: its status will say why
    if (
        (call_key and _is_known_call(candidate, call_key, memory))
        or _under_a_billed_one(candidate.parent_key, beside, memory)
        or (billed and _beside_a_billed_one(candidate, billed))
    ):
        return DUPLICATE
    return BILL


def _beside_a_billed_one(candidate: Candidate, billed: list[Candidate]) -> bool:
    return any(_same_call(candidate, other) for other in billed[-MAX_BESIDE:])


def _is_known_call(candidate: Candidate, call_key: str, memory: Memory) -> bool:
    """Whether another span is billed for the call that this one names.

    A span that is forgotten and sent again is not another: it was refused when it came, or it comes
    very late, and counting money twice is the lesser evil beside not counting it.
    """
    known = memory.calls.get(call_key)
    return known is not None and (known != candidate.key or not candidate.key)


def _call_key(candidate: Candidate) -> str:
    """A response id, which is unique by itself unless it is a mere number or word."""
    response_id = candidate.reading.response_id
    if len(response_id) >= SURE_ID and _is_sure(response_id[-SURE_TAIL:]):
        if len(response_id) <= MAX_ID:
            return response_id
        return hashlib.sha256(response_id.encode("utf-8", "replace")).hexdigest()
    return f"{candidate.view.trace_id.hex()} {candidate.reading.subject.provider} {response_id}"


def _is_sure(tail: str) -> bool:
    """Whether an id ends in more than a number: Ollama's `chatcmpl-523` is one of a thousand."""
    return "-" not in tail and "_" not in tail


def _under_a_billed_one(key: bytes, beside: dict[bytes, Candidate], memory: Memory) -> bool:
    """Whether a span above was billed in an earlier request: it came first and stays."""
    for _ in range(MAX_ANCESTORS):
        if not key:
            return False
        if key in beside:
            key = beside[key].parent_key
            continue
        known = memory.span(key)
        if known is None:
            return False
        if known.billed:
            return True
        key = known.parent_key
    return False


def _cover(key: bytes, beside: dict[bytes, Candidate], memory: Memory) -> None:
    """Every span above a billed one only repeats it."""
    for _ in range(MAX_ANCESTORS):
        if not key:
            return
        if key in beside:
            candidate = beside[key]
            if candidate.covered:
                return
            candidate.covered = True
            key = candidate.parent_key
            continue
        known = memory.span(key)
        if known is None:
            memory.spans.put(key, COVERED)
            return
        if known.covered:
            return
        known.covered = True
        key = known.parent_key


def _same_call(outer: Candidate, inner: Candidate) -> bool:
    """Whether two writers of one trace describe one call that at least one of them cannot name."""
    if outer.scope == inner.scope or (outer.reading.response_id and inner.reading.response_id):
        return False
    if not _alike(outer.reading, inner.reading):
        return False
    if _is_note(outer.view) or _is_note(inner.view):
        return _near(outer.view, inner.view) and outer.reading.usage == inner.reading.usage
    return (
        outer.view.start_ns <= inner.view.start_ns
        and inner.view.end_ns <= outer.view.end_ns
        and _same_output(outer.reading.usage, inner.reading.usage)
    )


def _is_note(view: SpanView) -> bool:
    """A span of no length is a note about a call that ended just before (Logfire's streams)."""
    return view.start_ns == view.end_ns


def _near(one: SpanView, other: SpanView) -> bool:
    return abs(int(one.end_ns) - int(other.end_ns)) <= NOTE_WITHIN_NS


def _same_output(one: dict[str, Count], other: dict[str, Count]) -> bool:
    """Equal output; where there is none, as of embeddings, everything else must be equal too."""
    output = one.get("output", 0) + one.get("reasoning", 0)
    if output != other.get("output", 0) + other.get("reasoning", 0):
        return False
    return bool(output) or one == other


def _alike(one: Reading, other: Reading) -> bool:
    """Whether two readings may be about one model: a requested name beside a dated answer."""
    for a in (_bare(one.subject.request_model), _bare(one.subject.response_model)):
        for b in (_bare(other.subject.request_model), _bare(other.subject.response_model)):
            if a and b and (a.startswith(b) or b.startswith(a)):
                return True
    return False


def _bare(model: str) -> str:
    return model.rpartition("/")[2].lower()
