"""One carrier as the process that started it sees it: its life, and whom each of its messages is for."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from asyncio.subprocess import DEVNULL, create_subprocess_exec
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from processor.errors import ConfigError
from processor.workers import log
from processor.workers.link import Kind, Link, linked, pair

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable

    from processor.workers.desk import Desk
    from processor.workers.questions import Counter
    from processor.workers.sums import Sums

logger = logging.getLogger("genai_cost")

MOST_SILENT: Final = 6
"""So many times in a row nothing is heard of a carrier that serves: it is hung."""
LINGERS_S: Final = 15.0
"""A carrier without a link drains what it has in less; then it is killed."""


class Child:
    """A carrier at one of the service's places, from 1 on. *on_turn* hears when it opened and serves."""

    def __init__(
        self,
        place: int,
        desk: Desk,
        counter: Counter,
        sums: Sums,
        on_turn: Callable[[Child], None],
    ) -> None:
        self.place = place
        self.link = Link(self._heard)
        self._desk = desk
        self._counter = counter
        self._sums = sums
        self._on_turn = on_turn
        self._process: Process | None = None
        self.problems: list[str] = []
        self._silent = 0
        self._greeted, self._to_drain = False, False
        self.opened, self.serving = asyncio.Event(), asyncio.Event()
        self.drained, self.ended = asyncio.Event(), asyncio.Event()

    @property
    def pid(self) -> int:
        """0 before it has one."""
        return 0 if self._process is None else self._process.pid

    @property
    def how(self) -> str:
        """How it ended, for people."""
        status = None if self._process is None else self._process.returncode
        if status is not None and status < 0:
            return signal.Signals(-status).name
        return f"status {status}"

    async def live(self, orders: bytes) -> None:
        """From its start to its end; what it said until then has been heard."""
        try:
            process = await self._begin()
            self.link.send(Kind.HELLO, orders)
            self._greeted = True
            if self._to_drain:
                self.link.send(Kind.DRAIN)
            await self._end(process)
        except OSError as error:
            self.problems.append(f"worker {self.place} cannot be started: {error}")
        finally:
            self.kill()
            self.link.close()
            self._desk.close()
            self._counter.close()
            self._sums.lost(self.place)
            self.ended.set()

    def say(self, kind: Kind, *, detail: int = 0) -> None:
        """Tell it; nothing before its orders, which a drain that came earlier follows at once."""
        self._to_drain |= kind is Kind.DRAIN
        if self._greeted:
            self.link.send(kind, detail=detail)

    async def _begin(self) -> Process:
        ours, theirs = pair()
        try:
            with theirs:
                # -P: its modules are those installed, whatever stands in the working directory.
                self._process = await create_subprocess_exec(
                    *(sys.executable, "-P", "-m", "processor.workers", str(theirs.fileno())),
                    stdin=DEVNULL,
                    pass_fds=[theirs.fileno()],
                    process_group=0,  # a terminal's Ctrl-C is for the service, which drains it
                )
        except OSError:
            ours.close()
            raise
        await linked(self.link, ours)
        return self._process

    async def reach(self, event: asyncio.Event) -> None:
        """Wait for the event; raises `ConfigError` where it ended before."""
        waits = [asyncio.ensure_future(each.wait()) for each in (event, self.ended)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
        if not event.is_set():
            raise ConfigError(
                self.problems or [f"service.workers: worker {self.place} ended with {self.how}"]
            )

    def kill(self) -> None:
        """End it now."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    def asked_for(self) -> None:
        """Asked now and then: end one that serves and says nothing any more, so that another takes its place.

        By times, not by the clock: after a pause of the whole machine nobody is hung.
        """
        self._silent += 1
        if self.serving.is_set() and not self.ended.is_set() and self._silent > MOST_SILENT:
            logger.error("worker %d (pid %d) is hung: it is killed", self.place, self.pid)
            self._silent = 0
            self.kill()

    async def _end(self, process: Process) -> None:
        gone = asyncio.ensure_future(process.wait())
        lost = asyncio.ensure_future(self.link.lost.wait())
        try:
            await asyncio.wait({gone, lost}, return_when=asyncio.FIRST_COMPLETED)
            with suppress(TimeoutError):  # either follows the other soon
                async with asyncio.timeout(LINGERS_S):
                    await asyncio.gather(gone, lost)
        finally:
            gone.cancel()
            lost.cancel()

    def _heard(self, kind: Kind, detail: int, number: int, payload: bytes) -> None:  # noqa: C901 - a table
        self._silent = 0
        match kind:
            case Kind.PRICE:
                self._desk.price(self.link, detail, number, payload)
            case Kind.COUNT:
                self._desk.count(number)
            case Kind.FORGET:
                self._desk.forget(number)
            case Kind.ASK:
                self._counter.ask(self.link, detail, number, payload)
            case Kind.LEAVE:
                self._counter.leave(number)
            case Kind.NEWS:
                self._sums.heard(self.place, payload)
            case Kind.LOG:
                log.write(self.place, payload)
            case Kind.PROBLEMS:
                self.problems = json.loads(payload)
            case Kind.OPEN:
                self._turn(self.opened)
            case Kind.SERVING:
                self._turn(self.serving)
            case _:
                self.drained.set()

    def _turn(self, event: asyncio.Event) -> None:
        event.set()
        self._on_turn(self)
