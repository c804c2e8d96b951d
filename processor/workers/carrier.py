"""A carrier: doors and next hops in a process of its own; prices and counters are elsewhere.

It does what it is told over its link and ends when that does: signals are for the process that
started it, which lets requests in flight finish first. Without the books it drains and ends, too.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import socket
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, Final

from pricing import PriceBook
from processor import logs
from processor.assembly import next_hops
from processor.books import LocalBooks
from processor.errors import ConfigError
from processor.health import Readiness, State, health_service
from processor.life.process import keep_large_blocks, settle_garbage, share_arenas
from processor.metrics import Ledger
from processor.model import GRPC_METHOD
from processor.pipeline import Pipeline
from processor.receive.admission import Admission
from processor.receive.doors import Doors, doors
from processor.telemetry import Telemetry
from processor.workers import orders as told
from processor.workers.link import Kind, Link, linked
from processor.workers.log import Told
from processor.workers.questions import Questions
from processor.workers.remote import RemoteBooks
from processor.workers.sums import news

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.receive.watched import Watched
    from processor.workers.orders import Orders

logger = logging.getLogger("genai_cost")

NEWS_S: Final = 0.5
"""How old the page may be about a carrier."""
STATES: Final = tuple(State)
Message = tuple[Kind, int, int, bytes]


def main(descriptor: int) -> int:
    """Carry until told to stop; the exit status."""
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
    ):  # whoever started us hears them
        signal.signal(number, signal.SIG_IGN)
    return asyncio.run(_carry(socket.socket(fileno=descriptor)))


async def _carry(end: socket.socket) -> int:
    early: asyncio.Queue[Message] = asyncio.Queue()
    carriers: list[Carrier] = []

    def heard(*message: *Message) -> None:
        if carriers:
            carriers[0].heard(*message)
        else:
            early.put_nowait(message)

    link = Link(heard)
    await linked(link, end)
    hello = asyncio.ensure_future(early.get())
    lost = asyncio.ensure_future(link.lost.wait())
    await asyncio.wait({lost, hello}, return_when=asyncio.FIRST_COMPLETED)
    lost.cancel()
    if not hello.done():
        hello.cancel()
        return 1
    carriers.append(Carrier(told.read(hello.result()[3]), link))
    while not early.empty():
        carriers[0].heard(*early.get_nowait())
    return await carriers[0].carry()


class Carrier:
    """All parts of the process."""

    def __init__(self, orders: Orders, link: Link) -> None:
        self._orders = orders
        self._link = link
        self._telemetry = Telemetry()
        self._readiness = Readiness()
        self._hops = next_hops(
            orders.settings, orders.user_agent, self._telemetry, announced=True
        )
        self._questions = Questions(link)
        self._books = RemoteBooks(
            link,
            _no_books(self._telemetry),
            self._telemetry,
            priced_signals=orders.priced_signals,
            read_signals=orders.read_signals,
        )
        self._admission = Admission(
            orders.settings.admission_bytes,
            on_refused=lambda: self._telemetry.count("receiver_in_flight_refused_requests"),
        )
        self._telemetry.watch(
            "receiver_in_flight_bytes", lambda: self._admission.in_flight_bytes
        )
        self._telemetry.gauge("receiver_in_flight_bytes_capacity", self._admission.limit_bytes)
        self._watched: Sequence[Watched[Any]] = ()
        self._serve, self._drain = asyncio.Event(), asyncio.Event()

    def heard(self, kind: Kind, detail: int, number: int, payload: bytes) -> None:
        """A message of the books."""
        match kind:
            case Kind.PRICED | Kind.REFUSED:
                self._books.heard(kind, detail, number, payload)
            case Kind.ANSWER | Kind.END | Kind.DECLINED:
                self._questions.heard(kind, detail, number, payload)
            case Kind.STATE:
                self._readiness.become(STATES[detail])
            case Kind.SERVE:
                self._serve.set()
            case Kind.LOOK:
                self._hops.renewal.ask()
                for each in self._watched:
                    each.look()
            case _:
                self._serve.set()
                self._drain.set()

    async def carry(self) -> int:
        """Open everything, serve, drain."""
        share_arenas()
        settings = self._orders.settings
        logs.set_up(settings.telemetry.log_level, settings.telemetry.log_encoding)
        logger.handlers[:] = [Told(self._link)]
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            try:
                made = await self._opened(stack)
            except ConfigError as bad:
                self._link.send(Kind.PROBLEMS, json.dumps(bad.problems).encode())
                await self._ended()
                return 1
            self._link.send(Kind.OPEN)
            gone = tasks.create_task(self._gone())
            await self._serve.wait()
            stopping = asyncio.Event()
            for each in made.watched:
                tasks.create_task(each.watch(stopping))
            for door in made.doors:
                await door.start()
            settle_garbage()
            keep_large_blocks()
            self._link.send(Kind.SERVING)
            telling = tasks.create_task(self._tell())
            await self._drain.wait()
            stopping.set()
            self._hops.stopping.set()
            await asyncio.gather(*(door.stop() for door in made.doors))
            telling.cancel()
            self._say()
            self._link.send(Kind.DRAINED)
            gone.cancel()
        alone = self._link.lost.is_set()
        await self._ended()
        return int(alone)

    async def _opened(self, stack: AsyncExitStack) -> Doors:
        for exporter in self._hops.exporters.values():
            await stack.enter_async_context(exporter)
        names = [method.split("/")[1] for method in GRPC_METHOD.values()]
        made = doors(
            self._orders.settings,
            Pipeline(self._books, self._hops.by_signal, self._telemetry),
            self._admission,
            signals=self._hops.by_signal.keys(),
            services=[health_service(self._readiness, names), self._questions.service],
            telemetry=self._telemetry,
            drain_s=self._orders.drain_s,
            claims=self._orders.claims,
        )
        self._watched = made.watched
        for door in made.doors:
            try:
                await stack.enter_async_context(door)
            except OSError as error:
                words = f"{' '.join(door.address)} cannot be shared: {error.strerror}"
                raise ConfigError([words]) from error
        return made

    async def _gone(self) -> None:
        """Drain where nobody keeps books any more."""
        await self._link.lost.wait()
        self._books.lost()
        self._questions.lost()
        self._readiness.become(State.STOPPING)
        logger.error("the process that keeps the books is gone: requests in flight finish")
        self._serve.set()
        self._drain.set()

    async def _tell(self) -> None:
        while True:
            if not self._link.behind:  # what nobody reads must not pile up
                self._say()
            await asyncio.sleep(NEWS_S)

    def _say(self) -> None:
        self._link.send(Kind.NEWS, news(self._telemetry, self._hops.standings))

    async def _ended(self) -> None:
        """Everything said has been heard."""
        await asyncio.sleep(0)  # what the log said last is sent then
        await self._link.flushed()
        self._link.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._link.lost.wait(), 1)


def _no_books(telemetry: Telemetry) -> LocalBooks:
    """For what nobody prices: counts items, refuses what is no request."""
    return LocalBooks(
        enricher=None, book=PriceBook([], builtin=False), ledger=Ledger(), telemetry=telemetry
    )
