"""Keeps the price book current: files watched, changes read off the data path, outcomes told.

Directories are watched, not files, so that editors' renames, ConfigMap symlink swaps and files that
appear late are seen; a slow poll sees what no event tells. Content decides. Bad content never raises.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from pricing import PriceBook, ReloadOutcome
    from processor.telemetry import Telemetry

logger = logging.getLogger("genai_cost")

POLL_S: Final = 5.0
WARNINGS_SHOWN: Final = 20
# Writers that are not atomic are given this long to finish (milliseconds).
_SETTLE_MS: Final = 200


def utc_now_s() -> float:
    """Unix time, for outcomes; prices themselves never ask what time it is."""
    return datetime.now(UTC).timestamp()


class PriceWatch:
    """One book's watcher: `start` before anything serves, `run` beside it, `reload_soon` on SIGHUP."""

    def __init__(
        self,
        book: PriceBook,
        telemetry: Telemetry,
        on_outcome: Callable[[ReloadOutcome], None] | None = None,
        *,
        poll_s: float = POLL_S,
        clock: Callable[[], float] = utc_now_s,
    ) -> None:
        """Stores; nothing is read before `start` and nothing watched before `run`."""
        self._book = book
        self._telemetry = telemetry
        self._on_outcome = on_outcome
        self._poll_s = poll_s
        self._clock = clock
        self._look = asyncio.Event()
        self._asked = False
        self._built_at = clock()

    def start(self) -> None:
        """The first load. What can be read prices; what cannot never keeps telemetry from flowing."""
        outcome = self._book.reload(self._clock())
        self._telemetry.watch("pricing_age_seconds", lambda: self._clock() - self._built_at)
        self._tell(outcome)
        if outcome.result == "kept":
            self._telemetry.info("pricing", version=outcome.version)
            logger.error(
                "prices are %s: %d models WITHOUT the sources named above, which are read again as "
                "soon as they change; `genai-cost validate` checks them",
                outcome.version,
                outcome.models,
            )

    def reload_soon(self) -> None:
        """Reads every source again and tells the outcome, changed or not; from the loop's thread."""
        self._asked = True
        self._look.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Watches until `stopping`."""
        async with asyncio.TaskGroup() as group:
            events = group.create_task(self._events(stopping))
            while await self._something(stopping):
                asked, self._asked = self._asked, False
                if asked or await asyncio.to_thread(self._book.stale):
                    self._tell(await asyncio.to_thread(self._book.reload, self._clock()))
            events.cancel()

    def _tell(self, outcome: ReloadOutcome) -> None:
        """What changes is logged, what happens is counted."""
        good = outcome.result != "kept"
        self._telemetry.count("pricing_reloads", 1, outcome.result)
        self._telemetry.gauge("pricing_last_reload_success", float(good))
        self._telemetry.gauge("pricing_last_reload_timestamp_seconds", outcome.at_unix_s)
        self._telemetry.gauge("pricing_rows", outcome.rows)
        if outcome.result == "changed":
            self._built_at = outcome.at_unix_s
            self._telemetry.info("pricing", version=outcome.version)
            logger.info("prices are %s: %d models", outcome.version, outcome.models)
            for warning in outcome.warnings[:WARNINGS_SHOWN]:
                logger.warning("%s", warning)
        for problem in outcome.problems:
            logger.error("prices kept as they were: %s", problem)
        if self._on_outcome is not None:
            self._on_outcome(outcome)

    async def _something(self, stopping: asyncio.Event) -> bool:
        """Waits for an event, a request or the poll; False once it is time to stop."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._look, stopping)]
        await asyncio.wait(waits, timeout=self._poll_s, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        self._look.clear()
        return not stopping.is_set()

    async def _events(self, stopping: asyncio.Event) -> None:
        folders = {path.absolute().parent for path in self._book.paths}
        present = [folder for folder in folders if folder.is_dir()]
        if not present:
            return
        # 5 ms that a table without files need not wait.
        from watchfiles import (  # noqa: PLC0415
            awatch,  # pyright: ignore[reportUnknownVariableType]  anyio's Event
        )

        # Out of inotify watches, or a folder gone: the poll still sees every change.
        with contextlib.suppress(OSError, RuntimeError):
            async for _ in awatch(
                *present,
                watch_filter=None,
                recursive=False,
                debounce=_SETTLE_MS,
                stop_event=stopping,
            ):
                self._look.set()
