"""The queue before a next hop: what is acknowledged, what is refused, what becomes of the rest."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.errors import Code, Refusal
from processor.model import Batch, Signal, Terms
from processor.queue.disk_store import DiskStore
from processor.queue.memory_store import MemoryStore
from processor.queue.room import Bounds, Room, Sizer
from processor.queue.sending_queue import SendingQueue
from processor.telemetry import Telemetry
from tests.doubles.hop import Hop
from tests.doubles.until import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from processor.queue.request import Store

    Stores = Callable[[], Store]


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Both places a queue may have."""
    if request.param == "memory":
        return MemoryStore()
    return DiskStore(tmp_path / "hop.queue", "extensions.file_storage")


def batch(number: int, size: int = 10) -> Batch:
    return Batch(Signal.TRACES, bytes([number]) * size, items=3)


def closed_gate() -> Hop:
    return Hop(gate=asyncio.Event())


def opened(hop: Hop) -> None:
    assert hop.gate is not None
    hop.gate.set()


async def test_an_acknowledgement_does_not_wait_for_the_next_hop(store: Store) -> None:
    hop = closed_gate()
    async with SendingQueue(hop, store, Telemetry(), num_consumers=1) as queue:
        for number in range(5):
            assert await queue.send(batch(number), Terms()) == b""
        opened(hop)
        await until(lambda: len(hop.batches) == 5)
    assert [each.body for each in hop.batches] == [batch(n).body for n in range(5)]
    assert {(each.signal, each.items) for each in hop.batches} == {(Signal.TRACES, 3)}


async def test_a_full_queue_refuses_aloud_and_takes_again_once_there_is_room(
    store: Store,
) -> None:
    hop, telemetry = closed_gate(), Telemetry()
    bounds = Bounds("requests", 2)
    async with SendingQueue(hop, store, telemetry, bounds=bounds) as queue:
        for number in range(2):
            await queue.send(batch(number), Terms())
        with pytest.raises(Refusal, match="sending_queue is full") as refused:
            await queue.send(batch(2), Terms())
        assert (refused.value.code, refused.value.retry_after_s) == (Code.UNAVAILABLE, 1.0)
        assert telemetry.counter("exporter_enqueue_failed_spans") == [(("hop",), 3)]
        assert telemetry.reading("exporter_queue_size") == [(("hop",), 2)]
        opened(hop)
        await until(lambda: telemetry.reading("exporter_queue_size") == [(("hop",), 0)])
        await queue.send(batch(2), Terms())
        await until(lambda: len(hop.batches) == 3)


@pytest.mark.parametrize(
    ("bounds", "fitting"),
    [
        pytest.param(Bounds("requests", 3), 3, id="requests"),
        pytest.param(Bounds("items", 7), 2, id="items"),
        pytest.param(Bounds("bytes", 45), 4, id="bytes"),
        pytest.param(Bounds("requests", 100, max_bytes=25), 2, id="bytes whatever the sizer"),
    ],
)
async def test_the_sizer_says_what_is_counted(bounds: Bounds, fitting: int) -> None:
    hop = closed_gate()
    async with SendingQueue(
        hop, MemoryStore(), Telemetry(), bounds=bounds, drain_s=0.0
    ) as queue:
        for number in range(fitting):
            await queue.send(batch(number), Terms())
        with pytest.raises(Refusal, match="full"):
            await queue.send(batch(9), Terms())
        opened(hop)


@pytest.mark.parametrize(
    "bounds", [Bounds("bytes", 9), Bounds("items", 2), Bounds(max_bytes=9)]
)
async def test_what_would_never_fit_is_refused_for_good(bounds: Bounds) -> None:
    async with SendingQueue(Hop(), MemoryStore(), Telemetry(), bounds=bounds) as queue:
        with pytest.raises(Refusal, match="larger than the whole") as refused:
            await queue.send(batch(1), Terms())
    assert not refused.value.retryable


async def test_a_sender_may_wait_for_room() -> None:
    hop = closed_gate()
    bounds = Bounds("requests", 1)
    async with SendingQueue(
        hop, MemoryStore(), Telemetry(), bounds=bounds, block_on_overflow=True
    ) as queue:
        await queue.send(batch(0), Terms())
        second = asyncio.ensure_future(queue.send(batch(1), Terms()))
        with pytest.raises(Refusal, match="full"):  # its deadline comes before there is room
            await queue.send(batch(2), Terms(deadline=0.0))
        assert not second.done()
        opened(hop)
        assert await second == b""
        await until(lambda: len(hop.batches) == 2)


async def test_a_sender_may_wait_for_the_next_hops_answer(store: Store) -> None:
    hop = Hop(answer=b"partly")
    async with SendingQueue(hop, store, Telemetry(), wait_for_result=True) as queue:
        assert await queue.send(batch(0), Terms()) == b"partly"
        hop.fails_with = Refusal(Code.INVALID_ARGUMENT, "no such thing")
        with pytest.raises(Refusal, match="no such thing"):
            await queue.send(batch(1), Terms())


async def test_headers_of_the_sender_wait_too(store: Store) -> None:
    seen: list[Terms] = []

    class Listening(Hop):
        async def send(self, batch: Batch, terms: Terms) -> bytes:
            seen.append(terms)
            return await super().send(batch, terms)

    pairs = (("x-scope-orgid", "team-a"), ("x-scope-orgid", "b"))
    async with SendingQueue(Listening(), store, Telemetry()) as queue:
        await queue.send(batch(0), Terms(deadline=5.0, metadata=pairs))
        await until(lambda: bool(seen))
    assert seen == [Terms(metadata=pairs)]  # the sender has its answer: its deadline is over


async def test_a_full_queue_is_said_once_a_minute(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    hop, times = closed_gate(), [100.0]
    bounds = Bounds("requests", 1)
    async with SendingQueue(
        hop, store, Telemetry(), bounds=bounds, clock=lambda: times[-1]
    ) as queue:
        await queue.send(batch(1), Terms())
        for now_s in (100.0, 159.0, 160.0):
            times.append(now_s)
            with pytest.raises(Refusal):
                await queue.send(batch(2), Terms())
        opened(hop)
    line = "hop: a request is refused: the sending_queue is full (1 of 1 requests)"
    assert [record.getMessage() for record in caplog.records] == [line, line]


async def test_memory_is_sent_before_the_end(caplog: pytest.LogCaptureFixture) -> None:
    hop = closed_gate()
    async with SendingQueue(hop, MemoryStore(), Telemetry(), num_consumers=1) as queue:
        for number in range(3):
            await queue.send(batch(number), Terms())
        asyncio.get_running_loop().call_soon(opened, hop)
    assert len(hop.batches) == 3
    assert not caplog.records


async def test_what_memory_loses_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async with SendingQueue(closed_gate(), MemoryStore(), Telemetry(), drain_s=0.01) as queue:
        for number in range(3):
            await queue.send(batch(number), Terms())
    assert "hop: 3 requests that were acknowledged are lost" in caplog.text


async def test_what_was_not_sent_is_sent_by_the_next_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path = tmp_path / "hop.queue"
    first = SendingQueue(closed_gate(), DiskStore(path, "here"), Telemetry())
    async with first as queue:
        for number in range(20):
            await queue.send(batch(number), Terms())
        queue._drain_s = 0.01  # pyright: ignore[reportPrivateUsage]
    assert "20 requests wait on disk" in caplog.text
    hop = Hop()
    async with SendingQueue(hop, DiskStore(path, "here"), Telemetry(), num_consumers=1):
        await until(lambda: len(hop.batches) == 20)
    assert [each.body for each in hop.batches] == [batch(n).body for n in range(20)]
    assert "20 requests of an earlier run are sent first" in caplog.text


async def test_a_sender_that_leaves_leaves_no_place_taken(store: Store) -> None:
    hop, telemetry = Hop(), Telemetry()
    async with SendingQueue(hop, store, telemetry) as queue:
        for number in range(20):
            sending = asyncio.ensure_future(queue.send(batch(number), Terms()))
            await asyncio.sleep(0)
            sending.cancel()
        await until(lambda: telemetry.reading("exporter_queue_size") == [(("hop",), 0)])


@given(
    sizer=st.sampled_from(["requests", "items", "bytes"]),
    bound=st.integers(1, 50),
    max_bytes=st.integers(0, 60),
    sizes=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=40),
)
def test_no_more_waits_than_the_bounds_say(
    sizer: Sizer, bound: int, max_bytes: int, sizes: list[tuple[int, int]]
) -> None:
    async def fill() -> None:
        room, bounds = Room(Bounds(sizer, bound, max_bytes)), Bounds(sizer, bound, max_bytes)
        inside: list[tuple[int, int]] = []
        for items, size in sizes:
            try:
                await room.take(items, size, None, wait=False)
                inside.append((items, size))
            except Refusal:
                if inside:
                    room.give_back(*inside.pop(0))
            assert sum(bounds.weight(*each) for each in inside) == room.used <= bound
            assert not max_bytes or sum(size for _, size in inside) <= max_bytes

    asyncio.run(fill())
