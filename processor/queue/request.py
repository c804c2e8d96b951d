"""What waits in a queue, and what a place that keeps it must do.

Invariant: a key stands for one request of one run and is never given twice in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.model import Signal


class Request(NamedTuple):
    """One request that the sender was told is taken."""

    signal: Signal
    body: bytes
    items: int
    metadata: tuple[tuple[str, str], ...] = ()
    """Headers of the sender that the next hop is to see."""


class Entry(NamedTuple):
    """A request that waits, without its bytes."""

    key: int
    signal: Signal
    items: int
    size_bytes: int


class Store(Protocol):
    """Where the requests of one queue are kept. Used from one event loop."""

    @property
    def lasts(self) -> bool:
        """Whether what is kept is still there after this process."""
        ...

    async def open(self) -> Sequence[Entry]:
        """Begin; what an earlier run left, the oldest first. Raises `ConfigError`."""
        ...

    async def put(self, request: Request) -> Entry:
        """Keep a request. It is kept once this returns; raises `Refusal` where it cannot be."""
        ...

    async def get(self, key: int) -> Request | None:
        """The request, or None where what was kept cannot be read any more."""
        ...

    async def drop(self, key: int) -> None:
        """Forget a request; after a crash it may be there again."""
        ...

    async def close(self) -> None:
        """End; what lasts stays."""
        ...
