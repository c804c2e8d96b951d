"""A next hop that breaks in every way, under load: nothing that was accepted is lost.

Senders behave as SDKs do, and try again. The same faults for each way to acknowledge: after the next
hop has, from memory, from disk. What arrives twice is what the next hop took while its answer was lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
import pytest_asyncio

from processor.errors import Code
from tests.doubles.sink import Failure, Sink
from tests.doubles.until import until
from tests.faults.standing import PATIENCE_S, TIMEOUT_S, WAYS, Stand, Way, answered, standing
from tests.faults.tally import Tally, tell
from tests.service.child import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from pathlib import Path

    Faulty = Callable[[Stand, Tally], Awaitable[None]]

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def dies_with_requests_inside(stand: Stand, tally: Tally) -> None:
    stand.sink.hold()
    await until(lambda: stand.sink.waiting >= 2)
    stand.proxy.away()
    stand.sink.release()
    await answered(tally, 8)


async def dies_before_it_answers(stand: Stand, _: Tally) -> None:
    taken = len(stand.sink.taken)
    stand.proxy.mute()
    await until(lambda: len(stand.sink.taken) > taken)
    stand.proxy.cut()


async def flaps(stand: Stand, tally: Tally) -> None:
    for _ in range(5):
        stand.proxy.cut()
        await answered(tally, 3)


async def answers_slowly(stand: Stand, tally: Tally) -> None:
    stand.proxy.lag_s = 0.1 * TIMEOUT_S
    await answered(tally, 8)


async def answers_too_slowly(stand: Stand, tally: Tally) -> None:
    """It takes every request, and says so when nobody listens any more."""
    stand.proxy.lag_s = 1.5 * TIMEOUT_S
    await until(lambda: bool(tally.figures(stand.sink.taken).duplicated), within_s=PATIENCE_S)


async def is_half_open(stand: Stand, tally: Tally) -> None:
    """It takes connections and says nothing on them; then they are reset."""
    stand.proxy.hang()
    stand.proxy.cut()
    await answered(tally, 6)
    stand.proxy.cut()


async def refuses_without_a_delay(stand: Stand, tally: Tally) -> None:
    stand.refuse()
    await answered(tally, 16)


async def refuses_with_a_delay(stand: Stand, tally: Tally) -> None:
    stand.refuse(delay_s=1)
    await answered(tally, 4)


FAULTS: Final = (
    dies_with_requests_inside,
    dies_before_it_answers,
    flaps,
    answers_slowly,
    answers_too_slowly,
    is_half_open,
    refuses_without_a_delay,
    refuses_with_a_delay,
)
FAILED: Final = "genai_cost_exporter_send_failed_spans_total"


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=WAYS, ids=str)
async def stand(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Stand]:
    """A service that lives through all the faults, one after the other."""
    way: Way = request.param
    async with standing(tmp_path_factory.mktemp("faults"), way) as opened:
        yield opened
        assert await opened.child.stop() == 0
        assert "Traceback" not in opened.child.said()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.__name__))
async def test_a_next_hop_that(fault: Faulty, stand: Stand) -> None:
    figures = await stand.under(fault)
    tell(f"{stand.way} {fault.__name__}", figures)
    assert figures.sent == figures.accepted == figures.arrived
    assert not figures.lost
    assert figures.duplicated or fault is not answers_too_slowly


@pytest.mark.parametrize("way", WAYS, ids=str)
async def test_a_next_hop_that_is_dead_at_the_start(way: Way, tmp_path: Path) -> None:
    async def comes_late(_: Stand, tally: Tally) -> None:
        await answered(tally, 8)

    async with standing(tmp_path, way, away=True) as stand:
        figures = await stand.under(comes_late)
        tell(f"{way} is_dead_at_the_start", figures)
        assert figures.sent == figures.accepted == figures.arrived
        assert await stand.child.stop() == 0


@pytest.mark.parametrize("way", WAYS[:3], ids=str)
async def test_a_next_hop_that_refuses_for_good(way: Way, tmp_path: Path) -> None:
    """Without a queue the sender hears it. With one it was acknowledged before: that is counted."""
    tally = Tally()
    async with standing(tmp_path, way, exporter_timeout="30s") as stand:
        assert isinstance(stand.sink, Sink)
        stand.sink.failure = Failure(Code.INVALID_ARGUMENT, "never")
        for _ in range(20):
            await tally.send(stand.send)

        async def counted() -> bool:
            return (await stand.child.page()).total(FAILED) == 20

        await eventually(counted)
        assert await stand.child.stop() == 0
        figures = tally.figures(stand.sink.taken)
    tell(f"{way} refuses_for_good", figures)
    assert figures.accepted == figures.lost == (20 if way.queue else 0)
    assert tally.refused == ({} if way.queue else {"INVALID_ARGUMENT": 20})
