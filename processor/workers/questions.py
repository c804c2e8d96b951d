"""`PriceService` behind carriers: questions go to the books as they came, answers come back so.

The books answer as they would on a port of their own: their bounds on time and watchers are one, and
are told who asks.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

from processor.errors import Code
from processor.price_service import NAME
from processor.receive.raw_service import raw_service
from processor.workers.link import Kind

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine

    from processor.price_service import PriceService
    from processor.receive.raw_service import Context, Service
    from processor.workers.link import Link

    Reply = tuple[Kind, int, bytes]

logger = logging.getLogger("genai_cost")

METHODS: Final = ("Quote", "ListPrices", "WatchTable")
STOPPING: Final = b"this service is shutting down"
FAULT: Final = b"internal error; the log of this service says more"
CODES: Final = {code.value[0]: code for code in Code}


class Questions:
    """A carrier's end: hands on what is asked."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._numbers = count(1)
        self._open: dict[int, asyncio.Queue[Reply]] = {}

    @property
    def service(self) -> Service:
        """For the gRPC door."""
        return raw_service(
            NAME, {"Quote": self._quote, "ListPrices": self._list}, {"WatchTable": self._watch}
        )

    def heard(self, kind: Kind, detail: int, number: int, payload: bytes) -> None:
        """Part of an answer."""
        waiting = self._open.get(number)
        if waiting is not None:
            waiting.put_nowait((kind, detail, payload))

    def lost(self) -> None:
        """Nobody answers any more."""
        for waiting in self._open.values():
            waiting.put_nowait((Kind.DECLINED, Code.UNAVAILABLE.value[0], STOPPING))

    async def _quote(self, request: bytes, context: Context) -> bytes:
        async with aclosing(self._watch(request, context, 0)) as answers:
            return await anext(answers)

    async def _list(self, request: bytes, context: Context) -> bytes:
        async with aclosing(self._watch(request, context, 1)) as answers:
            return await anext(answers)

    async def _watch(
        self, request: bytes, context: Context, method: int = 2
    ) -> AsyncGenerator[bytes]:
        number = next(self._numbers)
        answers = self._open[number] = asyncio.Queue[Any]()
        try:
            peer = context.peer().encode()[:255]
            await self._link.room()
            if self._link.lost.is_set():
                await context.abort(Code.UNAVAILABLE, STOPPING.decode())
            self._link.send(
                Kind.ASK, bytes([len(peer)]), peer, request, detail=method, number=number
            )
            while True:
                kind, detail, payload = await answers.get()
                if kind is Kind.DECLINED:
                    await context.abort(CODES[detail], payload.decode())
                if kind is Kind.END:
                    return
                yield payload
        finally:
            del self._open[number]
            self._link.send(Kind.LEAVE, number=number)


class _Declined(Exception):  # noqa: N818 - an answer
    def __init__(self, code: Any, words: str) -> None:
        super().__init__(words)
        self.code = code


class _Asker:
    """What the service wants to know of who asks, in place of gRPC's own."""

    def __init__(self, peer: str) -> None:
        self._peer = peer

    def peer(self) -> str:
        return self._peer

    async def abort(self, code: Any, words: str = "") -> NoReturn:
        raise _Declined(code, words)


class Counter:
    """The books' end: answers one carrier's questions, each as a task of *tasks*."""

    def __init__(self, service: PriceService, tasks: asyncio.TaskGroup) -> None:
        self._service = service
        self._tasks = tasks
        self._open: dict[int, asyncio.Task[None]] = {}

    def ask(self, link: Link, method: int, number: int, payload: bytes) -> None:
        """Begin to answer."""
        ends = 1 + payload[0]
        asker = cast("Context", _Asker(payload[1:ends].decode()))
        answering = self._answer(link, METHODS[method], number, payload[ends:], asker)
        self._open[number] = self._begin(answering)

    def leave(self, number: int) -> None:
        """Nobody waits for that answer any more."""
        task = self._open.pop(number, None)
        if task is not None:
            task.cancel()

    def close(self) -> None:
        """The carrier is gone."""
        for number in list(self._open):
            self.leave(number)

    def _begin(self, answering: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._tasks.create_task(answering)

    async def _answer(
        self, link: Link, method: str, number: int, request: bytes, asker: Context
    ) -> None:
        try:
            if method in self._service.unary:
                answer = await self._service.unary[method](request, asker)
                link.send(Kind.ANSWER, answer, number=number)
                return
            async for news in self._service.streaming[method](request, asker):
                link.send(Kind.ANSWER, news, number=number)
            link.send(Kind.END, number=number)
        except _Declined as declined:
            code: int = declined.code.value[0]
            link.send(Kind.DECLINED, str(declined).encode(), detail=code, number=number)
        except Exception:  # beside this task are those that keep the workers
            logger.exception("a question about prices failed inside this service")
            code = Code.INTERNAL.value[0]
            link.send(Kind.DECLINED, FAULT, detail=code, number=number)
