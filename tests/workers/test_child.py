"""A worker that cannot even begin is said to be so; one that is hung is ended."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from pricing import PriceBook
from processor.errors import ConfigError
from processor.price_service import PriceService
from processor.workers.child import MOST_SILENT, Child
from processor.workers.desk import Desk
from processor.workers.link import Kind, Link, linked, pair
from processor.workers.questions import Counter
from processor.workers.sums import Sums
from tests.doubles.until import until
from tests.workers.test_remote import books

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncGenerator


@asynccontextmanager
async def hung(*, serves: bool) -> AsyncGenerator[Child]:
    """A worker's place with a process that says nothing."""
    async with asyncio.TaskGroup() as tasks:
        counter = Counter(PriceService(PriceBook([], builtin=False)), tasks)
        desk = Desk(books(elsewhere=True)[0], tells=False)
        child = Child(1, desk, counter, Sums({}), lambda _: None)
        child._process = await asyncio.create_subprocess_exec("sleep", "60")
        if serves:
            child.serving.set()
        try:
            yield child
        finally:
            child.kill()
            await child._process.wait()


async def test_a_worker_that_serves_and_says_nothing_is_killed() -> None:
    async with hung(serves=True) as child:
        process = child._process
        assert process is not None
        for _ in range(MOST_SILENT):
            child.asked_for()
        child._heard(Kind.NEWS, 0, 0, b'{"samples": [], "standings": {}}')
        for _ in range(MOST_SILENT):
            child.asked_for()
        assert process.returncode is None
        child.asked_for()
        assert await process.wait() == -signal.SIGKILL
        assert child.how == "SIGKILL"


async def test_a_worker_that_does_not_serve_yet_has_all_the_time() -> None:
    async with hung(serves=False) as child:
        for _ in range(3 * MOST_SILENT):
            child.asked_for()
        assert child._process is not None
        assert child._process.returncode is None


async def test_its_orders_come_first_whatever_it_is_told_meanwhile() -> None:
    """A stop or a SIGHUP in the moment in which a worker is started again."""
    told: list[Kind] = []

    def hear(kind: Kind, _detail: int, _number: int, _payload: bytes) -> None:
        told.append(kind)

    other = Link(hear)
    ours, theirs = pair()
    async with hung(serves=False) as child:
        process = child._process
        assert process is not None

        async def begin() -> Process:
            await linked(child.link, ours)
            child.say(Kind.LOOK)
            child.say(Kind.DRAIN)
            return process

        await linked(other, theirs)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(child, "_begin", begin)
            living = asyncio.ensure_future(child.live(b"orders"))
            await until(lambda: len(told) == 2)
        assert told == [Kind.HELLO, Kind.DRAIN]
        child.kill()
        other.close()
        await living


async def test_a_worker_that_cannot_be_started_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    turns: list[Child] = []
    async with asyncio.TaskGroup() as tasks:
        counter = Counter(PriceService(PriceBook([], builtin=False)), tasks)
        desk = Desk(books(elsewhere=True)[0], tells=False)
        child = Child(1, desk, counter, Sums({}), turns.append)
        await child.live(b"")
        with pytest.raises(ConfigError, match=r"worker 1 cannot be started: .*/nowhere/python"):
            await child.reach(child.opened)
    assert (child.pid, turns) == (0, [])
