"""The composition root: every part is made, opened and closed here, in an order one can read aloud.

Next hops open before doors, doors close before next hops; between them the last metrics leave.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import signal
import time
import uuid
from contextlib import AsyncExitStack, suppress
from functools import partial
from importlib.metadata import version as version_of
from typing import TYPE_CHECKING, Any, Final

from processor.assembly import next_hops, priced
from processor.calls import Memory
from processor.errors import ConfigError
from processor.health import Readiness, State, health_page, health_service
from processor.metrics import Ledger, MetricsExporter, OtlpView, Page
from processor.metrics.catch_up import CatchUp
from processor.model import GRPC_METHOD, Batch, Signal, Status, Terms
from processor.pipeline import Pipeline
from processor.price_service import PriceService
from processor.prices import PriceWatch
from processor.receive.admission import Admission
from processor.receive.asgi import serve_asgi
from processor.receive.doors import Doors, doors
from processor.receive.listen import listen
from processor.receive.metrics_page import metrics_page
from processor.sources import followed, price_book
from processor.telemetry import Telemetry
from processor.wire import keys
from processor.wire.count import count_items

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from pricing import ReloadOutcome
    from processor.forward.next_hop import NextHop
    from processor.receive.asgi import App
    from processor.receive.watched import Watched
    from processor.settings import ExporterSettings, Settings

logger = logging.getLogger("genai_cost")

DEMO_SENDS_TO: Final = "localhost:4317"
DRAIN_S: Final = 10.0
"""What stopping takes at most, whatever a next hop does; Kubernetes gives a pod 30 s in all."""
REQUESTS_S: Final = 8.0
"""What requests in flight get of it to finish; the last metrics leave in the rest."""
RELEASE_S: Final = 5.0
"""How often what waits for spans is looked at."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
LARGE_BLOCK_BYTES: Final = 16 * 1024 * 1024
GC_YOUNG, GC_MIDDLE, GC_OLD = 50_000, 50, 100
VERSION: Final = version_of("genai-cost-processor")
USER_AGENT: Final = f"genai-cost-processor/{VERSION}"


def run(settings: Settings, reread: Callable[[], Settings] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit status. Raises `ConfigError` before anything serves.

    `reread` gives the settings as their file has them at a SIGHUP.
    """
    return asyncio.run(Service(settings, reread).serve())


def described(exporter: ExporterSettings) -> str:
    """An exporter for the line at start: where it goes, and whether others can read along."""
    if exporter.file is not None:
        return f"{exporter.name} at {exporter.file.path}"
    if not exporter.endpoint:
        return exporter.name
    how = "plaintext" if exporter.tls.insecure else "TLS"
    place = exporter.sending_queue.place
    kept = f", queue in {place.directory}" if place is not None else ""
    facts = f"{how}, compression {exporter.compression}{kept}"
    return f"{exporter.name} at {exporter.endpoint} ({facts})"


def exports_metrics(settings: Settings) -> bool:
    """Whether the derived metrics reach anybody who keeps them; `debug` keeps nothing."""
    names = settings.pipelines.get(Signal.METRICS, ())
    return any(settings.exporters[name].kind != "debug" for name in names)


def shows_itself(settings: Settings) -> bool:
    """Whether this is the service of somebody who tries it: on its own defaults, printing calls."""
    kinds = {
        settings.exporters[name].kind for name in settings.pipelines.get(Signal.TRACES, ())
    }
    here = None if settings.grpc is None else settings.grpc.endpoint
    return kinds == {"debug"} and here == DEMO_SENDS_TO


def keep_large_blocks() -> None:
    """Let the C library keep the blocks that requests are copied into.

    glibc gives every block over 128 KiB back to the kernel and pays for its pages again with the next
    request: a third of a bare hop's CPU at 1.4 MB a request. Other C libraries have no such switch.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
        mallopt(M_TRIM_THRESHOLD, 2 * LARGE_BLOCK_BYTES)


def settle_garbage() -> None:
    """What is here now stays: never look at it again, and at the rest of it less often.

    A request makes some ten objects for each call and frees nearly all of them by counting; what is
    remembered forms no loops. So collections find next to nothing, and cost as much as they look at.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_YOUNG, GC_MIDDLE, GC_OLD)


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
        self.pipeline = self._pipeline()
        self._admission = Admission(settings.admission_bytes)
        in_flight = self._admission
        self.telemetry.watch("receiver_in_flight_bytes", lambda: in_flight.in_flight_bytes)

    async def serve(self) -> int:
        """Open everything, wait for a signal, drain."""
        stopping, requests_done, drained = (asyncio.Event() for _ in range(3))
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            for exporter in self._next_hops.exporters.values():
                await stack.enter_async_context(exporter)
            doors, watched = await self._doors(stack)
            urls = followed(self._settings.pricing, self.book.sources, USER_AGENT)
            late = CatchUp(self.ledger, self.book)

            def reloaded(outcome: ReloadOutcome) -> None:
                late.reloaded(outcome)
                self.price_service.reloaded()

            prices = PriceWatch(self.book, self.telemetry, reloaded, followed=urls)
            prices.start()

            def hung_up() -> None:
                if not stopping.is_set():
                    tasks.create_task(self._hang_up(prices, watched))

            self._on_signals(stopping, hung_up)
            watching = tasks.create_task(prices.run(stopping))
            catching_up = tasks.create_task(late.run())
            exporting = tasks.create_task(self._export_metrics(drained))
            for each in watched:
                tasks.create_task(each.watch(stopping))
            metering = tasks.create_task(self._release(requests_done))
            await self._pages(stack)
            for door in doors:
                await door.start()
            self._announce()
            settle_garbage()
            keep_large_blocks()
            self.readiness.become(State.READY)
            await stopping.wait()
            self.readiness.become(State.STOPPING)
            self._next_hops.stopping.set()
            self.price_service.stop()
            end = asyncio.get_running_loop().time() + DRAIN_S
            logger.info("stopping: requests in flight finish, then the last metrics leave")
            await asyncio.gather(*(door.stop() for door in doors))
            requests_done.set()
            await metering
            drained.set()
            try:
                async with asyncio.timeout_at(end):
                    await asyncio.gather(watching, exporting)
            except TimeoutError:
                logger.warning(
                    "the last metrics did not leave: no answer from their next hop in time"
                )
            catching_up.cancel()
        logger.info("stopped")
        return 0

    async def _release(self, requests_done: asyncio.Event) -> None:
        """Counts what waited for spans that did not come; all of it at the end.

        That is usage which metrics reported, and aggregates without calls.
        """
        meter, orphans = self._priced.metrics, self._priced.orphans
        while (meter is not None or orphans is not None) and not requests_done.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(requests_done.wait(), RELEASE_S)
            now_ns, everything = time.time_ns(), requests_done.is_set()
            if meter is not None:
                meter.release(now_ns, everything=everything)
            if orphans is not None:
                due = orphans.due(now_ns, everything=everything)
                self.ledger.add_late(due, Status.AGGREGATE, now_ns)

    def _pipeline(self) -> Pipeline:
        settings = self._settings
        memory = Memory()
        self.telemetry.watch("calls_remembered", lambda: len(memory))
        self.telemetry.gauge("walk_compiled", float(keys.compiled()))
        self.telemetry.info("build", version=VERSION)
        self._priced = priced(settings, memory, self.book, self.ledger, self.telemetry)
        return Pipeline(
            enricher=self._priced.spans,
            logs=self._priced.logs,
            meter=self._priced.metrics,
            book=self.book,
            ledger=self.ledger,
            hops=self.hops,
            telemetry=self.telemetry,
        )

    async def _doors(self, stack: AsyncExitStack) -> Doors:
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
        return made

    async def _pages(self, stack: AsyncExitStack) -> None:
        """Health and metrics over HTTP."""
        settings = self._settings
        pages: list[tuple[App, list[socket.socket]]] = []
        if settings.health is not None:
            taken = listen(settings.health.endpoint, settings.health.setting)
            pages.append((health_page(self.readiness, path=settings.health.path), taken))
        where = settings.telemetry.metrics
        if where is not None:
            choice = settings.metrics.prometheus
            costs = choice == "on" or (choice == "auto" and not exports_metrics(settings))
            page = Page(
                self.ledger, self.telemetry, hold_s=settings.metrics.interval_s, costs=costs
            )
            pages.append((metrics_page(page), listen(where.endpoint, where.setting)))
        for app, taken in pages:
            await stack.enter_async_context(serve_asgi(app, taken, drain_s=1))

    async def _export_metrics(self, drained: asyncio.Event) -> None:
        """Each exporter of the metrics pipeline is told by itself: it knows what only it took."""
        settings = self._settings
        async with asyncio.TaskGroup() as tasks:
            for name in settings.pipelines.get(Signal.METRICS, ()):
                hop = self._next_hops.exporters[name]
                temporality = settings.exporters[name].temporality
                exporter = MetricsExporter(
                    OtlpView(
                        self.ledger,
                        version=VERSION,
                        temporality=temporality or settings.metrics.temporality,
                    ),
                    partial(_send_metrics, hop),
                    self.telemetry,
                    name=name,
                    interval_s=settings.metrics.interval_s,
                )
                tasks.create_task(exporter.run(drained))

    async def _hang_up(self, prices: PriceWatch, watched: Sequence[Watched[Any]]) -> None:
        """SIGHUP: the terms as the file has them now, then every price source, then certificates."""
        if self._reread is not None:
            try:
                fresh = await asyncio.to_thread(self._reread)
            except ConfigError as bad:
                for problem in bad.problems:
                    logger.error("configuration kept as it was: %s", problem)  # noqa: TRY400 - not our fault
            else:
                self._agree(fresh)
        prices.reload_soon()
        self._next_hops.renewal.ask()
        for each in watched:
            each.look()

    def _agree(self, fresh: Settings) -> None:
        from processor.settings.again import needs_restart  # noqa: PLC0415 - at a SIGHUP

        self.book.agree(fresh.pricing.aliases, fresh.pricing.terms)
        for warning in fresh.warnings:
            if warning not in self._settings.warnings:
                logger.warning("%s", warning)
        places = needs_restart(self._settings, fresh)
        if places:
            logger.warning(
                "changed in %s, and in effect after a restart: %s",
                fresh.origin,
                ", ".join(places),
            )

    def _on_signals(self, stopping: asyncio.Event, hung_up: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        loop.add_signal_handler(signal.SIGHUP, hung_up)

    def _announce(self) -> None:
        settings = self._settings
        for warning in settings.warnings:
            logger.warning("%s", warning)
        how = "compiled" if keys.compiled() else "interpreted (no C compiler at installation)"
        logger.info("genai-cost %s, the walk runs %s", VERSION, how)
        if settings.grpc is not None:
            logger.info("send OTLP/gRPC to %s", settings.grpc.endpoint)
        if settings.http is not None:
            scheme = "https" if settings.http.tls else "http"
            where = settings.http.endpoint
            shown = where if where.startswith("unix:") else f"{scheme}://{where}"
            logger.info("send OTLP/HTTP to %s", shown)
        if settings.telemetry.metrics is not None:
            logger.info("metrics are at http://%s/metrics", settings.telemetry.metrics.endpoint)
        for name in self.hops:
            exporters = [settings.exporters[each] for each in settings.pipelines[name]]
            logger.info("%s go to %s", name, ", ".join(map(described, exporters)))
        self._announce_queues()
        if shows_itself(settings):
            logger.info(
                "to see it work, run `make demo` in a second terminal; Ctrl-C ends this"
            )

    def _announce_queues(self) -> None:
        """Say which requests on disk nobody sends."""
        exporters = self._settings.exporters.values()
        if not any(exporter.sending_queue.place for exporter in exporters):
            return
        from processor.queue.places import left_behind  # noqa: PLC0415 - where there are any

        for path in left_behind(exporters):
            words = "%s is the queue of an exporter that is not configured: name it again, or delete it"
            logger.warning(words, path)


async def _send_metrics(hop: NextHop, body: bytes) -> bytes:
    points = count_items(body, points=True)
    return await hop.send(Batch(Signal.METRICS, body, items=points), Terms())
