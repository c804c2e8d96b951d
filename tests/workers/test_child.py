"""A worker that cannot even begin is said to be so."""

from __future__ import annotations

import asyncio
import sys

import pytest

from pricing import PriceBook
from processor.errors import ConfigError
from processor.price_service import PriceService
from processor.workers.child import Child
from processor.workers.desk import Desk
from processor.workers.questions import Counter
from processor.workers.sums import Sums
from tests.workers.test_remote import books


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
