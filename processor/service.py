"""The composition root: every part is made, opened and closed here, in an order one can read aloud.

Next hops open before doors, doors close before next hops; between them the last metrics leave.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import uuid
from contextlib import AsyncExitStack
from importlib.metadata import version as version_of
from typing import TYPE_CHECKING, Any, Final, Protocol

from processor.assembly import next_hops, priced
from processor.books import LocalBooks
from processor.calls import Memory
from processor.health import Readiness, State, health_service
from processor.life.announced import announce
from processor.life.derived import export_derived, release
from processor.life.hang_up import HangUp
from processor.life.leaving import Leaving
from processor.life.pages import open_pages
from processor.life.process import keep_large_blocks, settle_garbage, share_arenas
from processor.metrics import Ledger
from processor.metrics.catch_up import CatchUp
from processor.model import GRPC_METHOD
from processor.pipeline import Pipeline
from processor.price_service import PriceService
from processor.prices import PriceWatch
from processor.receive.admission import Admission
from processor.receive.doors import doors
from processor.recent import Recent
from processor.sources import followed, price_book
from processor.status.facts import Subject
from processor.telemetry import Telemetry
from processor.wire import fields

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from pricing import ReloadOutcome
    from processor.receive.watched import Watched
    from processor.settings import Settings
    from processor.workers.carriers import Carriers

logger = logging.getLogger("genai_cost")

DRAIN_S: Final = 10.0
"""What stopping takes at most, whatever a next hop does; Kubernetes gives a pod 30 s in all."""
REQUESTS_S: Final = 8.0
"""What requests in flight get of it to finish; the last metrics leave in the rest."""
VERSION: Final = version_of("genai-cost-processor")
USER_AGENT: Final = f"genai-cost-processor/{VERSION}"


class Door(Protocol):
    """Where requests come in."""

    async def start(self) -> None:
        """Begin to take them."""
        ...

    async def stop(self) -> None:
        """Take no new one, let those in flight finish."""
        ...


def run(settings: Settings, reread: Callable[[], Settings] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit status. Raises `ConfigError` before anything serves.

    `reread` gives the settings as their file has them at a SIGHUP.
    """
    return asyncio.run(Service(settings, reread).serve())


class Service:
    """All parts of one process, made from settings; `serve` opens and closes them."""

    def __init__(
        self, settings: Settings, reread: Callable[[], Settings] | None = None
    ) -> None:
        self._settings = settings
        self._reread = reread
        self.telemetry = Telemetry()
        self.readiness = Readiness()
        self.book = price_book(settings.pricing)
        self.price_service = PriceService(self.book, self.telemetry)
        self.ledger = Ledger(
            dimensions=settings.metrics.dimensions,
            instance_id=str(uuid.uuid4()),
            cardinality_limit=settings.metrics.cardinality_limit,
        )
        self._next_hops = next_hops(settings, USER_AGENT, self.telemetry)
        self.hops = self._next_hops.by_signal
        self._memory = Memory()
        self._priced = priced(
            settings,
            self._memory,
            self.book,
            self.ledger,
            self.telemetry,
            elsewhere=settings.workers > 1,
        )
        self.books = LocalBooks(
            enricher=self._priced.spans,
            logs=self._priced.logs,
            meter=self._priced.metrics,
            book=self.book,
            ledger=self.ledger,
            telemetry=self.telemetry,
        )
        self.pipeline = Pipeline(self.books, self.hops, self.telemetry)
        self._admission = Admission(
            settings.admission_bytes,
            on_refused=lambda: self.telemetry.count("receiver_in_flight_refused_requests"),
        )
        self._recent = Recent()
        self._leaving = Leaving(self.readiness, settings.shutdown_delay_s)
        self._status = 0
        self._standings = self._next_hops.standings
        self._carriers = self._shared() if settings.workers > 1 else None
        self._tell_of_itself()

    async def serve(self) -> int:
        """Open everything, wait for a signal, drain."""
        share_arenas()
        leaving = self._leaving
        stopping, requests_done, drained = (asyncio.Event() for _ in range(3))
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            logger.addHandler(self._recent)
            stack.callback(logger.removeHandler, self._recent)
            if any(each.sending_queue.place for each in self._settings.exporters.values()):
                from processor.queue.left import left_by_workers  # noqa: PLC0415 - where there are any

                await left_by_workers(self._settings)
            for exporter in self._next_hops.exporters.values():
                await stack.enter_async_context(exporter)
            doors, watched = await self._doors(stack)
            late = CatchUp(self.ledger, self.book)
            prices = self._prices(late)
            prices.start()
            hang_up = HangUp(
                self._settings,
                self._reread,
                self.book,
                prices,
                self._next_hops.renewal,
                watched if self._carriers is None else [self._carriers],
            )

            def hung_up() -> None:
                if not stopping.is_set():
                    tasks.create_task(hang_up.heard())

            self._on_signals(leaving.asked, hung_up)
            watching = tasks.create_task(prices.run(stopping))
            catching_up = tasks.create_task(late.run())
            exporting = tasks.create_task(self._export(drained))
            for each in watched:
                tasks.create_task(each.watch(stopping))
            releasing = tasks.create_task(release(self._priced, self.ledger, requests_done))
            await open_pages(stack, self._subject(prices))
            for door in doors:
                await door.start()
            announce(self._settings, self.hops, VERSION, self._pids())
            settle_garbage()
            keep_large_blocks()
            self.readiness.become(State.READY)
            await leaving.wait()
            stopping.set()
            end = asyncio.get_running_loop().time() + DRAIN_S
            await self._close(doors)
            requests_done.set()
            await releasing
            drained.set()
            await _ended(asyncio.gather(watching, exporting), end)
            catching_up.cancel()
        logger.info("stopped")
        return self._status

    async def _close(self, doors: Sequence[Door]) -> None:
        """Nobody waits for another try any more; what is in flight finishes."""
        self._next_hops.stopping.set()
        self.price_service.stop()
        logger.info("stopping: requests in flight finish, then the last metrics leave")
        await asyncio.gather(*(door.stop() for door in doors))

    def _tell_of_itself(self) -> None:
        memory, admission = self._memory, self._admission
        self.telemetry.watch("calls_remembered", lambda: len(memory))
        if self._carriers is None:
            self.telemetry.watch("receiver_in_flight_bytes", lambda: admission.in_flight_bytes)
            self.telemetry.gauge("receiver_in_flight_bytes_capacity", admission.limit_bytes)
        self.telemetry.gauge("walk_compiled", float(fields.COMPILED))
        self.telemetry.info("build", version=VERSION)

    def _subject(self, prices: PriceWatch) -> Subject:
        return Subject(
            self._settings,
            VERSION,
            self.readiness,
            self.telemetry,
            self.ledger,
            prices,
            self._standings,
            self._recent,
            self._pids,
        )

    def _prices(self, late: CatchUp) -> PriceWatch:
        urls = followed(self._settings.pricing, self.book.sources, USER_AGENT)

        def reloaded(outcome: ReloadOutcome) -> None:
            late.reloaded(outcome)
            self.price_service.reloaded()

        return PriceWatch(self.book, self.telemetry, reloaded, followed=urls)

    def _pids(self) -> Sequence[int]:
        """Of the processes at the doors, where those are others."""
        return () if self._carriers is None else self._carriers.pids

    def _shared(self) -> Carriers:
        """Others at the doors; this process keeps the books."""
        from processor.workers.carriers import Carriers, Parts  # noqa: PLC0415 - where it is asked for
        from processor.workers.sums import Sums  # noqa: PLC0415

        sums = Sums(self._next_hops.standings)
        self.telemetry.beside(sums.samples)
        self._standings = sums.standings
        parts = Parts(
            self._settings,
            self.books,
            self.price_service,
            self.readiness,
            sums,
            USER_AGENT,
            REQUESTS_S,
        )
        return Carriers(parts, self._gave_up)

    def _gave_up(self) -> None:
        """Nobody is at the doors any more."""
        self._status = 1
        self._leaving.asked()
        self._leaving.asked()  # no delay: nobody serves meanwhile

    async def _doors(
        self, stack: AsyncExitStack
    ) -> tuple[Sequence[Door], Sequence[Watched[Any]]]:
        if self._carriers is not None:
            return [await stack.enter_async_context(self._carriers)], ()
        names = [method.split("/")[1] for method in GRPC_METHOD.values()]
        made = doors(
            self._settings,
            self.pipeline,
            self._admission,
            signals=self.hops.keys(),
            services=[health_service(self.readiness, names), self.price_service.service],
            telemetry=self.telemetry,
            drain_s=REQUESTS_S,
        )
        for door in made.doors:
            await stack.enter_async_context(door)
        return made.doors, made.watched

    async def _export(self, drained: asyncio.Event) -> None:
        await export_derived(
            self._settings,
            self.ledger,
            self._next_hops.exporters,
            self.telemetry,
            drained,
            version=VERSION,
        )

    @staticmethod
    def _on_signals(asked: Callable[[], None], hung_up: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, asked)
        loop.add_signal_handler(signal.SIGHUP, hung_up)


async def _ended(last: Awaitable[object], end: float) -> None:
    """Wait for the last metrics until *end*, on the clock of the event loop."""
    try:
        async with asyncio.timeout_at(end):
            await last
    except TimeoutError:
        logger.warning("the last metrics did not leave: no answer from their next hop in time")
