"""`sending_queue.batch`: what waits in a queue leaves it several requests at a time.

The bytes of OTLP requests one after the other are one request: each has one repeated field, and
protobuf's parsers append to it. Nothing is read for that, and no request is cut in two. Invariant: one that
nobody could count, which may end in the middle of a field, stays by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from processor.model import Signal
    from processor.queue.request import Entry, Request
    from processor.settings import BatchSettings

    Kept = tuple[Entry, Request]
    """A request that waits, and what it is."""
    Kind = tuple[Signal, tuple[tuple[str, str], ...]]

LARGEST_BYTES: Final = 4 * 1024 * 1024
"""Of several requests in one, unless `max_size` says so in bytes: more than that gRPC's doors, a Collector's
too, refuse unless they are told to take it, and larger ones are hardly cheaper."""

MOST_BYTES: Final = 128 * 1024 * 1024
"""Of a batch, whatever `max_size` says; and of all that is on its way at once."""


class Gathering:
    """Hands out what waits, as much of it at once as the bounds say, in the order it came.

    One consumer at a time gathers, so that what arrives is not spread over all of them.
    """

    def __init__(
        self,
        waiting: asyncio.Queue[Entry],
        bounds: BatchSettings | None,
        is_full: Callable[[Entry], bool] = lambda _: False,
    ) -> None:
        """Without bounds one by one. `is_full`: no other like this can come before something has left."""
        self._waiting = waiting
        self._bounds = bounds
        self._is_full = is_full
        self._ahead: Entry | None = None
        """Taken from the queue, and too large for the batch before it."""
        self._turn = asyncio.Lock()
        self._patience: asyncio.Timeout | None = None
        """While somebody waits for more."""
        self._ending = False

    async def batch(self) -> list[Entry]:
        """The next requests to be sent together; at least one."""
        if self._bounds is None:
            return [await self._waiting.get()]
        async with self._turn:
            ahead, self._ahead = self._ahead, None
            gathered = _Gathered(self._bounds, ahead or await self._waiting.get())
            self._ahead = self._take(gathered)
            if self._waits(gathered):
                await self._wait(gathered, self._bounds.flush_timeout_s)
            return gathered.entries

    def _waits(self, gathered: _Gathered) -> bool:
        """Whether more is wanted, and may come."""
        if self._ending or self._ahead is not None or not gathered.wants_more:
            return False
        return not self._is_full(gathered.entries[-1])

    def _take(self, gathered: _Gathered) -> Entry | None:
        """Adds what is there; what does not fit, and is taken already, is returned."""
        while gathered.takes_more and not self._waiting.empty():
            entry = self._waiting.get_nowait()
            if not gathered.add(entry):
                return entry
        return None

    async def _wait(self, gathered: _Gathered, patience_s: float) -> None:
        """For more to arrive, but not for long."""
        try:
            with contextlib.suppress(TimeoutError):  # its patience is over: that is its end
                async with asyncio.timeout(patience_s) as self._patience:
                    while self._waits(gathered):
                        entry = await self._waiting.get()
                        self._ahead = None if gathered.add(entry) else entry
        finally:
            self._patience = None

    def hurry(self) -> None:
        """Nothing more will come: what there is goes at once, and so does all that follows."""
        self._ending = True
        if self._patience is not None and not self._patience.expired():
            self._patience.reschedule(asyncio.get_running_loop().time())


class _Gathered:
    """A batch that grows."""

    def __init__(self, bounds: BatchSettings, first: Entry) -> None:
        self.entries = [first]
        self._bounds = bounds
        self._most_bytes = LARGEST_BYTES
        if bounds.sizer == "bytes" and bounds.max_size:
            self._most_bytes = min(bounds.max_size, MOST_BYTES)
        self._size = self._weight(first)
        self._bytes = first.size_bytes

    def _weight(self, entry: Entry) -> int:
        """What a request takes of the sizes."""
        return entry.items if self._bounds.sizer == "items" else entry.size_bytes

    @property
    def wants_more(self) -> bool:
        """Whether it is smaller than it should be."""
        return self._size < self._bounds.min_size and self.takes_more

    @property
    def takes_more(self) -> bool:
        """Whether anything still fits."""
        most = self._bounds.max_size
        return (not most or self._size < most) and self._bytes < self._most_bytes

    def add(self, entry: Entry) -> bool:
        """Whether it fits, and is in now."""
        size, most = self._size + self._weight(entry), self._bounds.max_size
        if (most and size > most) or self._bytes + entry.size_bytes > self._most_bytes:
            return False
        self.entries.append(entry)
        self._size, self._bytes = size, self._bytes + entry.size_bytes
        return True


def alike(kept: Iterable[Kept]) -> list[list[Kept]]:
    """Those that can be one request: of one signal, with the same headers for the next hop."""
    found: dict[Kind, list[Kept]] = {}
    alone: list[list[Kept]] = []
    for entry, request in kept:
        if request.items:
            kind = request.signal, request.metadata
            found.setdefault(kind, []).append((entry, request))
        else:
            alone.append([(entry, request)])
    return [*found.values(), *alone]
