"""All carriers together, as one door of the service: claimed ports, starts, restarts, the drain.

Invariant: the ports are this service's from the first moment to the last, whoever of them lives.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from processor.errors import ConfigError
from processor.model import Signal
from processor.receive.doors import Claims
from processor.receive.shared import Claim, claim
from processor.workers.carrier import STATES
from processor.workers.child import Child
from processor.workers.desk import Desk
from processor.workers.link import Kind
from processor.workers.orders import Orders, share_of, written
from processor.workers.questions import Counter

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from processor.books import LocalBooks
    from processor.health import Readiness
    from processor.price_service import PriceService
    from processor.settings import Settings
    from processor.settings.values import GrpcServer, HttpServer
    from processor.workers.sums import Sums

logger = logging.getLogger("genai_cost")

MOST_ENDS: Final = 5
"""Carriers that may end by themselves in `WITHIN_S`, or twice as many as there are: with more the service ends."""
WITHIN_S: Final = 60.0
PAUSE_S: Final = 0.1
"""Before the first is started again; doubled with each that ended lately."""
LOOK_S: Final = 5.0
"""A carrier says something ten times meanwhile."""
LAST_S: Final = 14.0
"""What drained carriers get to empty their queues in memory."""


class Parts(NamedTuple):
    """What stands behind the carriers."""

    settings: Settings
    books: LocalBooks
    price_service: PriceService
    readiness: Readiness
    sums: Sums
    user_agent: str
    drain_s: float


class Carriers:
    """Entering takes the ports and starts them, `start` has them serve, `stop` drains them."""

    def __init__(self, parts: Parts, gave_up: Callable[[], None]) -> None:
        """`gave_up` is called where starting them again does not help."""
        self._parts = parts
        self._gave_up = gave_up
        self._claims = Claims()
        self._claimed: list[socket.socket] = []
        self._tasks = asyncio.TaskGroup()
        self._children: dict[int, Child] = {}
        self._keeping: list[asyncio.Task[None]] = []
        self._following: list[asyncio.Task[None]] = []
        self._most_ends = max(MOST_ENDS, 2 * parts.settings.workers)
        self._ends: deque[float] = deque(maxlen=self._most_ends + 1)
        self._started = False
        self._stopping = asyncio.Event()
        names = {
            name
            for signal in (Signal.TRACES, Signal.LOGS)
            for name in parts.settings.pipelines.get(signal, ())
        }
        exporters = parts.settings.exporters
        self._tells = any(exporters[name].kind == "debug" for name in names)

    @property
    def pids(self) -> list[int]:
        """Of those that live, by their places."""
        children = [child for _, child in sorted(self._children.items())]
        return [child.pid for child in children if child.pid and not child.ended.is_set()]

    async def __aenter__(self) -> Self:
        self._claims = Claims(
            self._claim(self._parts.settings.grpc), self._claim(self._parts.settings.http)
        )
        await self._tasks.__aenter__()
        self._following = [
            self._tasks.create_task(each) for each in (self._follow(), self._look_after())
        ]
        for place in range(1, self._parts.settings.workers + 1):
            child = self._child(place)
            self._keeping.append(self._tasks.create_task(self._keep(child)))
        try:
            await self._all("opened")
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def start(self) -> None:
        """Begin to take requests; ready when all of them do."""
        self._started = True
        for child in self._children.values():
            self._turned(child)
        await self._all("serving")

    async def stop(self) -> None:
        """Take no new request, let those in flight finish; what they came to is counted then."""
        self._stopping.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._parts.drain_s + 2):
                await asyncio.gather(
                    *(self._drained(child) for child in self._children.values())
                )

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        for child in self._children.values():
            child.say(Kind.DRAIN)
        _done, late = await asyncio.wait(self._keeping, timeout=LAST_S)
        if late:
            logger.warning("%d workers did not end in time: they are killed", len(late))
        for child in self._children.values():
            child.kill()
        for each in self._following:
            each.cancel()
        await self._tasks.__aexit__(None, None, None)
        for claimed in self._claimed:
            claimed.close()

    def look(self) -> None:
        """Have them look at certificates and credentials again."""
        for child in self._children.values():
            child.say(Kind.LOOK)

    def _claim(self, server: GrpcServer | HttpServer | None) -> Claim | None:
        if server is None:
            return None
        found, sockets = claim(server.endpoint, server.setting)
        self._claimed += sockets
        return found

    async def _all(self, event: str) -> None:
        for child in list(self._children.values()):
            await child.reach(getattr(child, event))

    async def _drained(self, child: Child) -> None:
        child.say(Kind.DRAIN)
        with suppress(ConfigError):  # it ended before: there is nothing to wait for
            await child.reach(child.drained)

    async def _keep(self, child: Child) -> None:
        """One after another at one place."""
        while True:
            await child.live(self._orders(child.place))
            if self._stopping.is_set() or not self._started:
                return
            for problem in child.problems:
                logger.error("worker %d: %s", child.place, problem)
            self._ends.append(time.monotonic())
            often = self._often()
            ended = child.place, child.pid, child.how
            if often > self._most_ends:
                logger.error("worker %d (pid %d) ended with %s, too often: stopping", *ended)
                self._gave_up()
                return
            logger.error("worker %d (pid %d) ended with %s: it is started again", *ended)
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_S * 2 ** (often - 1)):
                    await self._stopping.wait()
                    return
            child = self._child(child.place)

    def _often(self) -> int:
        """How many ended lately."""
        since = time.monotonic() - WITHIN_S
        return sum(at > since for at in self._ends)

    def _child(self, place: int) -> Child:
        made = Child(
            place,
            Desk(self._parts.books, tells=self._tells),
            Counter(self._parts.price_service, self._tasks),
            self._parts.sums,
            self._turned,
        )
        self._children[place] = made
        return made

    def _turned(self, child: Child) -> None:
        """It opened, or it serves: tell it what comes next."""
        if self._started and not child.serving.is_set():
            child.say(Kind.SERVE)
        child.say(Kind.STATE, detail=STATES.index(self._parts.readiness.state))

    async def _follow(self) -> None:
        """Tell them whether the service is ready: they are asked, too."""
        while True:
            await self._parts.readiness.change()
            for child in self._children.values():
                if child.opened.is_set():
                    child.say(Kind.STATE, detail=STATES.index(self._parts.readiness.state))

    async def _look_after(self) -> None:
        """End those that are hung, as long as all should serve."""
        while True:
            await asyncio.sleep(LOOK_S)
            if self._stopping.is_set():
                return
            for child in self._children.values():
                child.asked_for()

    def _orders(self, place: int) -> bytes:
        parts = self._parts
        return written(
            Orders(
                share_of(parts.settings, place),
                self._claims,
                parts.books.priced_signals,
                parts.books.read_signals,
                parts.user_agent,
                parts.drain_s,
            )
        )
