"""`sending_queue.batch`: several requests leave as one, and each sender hears what became of its own."""

from __future__ import annotations

import asyncio
import time
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from processor.errors import Code, Refusal
from processor.forward.counted import Counted
from processor.model import Batch, Signal, Terms
from processor.queue.batches import LARGEST_BYTES, MOST_BYTES, Gathering
from processor.queue.disk_store import DiskStore
from processor.queue.memory_store import MemoryStore
from processor.queue.request import Entry
from processor.queue.room import Bounds
from processor.queue.sending_queue import SendingQueue
from processor.settings import BatchSettings
from processor.telemetry import Telemetry
from tests.doubles.hop import Hop
from tests.doubles.until import until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from processor.forward.next_hop import NextHop
    from processor.queue.request import Request
    from processor.settings.values import BatchSizer

NEVER_S = 60.0
"""Longer than a test: what leaves has not waited for it."""


def batch(body: bytes, items: int = 1, signal: Signal = Signal.TRACES) -> Batch:
    return Batch(signal, body, items=items)


def waiting_queue(
    hop: NextHop,
    settings: BatchSettings,
    telemetry: Telemetry | None = None,
    stopping: asyncio.Event | None = None,
) -> SendingQueue:
    return SendingQueue(
        hop,
        MemoryStore(),
        telemetry or Telemetry(),
        stopping,
        bounds=Bounds("requests", 1000),
        batches=settings,
        wait_for_result=True,
    )


async def sent(
    queue: SendingQueue, batches: Sequence[Batch], terms: Sequence[Terms] = ()
) -> list[bytes | BaseException]:
    """All at once; what each sender heard."""
    every = terms or [Terms()] * len(batches)
    sends = [queue.send(each, term) for each, term in zip(batches, every, strict=True)]
    return await asyncio.gather(*sends, return_exceptions=True)


async def test_what_is_large_enough_leaves_as_one() -> None:
    hop = Hop(answer=b"partly")
    async with waiting_queue(hop, BatchSettings(NEVER_S, min_size=6)) as queue:
        heard = await sent(queue, [batch(b"a", 1), batch(b"b", 2), batch(b"c", 3)])
    assert heard == [b"partly"] * 3
    assert [(each.body, each.items) for each in hop.batches] == [(b"abc", 6)]


async def test_what_is_too_small_waits_no_longer_than_told() -> None:
    hop = Hop()
    async with waiting_queue(hop, BatchSettings(0.01, min_size=100)) as queue:
        assert await sent(queue, [batch(b"a"), batch(b"b")]) == [b"", b""]
        assert await sent(queue, [batch(b"c")]) == [b""]
    assert [each.body for each in hop.batches] == [b"ab", b"c"]


HALF = LARGEST_BYTES // 2


@pytest.mark.parametrize(
    ("settings", "sizes", "left"),
    [
        pytest.param(
            BatchSettings(0.01, 4, 4), [2, 3, 1, 4, 9], [[2], [3, 1], [4], [9]], id="items"
        ),
        pytest.param(
            BatchSettings(0.01, 4, 4, "bytes"), [1, 3, 5, 1], [[1, 3], [5], [1]], id="bytes"
        ),
        pytest.param(
            BatchSettings(0.01),
            [HALF, HALF, 1, HALF, HALF],
            [[HALF, HALF], [1, HALF], [HALF]],
            id="what gRPC takes",
        ),
        pytest.param(
            BatchSettings(0.01, 0, 2 * LARGEST_BYTES, "bytes"),
            [HALF, HALF, HALF],
            [[HALF, HALF, HALF]],
            id="what is said in bytes holds",
        ),
    ],
)
async def test_no_batch_is_larger_than_told_and_no_request_is_cut(
    settings: BatchSettings, sizes: list[int], left: list[list[int]]
) -> None:
    hop = Hop()
    async with waiting_queue(hop, settings) as queue:
        await sent(queue, [batch(bytes([key]) * size, size) for key, size in enumerate(sizes)])
    runs = [[len(list(run)) for _, run in groupby(each.body)] for each in hop.batches]
    assert sorted(runs) == sorted(left)  # consumers send at the same time


async def test_only_what_the_next_hop_is_to_see_alike_is_one_batch() -> None:
    hop = Hop()
    batches = [
        batch(b"a"),
        batch(b"b"),
        batch(b"c", signal=Signal.LOGS),
        batch(b"d"),
        batch(b"e", items=0),
        batch(b"f", items=0),
    ]
    other = Terms(metadata=(("x-tenant", "b"),))
    terms = [Terms(), other, Terms(), Terms(), Terms(), Terms()]
    async with waiting_queue(hop, BatchSettings(0.01)) as queue:
        await sent(queue, batches, terms)
    kinds = [(each.body, each.signal) for each in hop.batches]
    assert kinds == [
        (b"ad", Signal.TRACES),
        (b"b", Signal.TRACES),
        (b"c", Signal.LOGS),
        (b"e", Signal.TRACES),
        (b"f", Signal.TRACES),
    ]
    assert [each.metadata for each in hop.heard] == [(), other.metadata, (), (), ()]


@pytest.mark.parametrize("bounds", [Bounds("requests", 3), Bounds("bytes", 35)])
async def test_a_queue_that_takes_no_more_waits_for_no_more(bounds: Bounds) -> None:
    hop = Hop()
    async with SendingQueue(
        hop, MemoryStore(), Telemetry(), bounds=bounds, batches=BatchSettings(NEVER_S)
    ) as queue:
        await sent(queue, [batch(bytes(10))] * 3)
        async with asyncio.timeout(10):
            await hop.asked.wait()
        await sent(queue, [batch(bytes(10))] * 3)
    assert [each.items for each in hop.batches] == [3, 3]


async def test_no_batch_is_more_than_may_be_in_memory() -> None:
    waiting: asyncio.Queue[Entry] = asyncio.Queue()
    for key in range(5):
        waiting.put_nowait(Entry(key, Signal.TRACES, 1, MOST_BYTES // 2))
    gathering = Gathering(waiting, BatchSettings(NEVER_S, 0, 2**40, "bytes"))
    assert [len(await gathering.batch()) for _ in range(3)] == [2, 2, 1]


class Together(MemoryStore):
    """Gives three requests back once all of them are asked for."""

    lasts = True

    def __init__(self) -> None:
        super().__init__()
        self._asked = asyncio.Barrier(3)

    async def get(self, key: int) -> Request | None:
        async with self._asked:
            return await super().get(key)


async def test_a_store_is_asked_for_a_whole_batch_at_once() -> None:
    hop, bounds = Hop(), BatchSettings(NEVER_S, min_size=3)
    async with SendingQueue(hop, Together(), Telemetry(), batches=bounds) as queue:
        await sent(queue, [batch(b"a"), batch(b"b"), batch(b"c")])
        async with asyncio.timeout(10):
            await hop.asked.wait()
    assert [each.body for each in hop.batches] == [b"abc"]


def tenant(name: str) -> Terms:
    return Terms(metadata=(("x-tenant", name),))


async def test_no_more_calls_are_under_way_than_there_are_consumers() -> None:
    hop = Hop(gate=asyncio.Event())
    bounds = BatchSettings(NEVER_S, min_size=9)
    async with SendingQueue(
        hop, MemoryStore(), Telemetry(), batches=bounds, num_consumers=2
    ) as queue:
        await sent(queue, [batch(b"a")] * 9, [tenant(str(number)) for number in range(9)])
        await until(lambda: len(hop.batches) == 2)
        for _ in range(9):
            await asyncio.sleep(0)
        assert len(hop.batches) == 2
        assert hop.gate is not None
        hop.gate.set()
        await until(lambda: len(hop.batches) == 9)


class Slow(Hop):
    """Never answers, and takes its time to stop."""

    ended = 0

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        try:
            return await super().send(batch, terms)
        finally:
            for _ in range(len(batch.body)):
                await asyncio.sleep(0)
            self.ended += 1


async def test_no_call_goes_on_behind_a_closed_queue() -> None:
    hop = Slow(gate=asyncio.Event())
    bounds = BatchSettings(NEVER_S, min_size=2)
    async with SendingQueue(
        hop, MemoryStore(), Telemetry(), batches=bounds, drain_s=0.001
    ) as queue:
        await sent(queue, [batch(b"a"), batch(b"b" * 99)], [tenant("a"), tenant("b")])
        await until(lambda: len(hop.batches) == 2)
    assert hop.ended == 2


class Choosy(Hop):
    """Takes what has nothing bad in it."""

    bad: Exception = Refusal(Code.INVALID_ARGUMENT, "something in it is bad")

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        await super().send(batch, terms)
        if b"bad" in batch.body:
            raise self.bad
        return b""


async def test_what_is_refused_for_good_takes_nothing_else_with_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hop, telemetry = Choosy(), Telemetry()
    bodies = [b"a", b"b", b"c", b"bad", b"d"]
    queue = waiting_queue(Counted(hop, telemetry), BatchSettings(0.01), telemetry)
    async with queue:
        heard = await sent(queue, [batch(body) for body in bodies])
    assert [answer for answer in heard if isinstance(answer, bytes)] == [b""] * 4
    assert isinstance(heard[3], Refusal)
    assert heard[3].code is Code.INVALID_ARGUMENT
    taken = [each.body for each in hop.batches if b"bad" not in each.body]
    assert sorted(b"".join(taken)) == sorted(b"abcd")
    assert telemetry.counter("exporter_sent_spans") == [(("hop",), 4)]
    assert telemetry.counter("exporter_send_failed_spans") == [(("hop",), 1)]
    assert caplog.text.count("refuses") == 1


async def test_a_fault_of_ours_takes_nothing_else_with_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hop, telemetry = Choosy(), Telemetry()
    hop.bad = ValueError("cannot be written")
    queue = waiting_queue(Counted(hop, telemetry), BatchSettings(0.01), telemetry)
    async with queue:
        heard = await sent(queue, [batch(body) for body in (b"a", b"bad", b"c")])
    assert heard == [b"", hop.bad, b""]
    assert telemetry.counter("exporter_sent_spans") == [(("hop",), 2)]
    assert telemetry.counter("exporter_send_failed_spans") == [(("hop",), 1)]
    assert caplog.text.count("a request is given up because of a fault of ours") == 1


@pytest.mark.parametrize("code", [Code.UNAVAILABLE, Code.UNAUTHENTICATED, Code.UNIMPLEMENTED])
async def test_what_is_refused_whatever_is_in_it_is_not_cut_up(code: Code) -> None:
    hop, telemetry = Hop(fails_with=Refusal(code, "not you")), Telemetry()
    queue = waiting_queue(Counted(hop, telemetry), BatchSettings(0.01), telemetry)
    async with queue:
        heard = await sent(queue, [batch(b"a"), batch(b"b")])
    assert [str(answer) for answer in heard] == [f"{code.name}: not you"] * 2
    assert [each.body for each in hop.batches] == [b"ab"]
    assert telemetry.counter("exporter_send_failed_spans") == [(("hop",), 2)]


async def test_the_end_waits_for_nobody() -> None:
    hop = Hop()
    async with SendingQueue(
        hop, MemoryStore(), Telemetry(), batches=BatchSettings(NEVER_S)
    ) as queue:
        await sent(queue, [batch(b"a"), batch(b"b")])
        await asyncio.sleep(0)  # whoever gathers has begun to wait
    assert [each.body for each in hop.batches] == [b"ab"]


async def test_whoever_waits_for_a_result_is_not_kept_when_the_service_stops() -> None:
    hop, stopping = Hop(), asyncio.Event()
    settings = BatchSettings(NEVER_S)
    async with waiting_queue(hop, settings, stopping=stopping) as queue, asyncio.timeout(10):
        sending = asyncio.ensure_future(queue.send(batch(b"a"), Terms()))
        await asyncio.sleep(0)
        stopping.set()
        assert await sending == b""
        assert await queue.send(batch(b"b"), Terms()) == b""  # what came through the doors late


async def test_the_end_may_come_at_the_very_end_of_patience() -> None:
    loop, settings = asyncio.get_running_loop(), BatchSettings(0.001)
    waiting: asyncio.Queue[Entry] = asyncio.Queue()
    gathering = Gathering(waiting, settings)
    waiting.put_nowait(Entry(1, Signal.TRACES, 1, 1))
    gathered = asyncio.ensure_future(gathering.batch())
    await asyncio.sleep(0)
    ended = loop.create_future()

    def end() -> None:
        try:
            gathering.hurry()
            ended.set_result(None)
        except RuntimeError as error:
            ended.set_exception(error)

    loop.call_later(0.001, end)
    time.sleep(0.01)  # noqa: ASYNC251 - both are due in one turn of the loop
    await ended
    assert [entry.key for entry in await gathered] == [1]


async def test_what_an_earlier_run_left_leaves_in_batches_too(tmp_path: Path) -> None:
    path = tmp_path / "hop.queue"
    away = Hop(gate=asyncio.Event())
    first = SendingQueue(
        away, DiskStore(path, "here"), Telemetry(), batches=BatchSettings(0.01)
    )
    async with first as queue:
        await sent(queue, [batch(b"a"), batch(b"b"), batch(b"c")])
        queue._drain_s = 0.01  # pyright: ignore[reportPrivateUsage]
    hop = Hop()
    settings = BatchSettings(NEVER_S, min_size=3)
    async with SendingQueue(hop, DiskStore(path, "here"), Telemetry(), batches=settings):
        await until(lambda: bool(hop.batches))
    assert [(each.body, each.items) for each in hop.batches] == [(b"abc", 3)]


@given(
    requests=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30),
    min_size=st.integers(0, 20),
    more=st.integers(0, 20),
    bounded=st.booleans(),
    sizer=st.sampled_from(["items", "bytes"]),
)
def test_everything_leaves_once_in_its_order_within_the_bounds(
    requests: list[tuple[int, int]],
    min_size: int,
    more: int,
    sizer: BatchSizer,
    *,
    bounded: bool,
) -> None:
    most = min_size + more if bounded else 0
    settings = BatchSettings(NEVER_S, min_size, most, sizer)

    async def leave() -> list[list[Entry]]:
        waiting: asyncio.Queue[Entry] = asyncio.Queue()
        gathering = Gathering(waiting, settings)
        gathering.hurry()
        for key, (items, size) in enumerate(requests):
            waiting.put_nowait(Entry(key, Signal.TRACES, items, size))
        found: list[list[Entry]] = []
        while sum(map(len, found)) < len(requests):
            found.append(await gathering.batch())
        return found

    batches = asyncio.run(leave())
    assert [entry.key for each in batches for entry in each] == list(range(len(requests)))
    for each in batches:
        size = sum(entry.items if sizer == "items" else entry.size_bytes for entry in each)
        assert not most or size <= most or len(each) == 1


def test_the_bytes_of_requests_one_after_the_other_are_one_request() -> None:
    requests = [ExportTraceServiceRequest() for _ in range(3)]
    for number, request in enumerate(requests):
        scope = request.resource_spans.add().scope_spans.add()
        scope.spans.add(name=f"span {number}")
    joined = ExportTraceServiceRequest.FromString(
        b"".join(request.SerializeToString() for request in requests)
    )
    names = [resource.scope_spans[0].spans[0].name for resource in joined.resource_spans]
    assert names == ["span 0", "span 1", "span 2"]


async def test_nothing_is_sent_for_a_sender_that_left_without_an_answer() -> None:
    hop, telemetry = Hop(gate=asyncio.Event()), Telemetry()
    queue = SendingQueue(hop, MemoryStore(), telemetry, num_consumers=1, wait_for_result=True)
    async with queue:
        first = asyncio.ensure_future(queue.send(batch(b"a"), Terms()))
        await hop.asked.wait()
        left = asyncio.ensure_future(queue.send(batch(b"b"), Terms()))
        await until(lambda: telemetry.reading("exporter_queue_size") == [(("hop",), 2)])
        left.cancel()
        assert hop.gate is not None
        hop.gate.set()
        assert await first == b""
        await until(lambda: telemetry.reading("exporter_queue_size") == [(("hop",), 0)])
    assert [each.body for each in hop.batches] == [b"a"]


async def test_a_sender_hears_before_its_deadline_that_there_is_no_answer_yet() -> None:
    hop, telemetry = Hop(gate=asyncio.Event()), Telemetry()
    queue = SendingQueue(hop, MemoryStore(), telemetry, wait_for_result=True, drain_s=0.01)
    async with queue:
        terms = Terms(deadline=time.monotonic() + 1.0)
        with pytest.raises(Refusal, match="within the sender's time") as refused:
            await queue.send(batch(b"a"), terms)
    assert (refused.value.code, refused.value.retryable) == (Code.DEADLINE_EXCEEDED, True)
    assert telemetry.counter("exporter_enqueue_failed_spans") == []


async def test_a_refusal_at_the_end_is_its_senders(caplog: pytest.LogCaptureFixture) -> None:
    hop, stopping = Hop(fails_with=Refusal(Code.UNAVAILABLE, "away")), asyncio.Event()
    stopping.set()
    async with SendingQueue(
        hop, MemoryStore(), Telemetry(), stopping, wait_for_result=True
    ) as queue:
        with pytest.raises(Refusal, match="away"):
            await queue.send(batch(b"a"), Terms())
    assert len(hop.batches) == 1
    assert "are lost" not in caplog.text


async def test_what_was_acknowledged_once_stays_whatever_is_said_of_it_later(
    tmp_path: Path,
) -> None:
    """A queue on disk whose next start waits for results: nobody has what was taken before it."""
    path, stopping = tmp_path / "hop.queue", asyncio.Event()
    first = SendingQueue(Hop(gate=asyncio.Event()), DiskStore(path, "here"), Telemetry())
    async with first as queue:
        assert await queue.send(batch(b"a"), Terms()) == b""
        queue._drain_s = 0.01  # pyright: ignore[reportPrivateUsage]
    away = Hop(fails_with=Refusal(Code.UNAVAILABLE, "away"))
    stopping.set()
    second = SendingQueue(
        away, DiskStore(path, "here"), Telemetry(), stopping, wait_for_result=True
    )
    async with second as queue:
        await away.asked.wait()
        queue._drain_s = 0.01  # pyright: ignore[reportPrivateUsage]
    hop = Hop()
    async with SendingQueue(hop, DiskStore(path, "here"), Telemetry()):
        await until(lambda: bool(hop.batches), within_s=10)
    assert [each.body for each in hop.batches] == [b"a"]
