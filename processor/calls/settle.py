"""Of the spans that describe one call, which one is billed.

Nothing is held back for it. Within a request the innermost span that has what is needed is billed:
spans that share a trace are gone through from the inside out, those with somebody's charge first,
then those with a price. Across requests the first such span seen stays billed. Two spans describe
one call when one stands above the other (`kin.py`), when both name the same response, or when they
say the same of one time (`same_call.py`). Compiled by mypyc where that works.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, cast

from processor.calls.candidate import (
    AGGREGATE,
    BILL,
    DUPLICATE,
    RESENT,
    Candidate,
    Verdict,
)
from processor.calls.kin import NO_LINKS, Kin
from processor.calls.same_call import Told, output_of, same_call
from processor.dialects.dialect import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.calls.memory import Memory

MAX_BESIDE: Final = 64
"""How many calls of its trace a span without a name of its own is compared with, the last first."""
MAX_TOLD: Final = 16
"""The same for calls of earlier requests: as many of one trace and output are remembered."""
SURE_ID: Final = 12
"""Response ids at least this long are unique by themselves; shorter ones are within their trace."""
SURE_TAIL: Final = 8
MAX_ID: Final = 192
"""What is longer is remembered by its digest."""
AROUND_CALLS: Final = Kind.AGGREGATE
NOTHING_BILLED: Final[list[Told]] = []
SOMEBODY: Final = b"?"
"""For whom a call is billed whose own span does not name it."""


def settle(
    candidates: list[Candidate],
    memory: Memory,
    links: dict[bytes, bytes] = NO_LINKS,
    weigh: Callable[[Candidate], int] | None = None,
) -> None:
    """Give every candidate its verdict; remembers calls and ancestors, not yet the stamps.

    `links` are spans of the request that describe no call, and their parents. `weigh` says of a span
    how much it has of what is needed to bill its call; it is asked where spans share a trace.
    """
    kin = Kin(memory, links)
    first: dict[bytes, Candidate] = {}
    several: dict[bytes, list[Candidate]] = {}
    for candidate in candidates:
        if _is_new(candidate, memory):
            trace_id = candidate.view.trace_id
            other = first.setdefault(trace_id, candidate)
            if other is not candidate:
                several.setdefault(trace_id, [other]).append(candidate)
    for key in links:
        if key[:16] in first and key[:16] not in several:
            several[key[:16]] = [first[key[:16]]]
    if several or links:
        _settle_traces(several, kin, weigh)
    for trace_id, candidate in first.items():
        if trace_id not in several:
            _settle_one(candidate, kin, NOTHING_BILLED)
    if links:
        kin.keep_links()


def _is_new(candidate: Candidate, memory: Memory) -> bool:
    """Whether the span was not settled before."""
    known = memory.span(candidate.key)
    if known is not None:
        candidate.remembered = known
        candidate.covered = known.covered
        if known.settled is not None:
            candidate.verdict = RESENT
            return False
    return True


def _settle_traces(
    several: dict[bytes, list[Candidate]], kin: Kin, weigh: Callable[[Candidate], int] | None
) -> None:
    """Verdicts for spans of traces that may hold more of a call than one of them."""
    beside: dict[bytes, Candidate] = {}
    kin.beside = beside
    alone: list[list[Candidate]] = []
    for together in several.values():
        once: list[Candidate] = []
        for candidate in together:
            if candidate.key and beside.setdefault(candidate.key, candidate) is not candidate:
                candidate.verdict = RESENT  # twice in one request
            else:
                once.append(candidate)
        alone.append(once)
    kin.pass_on()
    for once in alone:
        billed: list[Told] = []
        for candidate in _in_order(once, kin, weigh):
            if _settle_one(candidate, kin, billed):
                billed.append(Told(candidate))


def _in_order(
    together: list[Candidate], kin: Kin, weigh: Callable[[Candidate], int] | None
) -> list[Candidate]:
    """By what they have of a bill, by who tells more of one response, by how many stand above.

    Then by who names what answered, and by end. An SDK's own span counts tokens alone, where the one
    around it may have read the whole answer, with searches and images; it may know the alias that was
    asked for, where its neighbour has the model that answered (mistralai 1.12). A stream's outer span
    may end before the inner one.
    """
    told_by_piece = {
        one.reading.response_id
        for one in together
        if one.reading.pattern.by_piece and one.reading.response_id and _may_bill(one)
    }
    ranked: list[tuple[int, int, int, int, int, int, int]] = []
    for index, candidate in enumerate(together):
        view = candidate.view
        weight = weigh(candidate) if weigh is not None and _may_bill(candidate) else 0
        depth = kin.depth(candidate.parent_key)
        pieces = 1
        if told_by_piece and candidate.reading.response_id in told_by_piece:
            pieces = 0 if candidate.reading.pattern.by_piece else 2
        asked = 0 if candidate.reading.pattern.subject.response_model else 1
        start, end = int(view.start_ns), int(view.end_ns)
        ranked.append((-weight, pieces, -depth, asked, end, -start, index))
    return [together[place[6]] for place in sorted(ranked)]


def _may_bill(candidate: Candidate) -> bool:
    reading = candidate.reading
    return reading.pattern.kind is not AROUND_CALLS and reading.says_cost()


def _settle_one(candidate: Candidate, kin: Kin, billed: list[Told]) -> bool:
    """The span's verdict, noted; whether a call is billed by it."""
    reading = candidate.reading
    calls = kin.memory.calls
    named = call_key(candidate)
    verdict = _verdict(candidate, named, kin, billed)
    candidate.verdict = verdict
    if verdict is BILL and reading.says_cost():
        candidate.claims = True
        if named:
            calls.put(named, candidate.key)
        elif candidate.key:
            _tell(candidate, kin.memory)
        kin.cover(candidate.parent_key)
        return True
    if verdict is DUPLICATE and named and calls.get(named) is None:
        calls.put(named, SOMEBODY)
    if candidate.covered:
        kin.cover(candidate.parent_key)
    return False


def _verdict(candidate: Candidate, named: str, kin: Kin, billed: list[Told]) -> Verdict:
    reading = candidate.reading
    if reading.pattern.kind is AROUND_CALLS:
        return AGGREGATE
    if candidate.covered:
        return DUPLICATE
    if not reading.says_cost():
        return BILL  # nothing to count: its status will say why
    if (
        (named and _is_known_call(candidate, named, kin.memory))
        or kin.under_a_billed_one(candidate.parent_key)
        or (billed and _is_one_of(candidate, billed[-MAX_BESIDE:]))
        or (len(kin.memory.told) and _is_told(candidate, kin.memory))
    ):
        return DUPLICATE
    return BILL


def _is_one_of(candidate: Candidate, billed: list[Told]) -> bool:
    """Whether one of these is about the same call."""
    told = Told(candidate)
    return any(same_call(told, other) for other in billed)


def _is_told(candidate: Candidate, memory: Memory) -> bool:
    """Whether a call is billed that nobody named, and this one is that."""
    found = memory.told.get((candidate.view.trace_id, output_of(candidate.reading)))
    return found is not None and _is_one_of(candidate, cast("list[Told]", found))


def _tell(candidate: Candidate, memory: Memory) -> None:
    """Remember what a call without a name said."""
    key = (candidate.view.trace_id, output_of(candidate.reading))
    found = memory.told.get(key)
    if found is None:
        memory.told.put(key, [Told(candidate)])
        return
    known = cast("list[Told]", found)
    known.append(Told(candidate))
    if len(known) > MAX_TOLD:
        del known[0]


def _is_known_call(candidate: Candidate, named: str, memory: Memory) -> bool:
    """Whether another span is billed for the call that this one names.

    A span that is forgotten and sent again is not another: it was refused when it came, or it comes
    very late, and counting money twice is the lesser evil beside not counting it.
    """
    known = memory.calls.get(named)
    return known is not None and (known != candidate.key or not candidate.key)


def call_key(candidate: Candidate) -> str:
    """A response id, which is unique by itself unless it is a mere number or word; none is empty."""
    response_id = candidate.reading.response_id
    if not response_id:
        return ""
    key = response_id
    if len(response_id) < SURE_ID or not _is_sure(response_id[-SURE_TAIL:]):
        key = f"{candidate.view.trace_id.hex()} {candidate.reading.subject.provider} {response_id}"
    if len(key) <= MAX_ID:
        return key
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _is_sure(tail: str) -> bool:
    """Whether an id ends in more than a number: Ollama's `chatcmpl-523` is one of a thousand."""
    return "-" not in tail and "_" not in tail
