"""`retry_on_failure`: what is tried again, when, and how long."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.errors import RETRYABLE, Code, Refusal
from processor.forward.retried import Retried, pause
from processor.model import Batch, Signal, Terms
from processor.settings import RetrySettings
from tests.doubles.hop import Hop

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH = Batch(Signal.TRACES, b"spans")
SOON = RetrySettings(enabled=True, initial_interval_s=0.001, max_interval_s=0.002)
NEVER_IN_A_TEST = RetrySettings(enabled=True, initial_interval_s=1000, max_elapsed_time_s=0)


@dataclass
class Flaky(Hop):
    """Refuses so often, then takes."""

    refusals: Sequence[Refusal] = ()

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        number = len(self.batches)
        self.fails_with = self.refusals[number] if number < len(self.refusals) else None
        return await super().send(batch, terms)


def full(delay_s: float | None = None) -> Refusal:
    return Refusal(Code.UNAVAILABLE, "full", retry_after_s=delay_s)


async def send(
    hop: Hop, settings: RetrySettings = SOON, deadline: float | None = None
) -> bytes:
    retried = Retried(hop, settings, asyncio.Event())
    async with asyncio.timeout(20), retried:
        return await retried.send(BATCH, Terms(deadline=deadline))


async def test_what_is_refused_for_now_is_sent_again_until_it_is_taken() -> None:
    hop = Flaky(answer=b"partial", refusals=[full(), full(0.001), full()])
    assert await send(hop) == b"partial"
    assert hop.batches == [BATCH] * 4
    assert not hop.opened


@pytest.mark.parametrize("code", sorted(set(Code) - {Code.OK}, key=str))
async def test_only_what_may_be_tried_again_is(code: Code) -> None:
    hop = Flaky(refusals=[Refusal(code, "no")])
    if code in RETRYABLE:
        assert await send(hop) == b""
        assert len(hop.batches) == 2
    else:
        with pytest.raises(Refusal, match="no"):
            await send(hop)
        assert len(hop.batches) == 1


async def test_a_fault_is_not_tried_again() -> None:
    hop = Hop(fails_with=ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await send(hop)
    assert len(hop.batches) == 1


async def test_the_sender_hears_the_refusal_while_it_still_listens() -> None:
    """The next try would come after its deadline, so there is none."""
    refusal = full(delay_s=5)
    hop = Hop(fails_with=refusal)
    with pytest.raises(Refusal) as caught:
        await send(hop, deadline=time.monotonic() + 4)
    assert caught.value is refusal
    assert len(hop.batches) == 1


async def test_it_ends_after_what_is_configured() -> None:
    hop = Hop(fails_with=full(delay_s=0.01))
    with pytest.raises(Refusal):
        await send(hop, SOON._replace(max_elapsed_time_s=0.05))
    assert 2 <= len(hop.batches) <= 6


async def test_it_ends_at_once_when_the_service_stops(caplog: pytest.LogCaptureFixture) -> None:
    refusal, stopping = full(), asyncio.Event()
    hop = Hop(fails_with=refusal)
    retried = Retried(hop, NEVER_IN_A_TEST, stopping)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(_outcome(retried))
        await hop.asked.wait()
        stopping.set()
    assert sending.result() is refusal
    assert await _outcome(retried) is refusal
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("hop is asked again in ")


async def _outcome(retried: Retried) -> Refusal | None:
    try:
        await retried.send(BATCH, Terms())
    except Refusal as refusal:
        return refusal
    return None


async def test_a_sender_that_leaves_ends_it() -> None:
    hop = Hop(fails_with=full())
    retried = Retried(hop, NEVER_IN_A_TEST, asyncio.Event())
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(retried.send(BATCH, Terms()))
        await hop.asked.wait()
        sending.cancel()
    assert sending.cancelled()
    assert len(hop.batches) == 1


@given(
    interval_s=st.floats(0, 1000),
    factor=st.floats(0, 1),
    chance=st.floats(0, 1, exclude_max=True),
    asked_s=st.none() | st.floats(0, 1000),
)
def test_the_pause_is_near_its_interval_and_never_shorter_than_asked(
    interval_s: float, factor: float, chance: float, asked_s: float | None
) -> None:
    settings = RetrySettings(randomization_factor=factor)
    found = pause(interval_s, settings, full(asked_s), chance)
    assert found >= (asked_s or 0)
    if found != asked_s:
        low, high = interval_s * (1 - factor), interval_s * (1 + factor)
        assert low - 1e-9 <= found <= high + 1e-9


async def test_intervals_grow_as_the_collectors_do() -> None:
    """5 s, 7.5 s, 11.25 s ... up to 30 s; seen by the pauses of a clock that nobody waits for."""
    seen: list[float] = []

    class Watched(Retried):
        async def _stops_within(self, pause_s: float, refusal: Refusal) -> bool:
            del refusal
            seen.append(pause_s)
            return len(seen) == 7

    hop = Hop(fails_with=full())
    with pytest.raises(Refusal):
        await Watched(
            hop, RetrySettings(enabled=True), asyncio.Event(), chance=lambda: 0.5
        ).send(BATCH, Terms())
    assert seen == [5.0, 7.5, 11.25, 16.875, 25.3125, 30.0, 30.0]
