"""Roll-ups: what the calls below a span came to, as far as they passed before it or with it.

A sum rises from a call to every span above it as soon as the parents between are known: what stands
at a span whose parent is unknown waits there and rises when the parent is told. So each call is in
each sum once, whatever the requests. Bounded by `Window`, and to `MAX_ANCESTORS` steps at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast, final

from processor.calls.kin import MAX_ANCESTORS
from processor.calls.links import MAX_LINKS
from processor.calls.memory import CAPACITY, key_of
from processor.calls.window import Window
from processor.stamp import usd_of
from processor.wire.attributes import double_attribute, int_attribute
from processor.wire.everyone import Everyone
from processor.wire.keys import KeyTable
from processor.wire.splice import Edit
from processor.wire.walk import read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.calls.candidate import Candidate
    from processor.wire.walk import SpanView

COST: Final = "genai_cost.subtree.cost"
CALLS: Final = "genai_cost.subtree.calls"
UNPRICED: Final = "genai_cost.subtree.unpriced"
KEYS: Final = frozenset({COST, CALLS, UNPRICED})
SEEN: Final = True
WRITTEN: Final = KeyTable(KEYS, ())


@final
class Below:
    """What stands below one span."""

    __slots__ = ("atto_usd", "calls", "parent_key", "said", "unpriced")

    def __init__(self) -> None:
        self.parent_key = b""
        """Empty while it is unknown."""
        self.atto_usd = 0
        self.calls = 0
        self.unpriced = 0
        """Of the calls, those whose cost is not known."""
        self.said = b""
        """What was written on the span when it came."""

    def stamp(self) -> bytes:
        """As bytes of a span's field 9; a sum over no priced call is no cost of 0."""
        made = int_attribute(CALLS.encode(), self.calls)
        if self.calls > self.unpriced:
            made += double_attribute(COST.encode(), usd_of(self.atto_usd))
        if self.unpriced:
            made += int_attribute(UNPRICED.encode(), self.unpriced)
        return made


@final
class Subtree:
    """Sums by span, for spans of traces with calls."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._spans: Window = Window(capacity)
        self._traces: Window = Window(max(2, capacity // 4))

    def __len__(self) -> int:
        return len(self._spans)

    def holds(self, trace_id: bytes) -> bool:
        """Whether a call of the trace was seen."""
        return self._traces.get(trace_id) is not None

    def see(self, traces: Iterable[bytes]) -> None:
        """There are calls in these."""
        for trace_id in traces:
            self._traces.put(trace_id, SEEN)

    def link(self, key: bytes, parent_key: bytes) -> None:
        """A span names its parent; what stands below it rises there, once."""
        below = self._at(key)
        if below.parent_key or not parent_key or self._stands_above(key, parent_key):
            return
        below.parent_key = parent_key
        if below.calls:
            self._rise(parent_key, below.atto_usd, below.calls, below.unpriced)

    def add(self, parent_key: bytes, atto_usd: int, *, priced: bool) -> None:
        """A call is billed below this span."""
        self._rise(parent_key, atto_usd, 1, 0 if priced else 1)

    def stamp(self, key: bytes) -> bytes:
        """What is written on a span, the same whenever it is sent; empty where no call stands below."""
        below = cast("Below | None", self._spans.get(key))
        if below is None or not below.calls:
            return b""
        below.said = below.said or below.stamp()
        return below.said

    def _at(self, key: bytes) -> Below:
        known = self._spans.get(key)
        if known is None:
            known = Below()
            self._spans.put(key, known)
        return cast("Below", known)

    def _rise(self, key: bytes, atto_usd: int, calls: int, unpriced: int) -> None:
        for _ in range(MAX_ANCESTORS):
            if not key:
                return
            below = self._at(key)
            below.atto_usd += atto_usd
            below.calls += calls
            below.unpriced += unpriced
            key = below.parent_key

    def _stands_above(self, key: bytes, other: bytes) -> bool:
        """Whether the span at `key` stands above the other or is it: a link would close a circle."""
        for _ in range(MAX_ANCESTORS):
            if other == key:
                return True
            known = cast("Below | None", self._spans.get(other))
            if known is None or not known.parent_key:
                return False
            other = known.parent_key
        return True


def lineage(body: bytes, candidates: list[Candidate], subtree: Subtree) -> list[SpanView]:
    """Learns who stands above whom; gives the roots that are no candidates, in their order."""
    subtree.see({candidate.view.trace_id for candidate in candidates})
    own = {int(candidate.view.start) for candidate in candidates}
    roots: list[SpanView] = []
    told = 0
    for view in Everyone(body, [candidate.view for candidate in candidates]).views:
        if told >= MAX_LINKS or not subtree.holds(view.trace_id):
            continue
        told += 1
        key = key_of(view.trace_id, view.span_id)
        if view.parent_id:
            if key:
                subtree.link(key, key_of(view.trace_id, view.parent_id))
        elif key and int(view.start) not in own:
            roots.append(view)
    return roots


def with_roots(
    body: bytes, edits: list[Edit], roots: list[SpanView], subtree: Subtree
) -> list[Edit]:
    """The edits with those of roots above calls, in the order of their spans."""
    more: list[Edit] = []
    for view in roots:
        stamp = subtree.stamp(key_of(view.trace_id, view.span_id))
        if stamp:
            read(body, view, WRITTEN, KEYS)
            if not view.places:  # or a hop before us wrote it
                more.append(Edit(view, stamp, []))
    return sorted([*edits, *more], key=lambda edit: int(edit.view.start)) if more else edits
