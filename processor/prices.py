"""Keeps the price book current: files watched, URLs followed, changes read off the data path, told.

Directories are watched, not files, so that editors' renames, ConfigMap symlink swaps and files that
appear late are seen; a slow poll sees what no event tells. Content decides. Bad content never raises.
No URL is asked before the service runs: what an earlier run kept on disk is what it starts with.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pricing import PriceBook, ReloadOutcome
    from pricing.book import SourceOutcome
    from processor.fetch.followed import Followed, Looked
    from processor.telemetry import Telemetry

logger = logging.getLogger("genai_cost")

POLL_S: Final = 5.0
WARNINGS_SHOWN: Final = 20
# Writers that are not atomic are given this long to finish (milliseconds).
_SETTLE_MS: Final = 200
# What was asked for is answered after the servers have been, but not much later.
_ANSWER_S: Final = 5.0
_CURRENT: Final = "pricing_source_current_timestamp_seconds"


def utc_now_s() -> float:
    """Unix time, for outcomes; prices themselves never ask what time it is."""
    return datetime.now(UTC).timestamp()


def _is_good(one: SourceOutcome) -> bool:
    return one.result in {"changed", "unchanged"}


class PriceWatch:
    """One book's watcher: `start` before anything serves, `run` beside it, `reload_soon` on SIGHUP."""

    def __init__(  # noqa: PLR0913 - what it is to be told apart by name
        self,
        book: PriceBook,
        telemetry: Telemetry,
        on_outcome: Callable[[ReloadOutcome], None] | None = None,
        *,
        followed: Sequence[Followed] = (),
        poll_s: float = POLL_S,
        clock: Callable[[], float] = utc_now_s,
    ) -> None:
        """Stores; nothing is read before `start` and nothing watched before `run`."""
        self._book = book
        self._telemetry = telemetry
        self._on_outcome = on_outcome
        self._followed = tuple(followed)
        self._poll_s = poll_s
        self._clock = clock
        self._look = asyncio.Event()
        self._hurry = [asyncio.Event() for _ in self._followed]
        self._looked = [asyncio.Event() for _ in self._followed]
        self._reloading = asyncio.Lock()
        self._asked = False
        self._built_at = clock()
        self._fetched = frozenset(one.source.path for one in self._followed)
        self._wrong: dict[str, str] = {}
        self._problems: tuple[str, ...] = ()
        self._outcome: ReloadOutcome | None = None
        # Copies of an earlier run that no server has confirmed yet, and when they were written.
        self._unconfirmed: dict[str, float] = {}
        # Sources whose server gave nothing when it was last asked.
        self._failing: set[str] = set()
        self._refused: frozenset[str] = frozenset()

    @property
    def outcome(self) -> ReloadOutcome | None:
        """What became of the last reload; None before the first."""
        return self._outcome

    @property
    def version(self) -> str:
        """Of the table in use."""
        return self._book.current.version

    def trouble(self, name: str) -> str:
        """What is wrong with a source now, as it was logged; empty where nothing is."""
        if name in self._failing:
            return self._wrong.get(name, "")
        return next((words for words in self._problems if words.startswith(f"{name}:")), "")

    def start(self) -> None:
        """The first load. What can be read prices; what cannot never keeps telemetry from flowing."""
        for one in self._followed:
            self._restore(one)
        outcome = self._book.reload(self._clock())
        self._telemetry.watch("pricing_age_seconds", lambda: self._clock() - self._built_at)
        self._tell(outcome)
        if outcome.problems:
            self._telemetry.info("pricing", version=outcome.version)
            logger.error(
                "prices are %s: %d models WITHOUT the sources named above, which are read again as "
                "soon as they change; `genai-cost validate` checks them",
                outcome.version,
                outcome.models,
            )
        for source in outcome.sources:
            if source.result == "missing":
                words = "%s is fetched now; prices are without it until it answers"
                logger.info(words, source.name)

    def reload_soon(self) -> None:
        """Looks at every source again and tells the outcome, changed or not; from the loop's thread."""
        self._asked = True
        self._look.set()
        for hurry, looked in zip(self._hurry, self._looked, strict=True):
            looked.clear()
            hurry.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Watches until `stopping`."""
        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(self._events(stopping)),
                group.create_task(self._read_apart(stopping)),
            ]
            for one, hurry, looked in zip(
                self._followed, self._hurry, self._looked, strict=True
            ):
                beside.append(group.create_task(self._follow(one, hurry, looked)))
            while await self._something(stopping):
                asked, self._asked = self._asked, False
                if asked:
                    await self._answers()
                async with self._reloading:
                    if asked or await asyncio.to_thread(self._book.stale):
                        await self._reload(asked=asked)
            for task in beside:
                task.cancel()

    async def _read_apart(self, stopping: asyncio.Event) -> None:
        """From here on there are requests that would wait while a large file is read."""
        if not self._book.sources:
            return
        # A start reads by itself, and without it.
        from processor.price_reader import PriceReader  # noqa: PLC0415

        reader = self._book.judge = PriceReader()
        try:
            await stopping.wait()
        finally:
            reader.close()

    async def _answers(self) -> None:
        """Waits for what the servers say now, so that nothing old is told; not long."""
        waits = [asyncio.ensure_future(looked.wait()) for looked in self._looked]
        if waits:
            _, late = await asyncio.wait(waits, timeout=_ANSWER_S)
            for wait in late:
                wait.cancel()

    async def _reload(self, *, asked: bool = False) -> ReloadOutcome:
        """For who holds `_reloading`: outcomes are told in the order they came about."""
        outcome = await asyncio.to_thread(self._book.reload, self._clock())
        self._tell(outcome, asked=asked)
        return outcome

    def _restore(self, one: Followed) -> None:
        """The copy that an earlier run kept; without it, or with a damaged one, the network decides."""
        try:
            fresh = one.kept()
        except (OSError, ValueError) as problem:
            why = getattr(problem, "strerror", None) or problem
            logger.warning(
                "%s: its copy in %s cannot be used (%s)", one.source.path, one.folder, why
            )
            return
        if fresh is not None:
            self._book.put(one.source, *fresh)
            self._unconfirmed[one.source.path] = one.copied_unix_s
            logger.info(
                "%s: starting with its copy in %s, written %s ago (%s); its server is asked now",
                one.source.path,
                one.folder,
                timedelta(seconds=max(0, round(self._clock() - one.copied_unix_s))),
                datetime.fromtimestamp(one.copied_unix_s, UTC).isoformat(timespec="seconds"),
            )

    async def _follow(self, one: Followed, hurry: asyncio.Event, told: asyncio.Event) -> None:
        """Asks one URL again and again; whatever it answers, the data path does not wait for it."""
        from processor.fetch.apart import apart  # noqa: PLC0415 - only where there is a URL

        while True:
            hurry.clear()
            looking = apart(one.look, "prices from a URL")
            await asyncio.wait({looking}, timeout=one.patience_s)
            if not looking.done():
                self._tell_look(one, one.stuck())
            looked = await looking
            self._tell_look(one, looked)
            if not looked.words:
                self._unconfirmed.pop(one.source.path, None)
            if looked.fresh is not None:
                async with (
                    self._reloading
                ):  # or a look at the files would take it, and this find nothing new
                    self._book.put(one.source, *looked.fresh)
                    outcome = await self._reload()
                await self._keep(one, outcome)
            elif not looked.words:
                self._confirmed(one.source.path)
            if not hurry.is_set():
                told.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(looked.pause_s):
                    await hurry.wait()

    def _confirmed(self, name: str) -> None:
        """What its server gave last still holds; whether that was good is another matter."""
        if self._outcome is not None and name not in self._refused:
            self._telemetry.gauge(_CURRENT, self._clock(), name)
            self._successes(self._outcome)

    async def _keep(self, one: Followed, outcome: ReloadOutcome) -> None:
        """What the book took is kept for the next start; a disk that cannot is no reason to stop."""
        digest = next(s.digest for s in outcome.sources if s.name == one.source.path)
        try:
            await asyncio.to_thread(one.keep, digest)
        except OSError as problem:
            if self._changed(one.folder, problem.strerror or str(problem)):
                logger.warning(
                    "%s: no copy can be kept in %s (%s), so a restart without network starts without "
                    "it; see pricing.cache_directory",
                    one.source.path,
                    one.folder,
                    problem.strerror or problem,
                )

    def _tell_look(self, one: Followed, looked: Looked) -> None:
        """Said once when it goes wrong, once when it is well again."""
        name = one.source.path
        self._telemetry.count("pricing_fetches", 1, name, looked.ending)
        self._attempted(name, failed=bool(looked.words))
        if not self._changed(name, looked.words):
            return
        if not looked.words:
            logger.info("%s answers again", name)
        else:
            has = self._book.has(one.source)
            logger.warning(
                "%s %s; prices are %s, and it is asked again",
                name,
                looked.words,
                "with its last good copy" if has else "WITHOUT it",
            )

    def _attempted(self, name: str, *, failed: bool) -> None:
        """Success is that of the last attempt; what came of a good one is told with its content."""
        if not failed:
            self._failing.discard(name)
            return
        self._failing.add(name)
        if self._outcome is not None:
            self._successes(self._outcome)

    def _changed(self, key: str, words: str) -> bool:
        """Whether this is news."""
        if self._wrong.get(key, "") == words:
            return False
        self._wrong[key] = words
        return True

    def _tell(self, outcome: ReloadOutcome, *, asked: bool = True) -> None:
        """What changes is logged, what happens is counted; what was `asked` for is answered."""
        self._count(outcome)
        refused = frozenset(one.name for one in outcome.sources if one.result == "kept")
        for name in sorted(self._refused - refused):
            logger.info("%s is good again", name)
        self._refused = refused
        if outcome.result in {"changed", "partial"}:
            self._built_at = outcome.at_unix_s
            self._telemetry.info("pricing", version=outcome.version)
            logger.info("prices are %s: %d models", outcome.version, outcome.models)
            for source in outcome.sources:
                if source.result == "changed":
                    logger.info("%s: %s", source.name, source.changes)
            for warning in outcome.warnings[:WARNINGS_SHOWN]:
                logger.warning("%s", warning)
        elif outcome.result == "unchanged" and asked:
            logger.info("prices are unchanged: %s", outcome.version)
        self._tell_problems(outcome, asked=asked)
        self._outcome = outcome
        self._problems = outcome.problems
        if self._on_outcome is not None:
            self._on_outcome(outcome)

    def _tell_problems(self, outcome: ReloadOutcome, *, asked: bool) -> None:
        """News, and what was asked for; of a server that has not answered nothing old."""
        news = asked or outcome.problems != self._problems
        silent = {
            one.source.path
            for one, looked in zip(self._followed, self._looked, strict=True)
            if asked and self._outcome is not None and not looked.is_set()
        }
        for problem in outcome.problems if news else ():
            if not problem.startswith(tuple(f"{name}:" for name in silent)):
                logger.error("prices kept as they were: %s", problem)
        for name in sorted(silent):
            logger.info("%s has not answered yet; what it says is told then", name)

    def _count(self, outcome: ReloadOutcome) -> None:
        telemetry = self._telemetry
        telemetry.count("pricing_reloads", 1, outcome.result)
        telemetry.gauge("pricing_last_reload_timestamp_seconds", outcome.at_unix_s)
        telemetry.gauge("pricing_rows", outcome.rows)
        self._successes(outcome)
        for one in outcome.sources:
            telemetry.gauge("pricing_source_rows", one.rows, one.name)
            if one.name in self._unconfirmed:
                telemetry.gauge(_CURRENT, self._unconfirmed[one.name], one.name)
            elif one.result == "missing":
                telemetry.gauge(_CURRENT, 0, one.name)
            elif _is_good(one) and (one.name not in self._fetched or one.result == "changed"):
                telemetry.gauge(_CURRENT, outcome.at_unix_s, one.name)
            if one.result == "changed":
                telemetry.forget("pricing_source_version", one.name)
                telemetry.gauge("pricing_source_version", 1, one.name, one.version)

    def _successes(self, outcome: ReloadOutcome) -> None:
        """A copy that no server has confirmed is an earlier one, and so is one whose server fails."""
        earlier = self._unconfirmed.keys() | self._failing
        good = outcome.good and not earlier
        self._telemetry.gauge("pricing_last_reload_success", float(good))
        for one in outcome.sources:
            good = _is_good(one) and one.name not in earlier
            self._telemetry.gauge("pricing_source_success", float(good), one.name)

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
