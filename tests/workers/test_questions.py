"""A question that fails here is declined, and what stands beside it goes on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from processor.errors import Code
from processor.workers.link import Kind, Link, linked, pair
from processor.workers.questions import Counter
from tests.doubles.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from processor.price_service import PriceService

    Heard = list[tuple[Kind, int, int, bytes]]


class Broken:
    """A price service with a fault."""

    def __init__(self) -> None:
        self.unary: dict[str, Any] = {}
        self.streaming = {"WatchTable": self.watch}

    @staticmethod
    async def watch(_request: bytes, _context: object) -> AsyncIterator[bytes]:
        yield b"news"
        raise ZeroDivisionError


async def test_a_fault_is_declined_and_ends_nothing_else() -> None:
    heard: Heard = []

    def hear(*message: Any) -> None:
        heard.append(message)

    asker, answerer = Link(hear), Link(hear)
    for link, end in zip((asker, answerer), pair(), strict=True):
        await linked(link, end)
    async with asyncio.TaskGroup() as tasks:
        beside = tasks.create_task(asyncio.sleep(60))
        counter = Counter(cast("PriceService", Broken()), tasks)
        counter.ask(answerer, 2, 7, b"\x00")
        await until(lambda: len(heard) == 2)
        assert heard[0] == (Kind.ANSWER, 0, 7, b"news")
        assert heard[1][:3] == (Kind.DECLINED, Code.INTERNAL.value[0], 7)
        assert not beside.done()
        beside.cancel()
    asker.close()
    await asyncio.gather(asker.lost.wait(), answerer.lost.wait())
