"""A queue's requests in memory: what waits here is lost with the process, and the documents say so."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from processor.queue.request import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.queue.request import Request


class MemoryStore:
    """Requests by key; the queue before it bounds how many."""

    lasts = False

    def __init__(self) -> None:
        self._requests: dict[int, Request] = {}
        self._keys = count(1)

    async def open(self) -> Sequence[Entry]:
        """Nothing is there yet."""
        return ()

    async def put(self, request: Request) -> Entry:
        """Keep it."""
        key = next(self._keys)
        self._requests[key] = request
        return Entry(key, request.signal, request.items, len(request.body))

    async def get(self, key: int) -> Request | None:
        """The request, as long as it is kept."""
        return self._requests.get(key)

    async def drop(self, key: int) -> None:
        """Forget it."""
        self._requests.pop(key, None)

    async def close(self) -> None:
        """Have nothing to close."""
