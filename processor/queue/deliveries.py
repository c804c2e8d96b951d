"""What leaves a queue: gathered, read, sent until there is an answer for good, and then forgotten.

Invariants: an entry ends once, or stays where it is kept; what is on its way at once is bounded in calls
and in bytes; nothing is sent for a sender that has left without an answer.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from processor.errors import Refusal, is_about_data
from processor.model import Batch, Terms
from processor.queue.batches import MOST_BYTES, alike
from processor.queue.room import Bounds, Room

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from processor.forward.next_hop import NextHop
    from processor.queue.batches import Gathering, Kept
    from processor.queue.request import Entry, Store

    Answer = bytes | Exception

T = TypeVar("T")
logger = logging.getLogger("genai_cost")

AGAIN_S: Final = 0.1
"""Between two tries in the drain time, in which `retry_on_failure` does not wait."""


class Ways(NamedTuple):
    """What the queue says of its entries."""

    ended: Callable[[Entry, Answer], Awaitable[None]]
    """It has its answer, and is to be forgotten."""
    is_wanted: Callable[[Entry], bool]
    """Whether it is still to be sent."""
    goes_on: Callable[[], bool]
    """Whether what is refused for now is sent again, though `retry_on_failure` has ended."""


class Deliveries:
    """Sends what waits to one next hop, several calls at a time."""

    def __init__(
        self, hop: NextHop, store: Store, gathering: Gathering, ways: Ways, num_consumers: int
    ) -> None:
        self._hop = hop
        self._store = store
        self._gathering = gathering
        self._ways = ways
        self._on_the_way = Room(Bounds("bytes", MOST_BYTES))
        self._calls = asyncio.Semaphore(num_consumers)
        """Under way at once: a consumer whose requests are not alike has several to make."""

    async def consume(self, waiting: asyncio.Queue[Entry]) -> None:
        """One consumer, without end; tells *waiting* of every entry that it is done with."""
        while True:
            entries = await self._gathering.batch()
            loaded_bytes = min(sum(entry.size_bytes for entry in entries), MOST_BYTES)
            await self._on_the_way.take(0, loaded_bytes, None, wait=True)
            try:
                kept = await self._all_loaded(entries)
                await _all([self._deliver(together) for together in alike(kept)])
            finally:
                self._on_the_way.give_back(0, loaded_bytes)
                for _ in entries:
                    waiting.task_done()

    async def _all_loaded(self, entries: Sequence[Entry]) -> list[Kept]:
        """Those that are to be sent. One after the other each would wait for what a disk writes in between."""
        if self._store.lasts:
            loaded = await _all([self._loaded(entry) for entry in entries])
        else:
            loaded = [await self._loaded(entry) for entry in entries]
        return [each for each in loaded if each is not None]

    async def _loaded(self, entry: Entry) -> Kept | None:
        """The request behind an entry; None where it is lost, or nobody waits for it any more."""
        if self._ways.is_wanted(entry):
            request = await self._store.get(entry.key)
            if request is not None:
                return entry, request
            words = "%s: a stored request of %d bytes cannot be read any more: it is lost"
            logger.error(words, self._hop.name, entry.size_bytes)
        await self._ways.ended(entry, b"")
        return None

    async def _deliver(self, kept: list[Kept]) -> None:
        """Sends requests as one until there is an answer for good; then they are forgotten.

        Where something in one of them is refused, or they are too large together, they are sent in halves:
        so each is refused for its own sake only.
        """
        answer = await self._answered(kept)
        while isinstance(answer, Refusal) and answer.retryable and self._ways.goes_on():
            await asyncio.sleep(AGAIN_S)
            answer = await self._answered(kept)
        if len(kept) > 1 and isinstance(answer, Exception) and is_about_data(answer):
            middle = len(kept) // 2
            await self._deliver(kept[:middle])
            await self._deliver(kept[middle:])
            return
        for entry, _ in kept:
            await self._ways.ended(entry, answer)

    async def _answered(self, kept: list[Kept]) -> Answer:
        """What became of it; cancelled on the way it stays where it is kept."""
        _, first = kept[0]
        batch = Batch(
            first.signal,
            b"".join([request.body for _, request in kept]),
            items=sum(request.items for _, request in kept),
            divisible=len(kept) > 1,
        )
        try:
            async with self._calls:
                return await self._hop.send(batch, Terms(metadata=first.metadata))
        except Refusal as refusal:  # for good, or given up; who stands behind has said so
            return refusal.bare()
        except Exception as fault:
            if not batch.divisible:
                words = "%s: a request is given up because of a fault of ours"
                logger.exception(words, self._hop.name)
            return fault


async def _all(works: Sequence[Coroutine[None, None, T]]) -> list[T]:
    """What becomes of each, at the same time; cancelled, none goes on. Most often there is one."""
    if len(works) == 1:
        return [await works[0]]
    async with asyncio.TaskGroup() as tasks:
        begun = [tasks.create_task(work) for work in works]
    return [task.result() for task in begun]
