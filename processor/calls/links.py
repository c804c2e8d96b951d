"""The parents of spans that describe no call, where a call may stand above or below them.

A second look at a request that was walked before, at ids alone: at spans of its calls' traces, and at
those that are known to stand above a billed one. Ids are the first fields of a span that an SDK wrote,
and the last ones where a Collector did; a span that has them elsewhere is no link. Compiled by mypyc
where that works; an interpreter goes through the places that the walk noted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from mypy_extensions import i64

from processor.calls.sieve import hash_of_id
from processor.wire.fields import COMPILED, Malformed, payload_at, skip, tag_at
from processor.wire.walk import WITH_IDS

if TYPE_CHECKING:
    from processor.calls.awaited import Awaited
    from processor.calls.candidate import Candidate
    from processor.calls.memory import Memory
    from processor.calls.window import Window
    from processor.wire.walk import Found

MAX_LINKS: Final = 65_536
"""Of one request; what is above or below further ones stays unknown."""


def links(
    body: bytes, found: Found, candidates: list[Candidate], memory: Memory
) -> dict[bytes, bytes]:
    """Identities of spans, and those of their parents. `candidates`, in their order, are left out."""
    look = Look(body, candidates, memory)
    if COMPILED:
        look.around()
        if look.widened:
            look.around()
    else:
        look.through(found)
        if look.widened:
            look.through(found)
    return look.found


@final
class Look:
    """One such look."""

    def __init__(self, body: bytes, candidates: list[Candidate], memory: Memory) -> None:
        self.body: bytes = body
        self.found: dict[bytes, bytes] = {}
        self._starts: list[int] = [int(each.view.start) for each in candidates]
        self._starts.append(-1)
        self._next: i64 = 0
        self._traces: set[bytes] = {each.view.trace_id for each in candidates}
        self._slots: bytes = b""
        self._known: Window = memory.spans
        self._awaited: Awaited = memory.awaited
        self.widened: bool = False
        """Spans of further traces turned out to matter; some may have been passed already."""

    def around(self) -> None:
        """At the whole request."""
        self._next = 0
        self._slots = slots_of(self._traces)
        body = self.body
        at: i64 = 0
        end: i64 = len(body)
        while at < end:
            tag, at = tag_at(body, at, end)
            if tag == 0x0A:  # resource_spans = 1
                at, stop = payload_at(body, at, end)
                self.into(at, stop, scopes=True)
                at = stop
            else:
                at = skip(body, at, end, tag)

    def into(self, at: i64, end: i64, *, scopes: bool) -> None:
        """At what is in a ResourceSpans, or in one of its ScopeSpans: both are field 2."""
        body = self.body
        while at < end:
            tag, at = tag_at(body, at, end)
            if tag != 0x12:
                at = skip(body, at, end, tag)
                continue
            at, stop = payload_at(body, at, end)
            if scopes:
                self.into(at, stop, scopes=False)
            elif at == self._starts[self._next]:
                self._next += 1
            elif stop - at >= WITH_IDS:
                if begins_with_ids(body, at):
                    if self._may_matter(at + 2, at + 20):
                        self._span(at, stop)
                elif ends_with_ids(body, stop) and self._may_matter(stop - 16, stop - 26):
                    self._backwards(at, stop)
            at = stop

    def _may_matter(self, trace_at: i64, span_at: i64) -> bool:
        body = self.body
        slot = (body[trace_at + 14] & 15) << 8 | i64(body[trace_at + 15])
        return self._slots[slot] != 0 or self._awaited.sieve.lets(hash_of_id(body, span_at))

    def through(self, seen: Found) -> None:
        """At spans where the walk saw them: what most of them come to is two slices and look-ups."""
        body = self.body
        young, old = self._awaited.young, self._awaited.old
        traces = self._traces.copy()  # which grows meanwhile
        own = set(self._starts)
        forwards = [
            place
            for place, at in enumerate(seen.starts)
            if body[at + 20 : at + 28] in young
            or body[at + 2 : at + 18] in traces
            or (old and body[at + 20 : at + 28] in old)
        ]
        for place in forwards:
            at, end = seen.starts[place], seen.ends[place]
            if at not in own and begins_with_ids(body, at):
                self._span(at, end)
        if bytes(map(body.__getitem__, seen.starts)).count(0x0A) == len(seen.starts):
            return
        backwards = [
            place
            for place, end in enumerate(seen.ends)
            if body[end - 26 : end - 18] in young
            or body[end - 16 : end] in traces
            or (old and body[end - 26 : end - 18] in old)
        ]
        for place in backwards:
            at, end = seen.starts[place], seen.ends[place]
            if at not in own and ends_with_ids(body, end) and not begins_with_ids(body, at):
                self._backwards(at, end)

    def _span(self, at: i64, end: i64) -> None:
        """Behind the two ids perhaps trace_state = 3, then parent_span_id = 4."""
        body = self.body
        parent_at = at + 28
        parent_id = b""
        if body[parent_at] == 0x1A:
            _start, parent_at = payload_at(body, parent_at + 1, end)
        if parent_at + 10 <= end and body[parent_at] == 0x22 and body[parent_at + 1] == 8:
            parent_id = body[parent_at + 2 : parent_at + 10]
        self._link(body[at + 2 : at + 18], body[at + 20 : at + 28], parent_id)

    def _backwards(self, at: i64, end: i64) -> None:
        """Which bytes before the ids are fields, only those before them tell."""
        body = self.body
        ids_at = end - 28
        parent_id = b""
        try:
            while at < ids_at:
                tag, at = tag_at(body, at, end)
                if tag == 0x22:  # parent_span_id = 4
                    at, stop = payload_at(body, at, end)
                    parent_id = body[at:stop]
                    at = stop
                else:
                    at = skip(body, at, end, tag)
        except Malformed:
            return
        if at == ids_at:
            self._link(body[end - 16 : end], body[end - 26 : end - 18], parent_id)

    def _link(self, trace_id: bytes, span_id: bytes, parent_id: bytes) -> None:
        if len(self.found) >= MAX_LINKS:
            return
        key = trace_id + span_id
        if trace_id not in self._traces:
            if not self._known.holds(key):
                return
            self._traces.add(trace_id)
            self.widened = True
        if len(parent_id) == 8:
            self.found[key] = trace_id + parent_id


def begins_with_ids(body: bytes, at: i64) -> bool:
    """Whether a span begins with trace_id = 1 and span_id = 2, as an SDK writes it."""
    return (
        body[at] == 0x0A and body[at + 1] == 16 and body[at + 18] == 0x12 and body[at + 19] == 8
    )


def ends_with_ids(body: bytes, end: i64) -> bool:
    """Whether it ends with span_id = 2 and trace_id = 1, as a Collector does; a reason to look."""
    return (
        body[end - 28] == 0x12
        and body[end - 27] == 8
        and body[end - 18] == 0x0A
        and body[end - 17] == 16
    )


def slots_of(traces: set[bytes]) -> bytes:
    """One byte a slot, 1 where some trace stands, by the end of its id."""
    slots = bytearray(4096)
    for trace_id in traces:
        if len(trace_id) == 16:
            slots[(trace_id[14] & 15) << 8 | trace_id[15]] = 1
    return bytes(slots)
