"""How much may wait in a queue: so many requests, items or bytes, and never more bytes than a bound."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from processor.errors import Code, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

Sizer = Literal["requests", "items", "bytes"]
RETRY_AFTER_S: Final = 1.0


class Bounds(NamedTuple):
    """`queue_size` in units of `sizer`; `max_bytes` holds whatever the unit (0: no such bound)."""

    sizer: Sizer = "requests"
    queue_size: int = 1000
    max_bytes: int = 0

    def weight(self, items: int, size_bytes: int) -> int:
        """What one request takes of `queue_size`."""
        match self.sizer:
            case "items":
                return items
            case "bytes":
                return size_bytes
            case _:
                return 1


class Room:
    """What is taken of the bounds. A request takes its place before it is kept."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self.used = 0
        """In units of `sizer`."""
        self._bytes = 0
        self._freed = asyncio.Event()

    def fits(self, items: int, size_bytes: int) -> bool:
        """Whether there is room now."""
        bounds = self._bounds
        return self.used + bounds.weight(items, size_bytes) <= bounds.queue_size and (
            not bounds.max_bytes or self._bytes + size_bytes <= bounds.max_bytes
        )

    async def take(
        self, items: int, size_bytes: int, deadline_s: float | None, *, wait: bool
    ) -> None:
        """Take a place, waiting for one until *deadline_s* from now if *wait*; or raise `Refusal`."""
        bounds = self._bounds
        if bounds.weight(items, size_bytes) > bounds.queue_size or (
            bounds.max_bytes and size_bytes > bounds.max_bytes
        ):
            words = "the request is larger than the whole sending_queue; raise its queue_size"
            raise Refusal(Code.RESOURCE_EXHAUSTED, words)
        if wait and not self.fits(items, size_bytes):
            await self._wait(lambda: self.fits(items, size_bytes), deadline_s)
        if not self.fits(items, size_bytes):
            words = (
                f"the sending_queue is full ({self.used} of {bounds.queue_size} {bounds.sizer})"
            )
            raise Refusal(Code.UNAVAILABLE, words, retry_after_s=RETRY_AFTER_S)
        self.restore(items, size_bytes)

    def restore(self, items: int, size_bytes: int) -> None:
        """Count what is there already, bound or not: what an earlier run left is not refused."""
        self.used += self._bounds.weight(items, size_bytes)
        self._bytes += size_bytes

    def give_back(self, items: int, size_bytes: int) -> None:
        """A request has left."""
        self.used -= self._bounds.weight(items, size_bytes)
        self._bytes -= size_bytes
        self._freed.set()

    async def _wait(self, fits: Callable[[], bool], deadline_s: float | None) -> None:
        try:
            async with asyncio.timeout(deadline_s):
                while not fits():
                    self._freed.clear()
                    await self._freed.wait()
        except TimeoutError:
            return  # the caller says what there is
