"""The parents of spans that describe no call, where a call may stand above or below them.

A second look at a request that was walked before, at ids alone: at spans of its calls' traces, and at
those that are known to stand above a billed one. Ids are the first fields of a span wherever spans
are written in the order of the schema; a span that has them elsewhere is no link. Compiled by mypyc
where that works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from mypy_extensions import i64  # noqa: TC002 - mypyc has it from here

from processor.calls.sieve import hash_of_id
from processor.wire.fields import payload_at, skip, tag_at

if TYPE_CHECKING:
    from processor.calls.candidate import Candidate
    from processor.calls.memory import Memory
    from processor.calls.sieve import Sieve
    from processor.calls.window import Window

MAX_LINKS: Final = 65_536
"""Of one request; what is above or below further ones stays unknown."""


def links(body: bytes, candidates: list[Candidate], memory: Memory) -> dict[bytes, bytes]:
    """Identities of spans, and those of their parents. `candidates`, in their order, are left out."""
    look = Look(body, candidates, memory)
    look.around()
    if look.widened:
        look.around()
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
        self._awaited: Sieve = memory.awaited
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
            elif (
                stop - at >= 38
                and body[at] == 0x0A  # trace_id = 1
                and body[at + 1] == 16
                and body[at + 18] == 0x12  # span_id = 2
                and body[at + 19] == 8
                and (
                    self._slots[(body[at + 16] & 15) << 8 | body[at + 17]]
                    or self._awaited.lets(hash_of_id(body, at + 20))
                )
            ):
                self._span(at, stop)
            at = stop

    def _span(self, at: i64, end: i64) -> None:
        """Behind the two ids perhaps trace_state = 3, then parent_span_id = 4."""
        if len(self.found) >= MAX_LINKS:
            return
        body = self.body
        trace_id = body[at + 2 : at + 18]
        key = trace_id + body[at + 20 : at + 28]
        if trace_id not in self._traces:
            if not self._known.holds(key):
                return
            self._traces.add(trace_id)
            self.widened = True
        parent_at = at + 28
        if body[parent_at] == 0x1A:
            _start, parent_at = payload_at(body, parent_at + 1, end)
        if parent_at + 10 <= end and body[parent_at] == 0x22 and body[parent_at + 1] == 8:
            self.found[key] = trace_id + body[parent_at + 2 : parent_at + 10]


def slots_of(traces: set[bytes]) -> bytes:
    """One byte a slot, 1 where some trace stands, by the end of its id."""
    slots = bytearray(4096)
    for trace_id in traces:
        if len(trace_id) == 16:
            slots[(trace_id[14] & 15) << 8 | trace_id[15]] = 1
    return bytes(slots)
