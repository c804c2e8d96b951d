"""What is remembered of the spans that passed: enough to know each again, and each call once.

A span is known by trace and span id, a call by its response id, across traces and requests too.
Everything is bounded: see `Window`. The figures of a counted span are let go at once, and what is
kept of a billed one is its id and its place among the spans of its request (`Settled`): long-lived
objects cost more in cache misses than all else that is done for a span.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast, final

from mypy_extensions import mypyc_attr

from processor.calls.awaited import Awaited
from processor.calls.window import Window

if TYPE_CHECKING:
    from processor.model import Charge

CAPACITY: Final = 65_536
"""Spans remembered, their parents among them, and as many calls: some 40 MiB when full, at what
`python -m tests.bench.calls` prints a remembered call to take (622 bytes)."""

NAMELESS_SHARE: Final = 4
"""One in so many of the calls is remembered by what it said, if nobody named it: they are compared
within a trace, which is over soon."""


@final
@mypyc_attr(acyclic=True)
class Settled:
    """How the spans of one request were settled, in their order."""

    def __init__(self) -> None:
        self.charges: list[Charge | None] = []
        """What is to be counted once a next hop has answered; None once it was."""
        self._span_keys: list[bytes] = []
        self._replaced: list[frozenset[str]] = []
        self._stamps: list[bytes] = []
        self._all_stamps: bytes = b""
        self._ends: list[int] = []
        self._places: dict[bytes, int] = {}
        self._placed: int = 0

    def add(
        self, span_key: bytes, stamp: bytes, replaced: frozenset[str], charge: Charge | None
    ) -> None:
        """One more span: its stamp, and the keys of the attributes that this replaces."""
        self._span_keys.append(span_key)
        self._stamps.append(stamp)
        self._replaced.append(replaced)
        self.charges.append(charge)

    def close(self) -> None:
        """No more are added: from now on the stamps are one object, not many."""
        end = 0
        for stamp in self._stamps:
            end += len(stamp)
            self._ends.append(end)
        self._all_stamps = b"".join(self._stamps)
        self._stamps = []

    def place(self, span_key: bytes) -> int:
        """Where a span of the request stands; -1 for none of its."""
        for place in range(self._placed, len(self._span_keys)):
            self._places[self._span_keys[place]] = place
        self._placed = len(self._span_keys)
        return self._places.get(span_key, -1)

    def stamp(self, place: int) -> bytes:
        """Attributes that were appended, as bytes of a span's field 9."""
        if self._stamps:
            return self._stamps[place]
        start = self._ends[place - 1] if place else 0
        return self._all_stamps[start : self._ends[place]]

    def replaced(self, place: int) -> frozenset[str]:
        """The keys of the attributes that the stamp replaces."""
        return self._replaced[place]


@final
@mypyc_attr(acyclic=True)
class Remembered:
    """What is known of a span: that it was settled, and how, or that it stands above a billed one."""

    def __init__(
        self, parent_key: bytes, settled: Settled | None, *, billed: bool, covered: bool
    ) -> None:
        self.parent_key: bytes = parent_key
        self.settled: Settled | None = settled
        """Among which the span itself was; None where it was not seen yet."""
        self.billed: bool = billed
        self.covered: bool = covered
        """A billed span stands below it, so whatever it counts repeats that."""


COVERED: Final = Remembered(b"", None, billed=False, covered=True)
"""A span that was not seen yet, with a billed one below it."""
UNDER: Final = Remembered(b"", None, billed=True, covered=False)
"""A span that describes no call, with a billed one above it."""


class Memory:
    """All that counting once has to know of the past."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.spans: Window = Window(capacity, spans=True)
        """By trace id and span id: `Remembered`."""
        self.awaited: Awaited = Awaited(capacity // 2)
        """Those that stand above a billed span and were not seen yet."""
        self.calls: Window = Window(capacity)
        """Response ids for which a span is billed."""
        self.told: Window = Window(max(2, capacity // NAMELESS_SHARE))
        """By trace and output: lists of `Told`, the billed calls without a name."""

    def __len__(self) -> int:
        return len(self.spans)

    def expect(self, key: bytes) -> None:
        """A span that was not seen yet stands above a billed one."""
        self.spans.put(key, COVERED)
        self.awaited.put(key)

    def span(self, key: bytes) -> Remembered | None:
        """What is known of a span; the empty key is nobody's."""
        return cast("Remembered | None", self.spans.get(key)) if key else None


def key_of(trace_id: bytes, span_id: bytes) -> bytes:
    """A span's identity; empty where it has none that is one (16 and 8 bytes: OTLP)."""
    return trace_id + span_id if len(trace_id) == 16 and len(span_id) == 8 else b""
