"""A next hop that fails is said when it begins, while it lasts and when it ends; and counted."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from processor.errors import Code, Refusal
from processor.forward.counted import REMIND_S, Counted
from processor.forward.retried import Retried
from processor.forward.standing import Standing
from processor.model import Batch, Signal, Terms
from processor.settings import RetrySettings
from processor.telemetry import Telemetry
from tests.doubles.hop import Hop

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH = Batch(Signal.TRACES, b"", items=3)


class Clock:
    """Time that moves when told to."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


async def sent(counted: Counted, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Refusal):
            await counted.send(BATCH, Terms())


def said(caplog: pytest.LogCaptureFixture) -> Sequence[str]:
    return [record.getMessage() for record in caplog.records]


async def test_a_failing_hop_is_said_once_a_minute_and_when_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hop, clock, telemetry = Hop("back_end"), Clock(), Telemetry()
    counted = Counted(hop, telemetry, clock=clock)
    caplog.set_level(logging.INFO, "genai_cost")
    hop.fails_with = Refusal(Code.UNAVAILABLE, "connection refused")
    await sent(counted, 3)
    clock.now_s += REMIND_S
    await sent(counted, 2)
    hop.fails_with = None
    await counted.send(BATCH, Terms())
    line = "back_end refuses (senders may try again): UNAVAILABLE: connection refused"
    assert said(caplog) == [line, line, "back_end takes data again, after 60 s"]
    assert telemetry.counter("exporter_send_failed_spans") == [(("back_end",), 15)]
    assert telemetry.counter("exporter_sent_spans") == [(("back_end",), 3)]


async def test_a_hop_that_is_asked_again_refuses_meanwhile(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever looks while retries go on sees it, and each time that it begins it is said."""
    hop, standing, seen = Hop("back_end"), Standing(), list[tuple[str, str]]()
    settings = RetrySettings(enabled=True, initial_interval_s=0.001, max_interval_s=0.002)
    retried = Retried(hop, settings, asyncio.Event(), standing=standing)
    counted = Counted(retried, Telemetry(), standing=standing)
    caplog.set_level(logging.INFO, "genai_cost")
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        for asked in (1, 2):
            hop.fails_with = Refusal(Code.UNAVAILABLE, "away")
            hop.asked.clear()
            sending = tasks.create_task(counted.send(BATCH, Terms()))
            await hop.asked.wait()
            await asyncio.sleep(0)
            seen.append((standing.state, standing.last_refusal))
            hop.fails_with = None
            await sending
            seen.append((standing.state, standing.last_refusal))
            assert sum("is asked again" in line for line in said(caplog)) == asked
            assert sum("takes data again" in line for line in said(caplog)) == asked
    assert seen == [("refuses", "UNAVAILABLE: away"), ("takes", "UNAVAILABLE: away")] * 2


async def test_what_is_refused_for_good_is_said_to_be_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hop = Hop("back_end")
    hop.fails_with = Refusal(Code.UNIMPLEMENTED, "no such pipeline")
    await sent(Counted(hop, Telemetry()), 1)
    assert said(caplog) == [
        "back_end refuses (for good: senders drop it): UNIMPLEMENTED: no such pipeline"
    ]


async def test_behind_a_queue_it_says_that_senders_do_not_know(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hop = Hop("back_end", fails_with=Refusal(Code.UNAVAILABLE, "full"))
    await sent(Counted(hop, Telemetry(), queued=True), 1)
    line = "back_end refuses (its senders were told that it was taken): UNAVAILABLE: full"
    assert said(caplog) == [line]


async def test_what_waits_for_an_answer_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    telemetry = Telemetry()

    class Slow(Hop):
        async def send(self, batch: Batch, terms: Terms) -> bytes:
            assert telemetry.reading("exporter_in_flight_requests") == [(("back_end",), 1)]
            return await super().send(batch, terms)

    counted = Counted(Slow("back_end"), telemetry)
    await counted.send(BATCH, Terms())
    assert telemetry.reading("exporter_in_flight_requests") == [(("back_end",), 0)]
    assert caplog.records == []


async def test_it_remembers_how_it_stands_with_its_next_hop() -> None:
    hop, clock = Hop("back_end"), Clock()
    counted = Counted(hop, Telemetry(), clock=clock)
    assert counted.standing == Standing("unused", 100.0)
    clock.now_s = 105.0
    hop.fails_with = Refusal(Code.UNAVAILABLE, "full")
    await sent(counted, 1)
    clock.now_s = 107.0
    await sent(counted, 1)
    assert counted.standing == Standing("refuses", 105.0, "UNAVAILABLE: full", 107.0)
    clock.now_s = 110.0
    hop.fails_with = None
    await counted.send(BATCH, Terms())
    assert counted.standing == Standing("takes", 110.0, "UNAVAILABLE: full", 107.0)
