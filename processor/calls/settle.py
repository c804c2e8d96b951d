"""Of the spans that describe one call, which one is billed.

Nothing is held back for it. Within a request the innermost span with usage is billed: children end
before their parents, so spans are gone through in the order of their ends. Across requests the
first such span seen stays billed. Two spans describe one call when one stands above the other,
when both name the same response, or when one writer's span lies in time within another's of the
same trace with the same output and a model of the same name.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from processor.calls.memory import Memory, Remembered, key_of
from processor.dialects.dialect import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.dialects.recognise import Reading
    from processor.wire.walk import SpanView

MAX_ANCESTORS: Final = 64
"""How far up a chain of parents is followed; a longer chain may hold a loop."""


NOTE_WITHIN_NS: Final = 1_000_000_000
"""How long after a call a span of no length may still speak of it."""


class Verdict(Enum):
    """What becomes of a span in the books."""

    BILL = "bill"
    DUPLICATE = "duplicate"
    AGGREGATE = "aggregate"
    RESENT = "resent"


@dataclass(slots=True)
class Candidate:
    """A recognised span on its way through the books."""

    view: SpanView
    reading: Reading
    scope: str
    key: bytes
    parent_key: bytes
    verdict: Verdict = Verdict.BILL
    remembered: Remembered | None = None

    @classmethod
    def of(cls, view: SpanView, reading: Reading, scope: str) -> Candidate:
        """A candidate for this span."""
        return cls(
            view,
            reading,
            scope,
            key_of(view.trace_id, view.span_id),
            key_of(view.trace_id, view.parent_id),
        )


def settle(candidates: Sequence[Candidate], memory: Memory) -> None:
    """Give every candidate its verdict; remembers calls and ancestors, not yet the stamps."""
    fresh: list[Candidate] = []
    here: set[bytes] = set()
    for candidate in candidates:
        known = memory.spans.get(candidate.key) if candidate.key else None
        if known is not None:
            candidate.verdict, candidate.remembered = Verdict.RESENT, known
        elif candidate.key and candidate.key in here:
            candidate.verdict = Verdict.RESENT  # twice in one request: as its first copy
        else:
            here.add(candidate.key)
            fresh.append(candidate)
    parents = {c.key: c.parent_key for c in candidates if c.parent_key}
    billed_of_trace: dict[bytes, list[Candidate]] = defaultdict(list)
    for candidate in _innermost_first(fresh, parents):
        candidate.verdict = _verdict(candidate, memory, parents, billed_of_trace)
        if candidate.verdict is Verdict.BILL and candidate.reading.usage:
            billed_of_trace[candidate.view.trace_id].append(candidate)
            if candidate.reading.response_id:
                memory.calls.put(_call_key(candidate), candidate.key)
            _cover(candidate.parent_key, parents, memory)
        elif candidate.key and memory.covered.get(candidate.key):
            _cover(candidate.parent_key, parents, memory)


def _innermost_first(
    candidates: Sequence[Candidate], parents: dict[bytes, bytes]
) -> list[Candidate]:
    """By how many recognised spans stand above, then by end: a stream's outer span may end first."""

    def depth(candidate: Candidate) -> int:
        key, steps = candidate.parent_key, 0
        while key in parents and steps < MAX_ANCESTORS:
            key, steps = parents[key], steps + 1
        return steps

    return sorted(candidates, key=lambda c: (-depth(c), c.view.end_ns, -c.view.start_ns))


def _verdict(
    candidate: Candidate,
    memory: Memory,
    parents: dict[bytes, bytes],
    billed: dict[bytes, list[Candidate]],
) -> Verdict:
    reading = candidate.reading
    if reading.kind is Kind.AGGREGATE:
        return Verdict.AGGREGATE
    if candidate.key and memory.covered.get(candidate.key):
        return Verdict.DUPLICATE
    if not reading.usage:
        return Verdict.BILL  # nothing to count: its status will say why
    known = (
        (reading.response_id and memory.calls.get(_call_key(candidate)) is not None)
        or _under_a_billed_one(candidate.parent_key, parents, memory)
        or any(_same_call(candidate, other) for other in billed[candidate.view.trace_id])
    )
    return Verdict.DUPLICATE if known else Verdict.BILL


def _call_key(candidate: Candidate) -> str:
    """A response id, which is unique by itself unless it is a mere number or word."""
    response_id = candidate.reading.response_id
    if len(response_id) >= 12:
        return response_id
    return f"{candidate.view.trace_id.hex()} {candidate.reading.subject.provider} {response_id}"


def _under_a_billed_one(key: bytes, parents: dict[bytes, bytes], memory: Memory) -> bool:
    """Whether a span above was billed in an earlier request: it came first and stays."""
    for _ in range(MAX_ANCESTORS):
        if not key:
            return False
        known = memory.spans.get(key)
        if known is not None and known.billed:
            return True
        key = known.parent_key if known is not None else parents.get(key, b"")
    return False


def _cover(key: bytes, parents: dict[bytes, bytes], memory: Memory) -> None:
    """Every span above a billed one only repeats it."""
    for _ in range(MAX_ANCESTORS):
        if not key or memory.covered.get(key):
            return
        memory.covered.put(key, True)  # noqa: FBT003 - the window's values are marks
        known = memory.spans.get(key)
        key = parents.get(key) or (known.parent_key if known is not None else b"")


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
        and _output(outer.reading) == _output(inner.reading)
    )


def _is_note(view: SpanView) -> bool:
    """A span of no length is a note about a call that ended just before (Logfire's streams)."""
    return view.start_ns == view.end_ns


def _near(one: SpanView, other: SpanView) -> bool:
    return abs(int(one.end_ns) - int(other.end_ns)) <= NOTE_WITHIN_NS


def _output(reading: Reading) -> object:
    usage = reading.usage
    return usage.get("output", 0) + usage.get("reasoning", 0)


def _alike(one: Reading, other: Reading) -> bool:
    """Whether two readings may be about one model: a requested name beside a dated answer."""
    names = [_bare(one.subject.request_model), _bare(one.subject.response_model)]
    others = [_bare(other.subject.request_model), _bare(other.subject.response_model)]
    return any(a and b and (a.startswith(b) or b.startswith(a)) for a in names for b in others)


def _bare(model: str) -> str:
    return model.rpartition("/")[2].lower()
