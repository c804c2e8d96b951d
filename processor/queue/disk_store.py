"""A queue's requests on disk: kept once the file system says that it has them.

All that wait at one moment are written in one transaction, with one fsync. One thread writes and
reads, so the event loop never waits for the disk. Invariant: a request whose `put` returned is there
after a crash; one that was dropped may be there again.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING, Final, TypeVar, TypeVarTuple

from processor.errors import Code, Refusal
from processor.queue.request import Entry
from processor.queue.request_file import RequestFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from processor.queue.request import Request

    Written = asyncio.Future[str]
    """Why it could not be written; empty where it was."""

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

RETRY_AFTER_S: Final = 5.0
"""Of a disk that takes no more; somebody has to act first."""


class DiskStore:
    """The file of one queue; *setting* is what to change where it cannot be used."""

    lasts = True

    def __init__(
        self, path: Path, setting: str, *, fsync: bool = True, create_directory: bool = False
    ) -> None:
        self._file = RequestFile(path, setting, fsync=fsync, create_directory=create_directory)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sending_queue")
        self._keys: Iterator[int] = count(1)
        self._puts: list[tuple[int, Request, Written]] = []
        self._drops: list[int] = []
        self._writing: asyncio.Future[None] | None = None

    async def open(self) -> Sequence[Entry]:
        """Open the file or make it. Raises `ConfigError` where that is not possible."""
        entries = await self._do(self._file.open)
        self._keys = count(1 + max((entry.key for entry in entries), default=0))
        return entries

    async def put(self, request: Request) -> Entry:
        """Keep it; raises a retryable `Refusal` while the disk does not take it."""
        key = next(self._keys)
        written: Written = asyncio.get_running_loop().create_future()
        self._puts.append((key, request, written))
        self._write_soon()
        problem = await written
        if problem:
            words = f"the sending_queue cannot be written: {problem}"
            raise Refusal(Code.UNAVAILABLE, words, retry_after_s=RETRY_AFTER_S)
        return Entry(key, request.signal, request.items, len(request.body))

    async def get(self, key: int) -> Request | None:
        """Read it back."""
        return await self._do(self._file.read, key)

    async def drop(self, key: int) -> None:
        """Have it deleted by the next transaction; nobody waits for that one."""
        self._drops.append(key)
        self._write_soon()

    async def close(self) -> None:
        """Write what there is to write, and close the file."""
        if self._writing is not None:
            await self._writing
        await self._do(self._file.close)
        self._thread.shutdown()

    def _write_soon(self) -> None:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        """Write until nothing waits: all that came during one fsync shares the next."""
        while self._puts or self._drops:
            puts, self._puts = self._puts, []
            drops, self._drops = self._drops, []
            requests = [(key, request) for key, request, _ in puts]
            done = await self._do(self._file.write, requests, drops)
            for (_, _, written), problem in zip(puts, done.problems, strict=True):
                if not written.done():
                    written.set_result(problem)
            if not done.dropped:  # not even deletions are taken: with the next request again
                self._drops = drops + self._drops
                if not self._puts:
                    return

    async def _do(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
