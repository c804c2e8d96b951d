"""`sending_queue`: acknowledges what is kept, and hands it on as the next hop takes it.

A next hop before a next hop. What it acknowledged is sent until it is taken, refused for good, or
given up by `retry_on_failure` behind it; at the end of the process what lasts on disk stays there and
what does not is sent while the drain time lasts. Invariant: what waits is within its bounds.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import TYPE_CHECKING, Final, Self, cast

from processor.errors import Code, Refusal
from processor.forward.time_left import time_left
from processor.model import ITEMS
from processor.queue.batches import Gathering
from processor.queue.deliveries import Deliveries, Ways
from processor.queue.request import Request
from processor.queue.room import Bounds, Room

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.forward.next_hop import NextHop
    from processor.model import Batch, Terms
    from processor.queue.request import Entry, Store
    from processor.settings import BatchSettings
    from processor.telemetry import CounterName, Telemetry

    Result = asyncio.Future[bytes]

logger = logging.getLogger("genai_cost")

DRAIN_S: Final = 10.0
LASTING_DRAIN_S: Final = 2.0
"""For requests on their way: those that are cut off are sent again by the next start."""
REMIND_S: Final = 60.0
DEFAULT_BOUNDS: Final = Bounds()


class SendingQueue:
    """The queue before one exporter. Entering opens it and begins to send what is left in it."""

    def __init__(  # noqa: PLR0913 - one argument for each thing an operator can set
        self,
        hop: NextHop,
        store: Store,
        telemetry: Telemetry,
        stopping: asyncio.Event | None = None,
        *,
        bounds: Bounds = DEFAULT_BOUNDS,
        batches: BatchSettings | None = None,
        num_consumers: int = 10,
        block_on_overflow: bool = False,
        wait_for_result: bool = False,
        drain_s: float = DRAIN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = hop.name
        self._hop = hop
        self._store = store
        self._said_at = -REMIND_S
        self._telemetry = telemetry
        self._stopping = stopping or asyncio.Event()
        self._bounds = bounds
        self._room = Room(bounds)
        self._num_consumers = num_consumers
        self._block = block_on_overflow
        self._wait_for_result = wait_for_result
        self._drain_s = LASTING_DRAIN_S if store.lasts else drain_s
        self._clock = clock
        self._waiting: asyncio.Queue[Entry] = asyncio.Queue()
        self._gathering = Gathering(self._waiting, batches, self._is_full)
        ways = Ways(self._end, self._is_wanted, self._goes_on)
        self._deliveries = Deliveries(hop, store, self._gathering, ways, num_consumers)
        self._results: dict[int, Result] = {}
        self._tasks = asyncio.TaskGroup()
        self._running: list[asyncio.Task[None]] = []
        self._users = 0

    async def __aenter__(self) -> Self:
        self._users += 1
        if self._users > 1:
            return self
        left = await self._store.open()
        await self._hop.__aenter__()
        for entry in left:
            self._enter(entry)
        if left:
            logger.info(
                "%s: %d requests of an earlier run are sent first", self.name, len(left)
            )
        self._telemetry.gauge("exporter_queue_capacity", self._bounds.queue_size, self.name)
        self._tell()
        await self._tasks.__aenter__()
        consumers = (
            self._deliveries.consume(self._waiting) for _ in range(self._num_consumers)
        )
        work = [self._hurry(), *consumers]
        self._running = [self._tasks.create_task(each) for each in work]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._users -= 1
        if self._users:
            return
        self._gathering.hurry()
        try:
            async with asyncio.timeout(self._drain_s):
                await self._waiting.join()
        except TimeoutError:
            self._say_what_is_left()
        for task in self._running:
            task.cancel()
        await self._tasks.__aexit__(None, None, None)
        await self._store.close()
        await self._hop.__aexit__(None, None, None)

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        """Keep the request, or raise `Refusal`; with `wait_for_result` answer as the next hop did."""
        left_s = None if terms.deadline is None else terms.deadline - self._clock()
        request = Request(batch.signal, batch.body, batch.items, terms.metadata)
        result: Result = asyncio.get_running_loop().create_future()
        try:
            await self._room.take(batch.items, len(batch.body), left_s, wait=self._block)
            if self._store.lasts:
                # A sender that leaves now may yet find its request kept; then it is sent.
                await asyncio.shield(self._keep(request, result))
            else:  # which takes no time to leave in
                await self._keep(request, result)
            return await self._answer(result, terms) if self._wait_for_result else b""
        except Refusal as refusal:
            if not result.done():  # it is our answer, not the next hop's
                name = cast("CounterName", f"exporter_enqueue_failed_{ITEMS[batch.signal]}")
                self._telemetry.count(name, batch.items, self.name)
                self._say(refusal)
            raise
        finally:
            result.cancel()

    async def _answer(self, result: Result, terms: Terms) -> bytes:
        """The next hop's, as long as the sender waits for it."""
        left_s = time_left(terms.deadline, self._clock(), math.inf)
        if left_s == math.inf:
            return await result
        try:
            async with asyncio.timeout(left_s):
                return await result
        except TimeoutError:
            words = "the next hop has not answered within the sender's time"
            raise Refusal(Code.DEADLINE_EXCEEDED, words) from None

    def _say(self, refusal: Refusal) -> None:
        """Once a minute: senders hear each of them, but who looks here should find it, too."""
        if self._clock() - self._said_at >= REMIND_S:
            self._said_at = self._clock()
            logger.error("%s: a request is refused: %s", self.name, refusal.message[:500])

    async def _keep(self, request: Request, result: Result) -> None:
        try:
            entry = await self._store.put(request)
        except BaseException:
            self._room.give_back(request.items, len(request.body))
            raise
        if self._wait_for_result:
            self._results[entry.key] = result
        self._waiting.put_nowait(entry)
        self._tell()

    def _enter(self, entry: Entry) -> None:
        """What an earlier run left waits too, bound or not."""
        self._room.restore(entry.items, entry.size_bytes)
        self._waiting.put_nowait(entry)

    async def _hurry(self) -> None:
        """Senders that wait for a result have it before the doors close, which is before the end here."""
        await self._stopping.wait()
        self._gathering.hurry()

    def _is_full(self, last: Entry) -> bool:
        return not self._room.fits(last.items, last.size_bytes)

    def _is_wanted(self, entry: Entry) -> bool:
        """Not where its sender left without an answer: it sends it again itself."""
        result = self._results.get(entry.key)
        return result is None or not result.done()

    def _goes_on(self) -> bool:
        """Retries end where the service does; what may have been acknowledged is not given up for that."""
        return self._stopping.is_set() and (self._store.lasts or not self._wait_for_result)

    async def _end(self, entry: Entry, answer: bytes | Exception) -> None:
        """A request has its answer, which its sender hears if it waits for it."""
        await self._store.drop(entry.key)
        self._room.give_back(entry.items, entry.size_bytes)
        self._tell()
        result = self._results.pop(entry.key, None)
        if result is None or result.done():
            return
        if isinstance(answer, bytes):
            result.set_result(answer)
        else:
            result.set_exception(answer)

    def _tell(self) -> None:
        self._telemetry.gauge("exporter_queue_size", self._room.used, self.name)

    def _say_what_is_left(self) -> None:
        if self._wait_for_result and not self._store.lasts:
            return  # nothing of it was acknowledged
        if self._store.lasts:
            words = "%s: %d %s wait on disk for the next start"
            logger.info(words, self.name, self._room.used, self._bounds.sizer)
            return
        logger.error(
            "%s: %d %s that were acknowledged are lost: the next hop did not take them within %g s; "
            "a sending_queue with `storage` keeps them",
            self.name,
            self._room.used,
            self._bounds.sizer,
            self._drain_s,
        )
