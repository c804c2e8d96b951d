"""The queue's file: what a crash, a full disk and damage leave of it."""

from __future__ import annotations

import asyncio
import resource
import shutil
import stat
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import pytest

from processor.errors import Code, ConfigError, Refusal
from processor.model import Signal
from processor.queue.disk_store import DiskStore
from processor.queue.request import Request
from processor.queue.request_file import RequestFile

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Sequence
    from pathlib import Path

    from processor.queue.request import Entry

SETTING = "extensions.file_storage.directory"


def request(number: int, size: int = 3000) -> Request:
    return Request(Signal.LOGS, number.to_bytes(2, "big") * size, 7, (("x-tenant", "ä"),))


@asynccontextmanager
async def opened(path: Path) -> AsyncGenerator[tuple[DiskStore, list[Entry]]]:
    store = DiskStore(path, SETTING)
    entries = list(await store.open())
    try:
        yield store, entries
    finally:
        await store.close()


async def after_a_crash(path: Path, where: Path) -> list[Request | None]:
    """What the next start finds in files that nobody closed."""
    shutil.copytree(path.parent, where)
    async with opened(where / path.name) as (store, entries):
        return [await store.get(entry.key) for entry in entries]


async def test_what_was_put_is_there_after_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "a" / "q"
    path.parent.mkdir()
    async with opened(path) as (store, _):
        entries = await asyncio.gather(*(store.put(request(n)) for n in range(50)))
        assert await after_a_crash(path, tmp_path / "b") == [request(n) for n in range(50)]
        await store.drop(entries[0].key)
        await store.put(request(50))  # the deletion is written with it
        found = await after_a_crash(path, tmp_path / "c")
        assert found == [request(n) for n in range(1, 51)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_keys_are_not_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "q"
    async with opened(path) as (store, _):
        first = await store.put(request(1))
    async with opened(path) as (store, entries):
        assert [entry.key for entry in entries] == [first.key]
        assert (await store.put(request(2))).key > first.key


async def test_requests_of_one_moment_share_an_fsync(tmp_path: Path) -> None:
    path = tmp_path / "q"
    async with opened(path) as (store, _):
        statements: list[str] = []
        store._file._db.set_trace_callback(statements.append)  # pyright: ignore[reportPrivateUsage]
        await asyncio.gather(*(store.put(request(n)) for n in range(100)))
    assert 1 <= statements.count("COMMIT") <= 2


@pytest.mark.parametrize("lost_bytes", [1, 23, 24, 4096, 16384, 40_000])
async def test_a_torn_end_costs_only_what_was_torn(tmp_path: Path, lost_bytes: int) -> None:
    path = tmp_path / "a" / "q"
    path.parent.mkdir()
    async with opened(path) as (store, _):
        for number in range(10):
            await store.put(request(number))
        shutil.copytree(path.parent, tmp_path / "b")
    log = tmp_path / "b" / "q-wal"
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size - lost_bytes)
    async with opened(tmp_path / "b" / "q") as (store, entries):
        found = [await store.get(entry.key) for entry in entries]
    assert found == [request(n) for n in range(len(found))]
    assert len(found) >= 10 - 1 - lost_bytes // 6000


async def test_what_is_left_of_a_damaged_file_is_sent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "q"
    async with opened(path) as (store, _):
        for number in range(200):
            await store.put(request(number, 9000))
    with path.open("r+b") as file:
        file.seek(16384)  # the second page of the table
        file.write(b"\xff" * 3 * 16384)
    async with opened(path) as (store, entries):
        found = [await store.get(entry.key) for entry in entries]
        await store.put(request(999))
    whole = [each for each in found if each is not None]
    assert all(each in [request(n, 9000) for n in range(200)] for each in whole)
    assert "cannot be read" in caplog.text or "is damaged" in caplog.text


def contents(directory: Path, names: str) -> list[bytes]:
    return [path.read_bytes() for path in directory.glob(names)]


async def test_a_file_that_is_none_is_moved_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "q"
    path.write_bytes(b"this was never a database" * 1000)
    async with opened(path) as (store, entries):
        assert not entries
        await store.put(request(1))
    assert "is damaged" in caplog.text
    assert [each[:4] for each in contents(tmp_path, "q.damaged-*")] == [b"this"]


async def test_two_services_do_not_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "q"
    async with opened(path):
        with pytest.raises(ConfigError, match="in use by another service"):
            await DiskStore(path, SETTING).open()


async def test_a_place_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"extensions\.file_storage\.directory: cannot use"):
        await DiskStore(tmp_path / "nowhere" / "q", SETTING).open()


@contextmanager
def no_file_longer_than(size_bytes: int) -> Generator[None]:
    """The file system says that it is full from this size on (EFBIG; Python ignores the signal)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def answer(store: DiskStore, wanted: Request) -> Entry | Refusal:
    try:
        return await store.put(wanted)
    except Refusal as refusal:
        return refusal


async def test_a_full_disk_is_refused_aloud_and_costs_nothing_that_was_kept(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a" / "q"
    path.parent.mkdir()
    async with opened(path) as (store, _):
        kept = [await store.put(request(n)) for n in range(3)]
        with no_file_longer_than(200_000):
            answers = [await answer(store, request(n)) for n in range(3, 100)]
        refusals = [each for each in answers if isinstance(each, Refusal)]
        assert len(refusals) > 50
        assert {(each.code, each.retryable) for each in refusals} == {(Code.UNAVAILABLE, True)}
        assert "cannot be written" in refusals[0].message
        kept += [each for each in answers if not isinstance(each, Refusal)]
        kept.append(await store.put(request(100)))  # there is room again
        numbers = [each.key for each in kept]
        shutil.copytree(path.parent, tmp_path / "b")
    async with opened(tmp_path / "b" / "q") as (_, entries):
        assert [entry.key for entry in entries] == numbers


async def test_a_disk_that_stays_full_has_room_again_once_all_has_left(tmp_path: Path) -> None:
    """Where not even deletions can be written; what comes next is in a new file."""
    path = tmp_path / "a" / "q"
    path.parent.mkdir()
    async with opened(path) as (store, _):
        with no_file_longer_than(200_000):
            answers = [await answer(store, request(n)) for n in range(100)]
            kept = [each for each in answers if not isinstance(each, Refusal)]
            assert 10 < len(kept) < 90
            for entry in kept[:-1]:
                await store.drop(entry.key)
            last = await store.get(kept[-1].key)
            assert last is not None  # it can still be read
            assert isinstance(await answer(store, last), Refusal)
            await store.drop(kept[-1].key)
            later = [await store.put(request(n)) for n in range(3)]
        assert await after_a_crash(path, tmp_path / "b") == [request(n) for n in range(3)]
        assert min(entry.key for entry in later) > kept[-1].key


async def test_what_left_together_is_deleted_on_a_full_disk_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletions of a large batch change more pages than there is room for at once."""
    try_to = RequestFile._problem  # pyright: ignore[reportPrivateUsage]

    def cramped(
        file: RequestFile, puts: Sequence[tuple[int, Request]], drops: Sequence[int]
    ) -> str:
        return "database or disk is full" if len(drops) > 10 else try_to(file, puts, drops)

    monkeypatch.setattr(RequestFile, "_problem", cramped)
    path = tmp_path / "a" / "q"
    path.parent.mkdir()
    async with opened(path) as (store, _):
        kept = [await store.put(request(n, 1)) for n in range(100)]
        for entry in kept[:-1]:
            await store.drop(entry.key)
        await store.put(request(100, 1))
        left = await after_a_crash(path, tmp_path / "b")
    assert left == [request(99, 1), request(100, 1)]


async def test_a_start_on_a_full_disk_sends_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a" / "q"
    path.parent.mkdir()
    with no_file_longer_than(200_000):
        async with opened(path) as (store, _):
            answers = [await answer(store, request(n)) for n in range(100)]
            kept = [each.key for each in answers if not isinstance(each, Refusal)]
            shutil.copytree(path.parent, tmp_path / "b")
        async with opened(tmp_path / "b" / "q") as (store, entries):
            assert [entry.key for entry in entries] == kept
            assert None not in [await store.get(entry.key) for entry in entries]


@pytest.mark.parametrize("size", [1, 10_000, 100_000])
async def test_a_deletion_is_small_however_large_the_request(tmp_path: Path, size: int) -> None:
    """Some builds of SQLite overwrite what is deleted: then a full disk could not be emptied."""
    path, log = tmp_path / "q", tmp_path / "q-wal"
    async with opened(path) as (store, _):
        entry = await store.put(request(1, size))
        store._file._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # pyright: ignore[reportPrivateUsage]
        assert log.stat().st_size == 0
        await store.drop(entry.key)
        await store.put(request(2, 1))
        assert log.stat().st_size < 8 * 16384
