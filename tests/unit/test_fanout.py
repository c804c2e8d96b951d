"""Several next hops that answer as one."""

from __future__ import annotations

import asyncio
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from processor.errors import Code, Refusal
from processor.forward.fanout import FanOut, joined, merged
from processor.model import Batch, Signal, Terms
from tests.doubles.hop import Hop

BATCH = Batch(Signal.TRACES, b"spans")
CODES = st.sampled_from(sorted(set(Code) - {Code.OK}, key=lambda code: code.name))


@st.composite
def refusal_of_a_hop(draw: st.DrawFn) -> Refusal:
    """What a next hop may refuse with."""
    delay_s = draw(st.none() | st.floats(0, 100))
    return Refusal(draw(CODES), draw(st.text()), retry_after_s=delay_s)


REFUSALS = refusal_of_a_hop()


def partial(rejected: int, words: str) -> bytes:
    """An Export*ServiceResponse."""
    response = ExportTraceServiceResponse()
    response.partial_success.rejected_spans = rejected
    response.partial_success.error_message = words
    return response.SerializeToString()


async def test_all_are_asked_at_the_same_time() -> None:
    gate = asyncio.Event()
    hops = [Hop("a", gate=gate), Hop("b", gate=gate)]
    async with FanOut(hops) as fan_out, asyncio.TaskGroup() as tasks, asyncio.timeout(5):
        sending = tasks.create_task(fan_out.send(BATCH, Terms()))
        for hop in hops:
            await hop.asked.wait()
        gate.set()
    assert sending.result() == b""
    assert [hop.batches for hop in hops] == [[BATCH], [BATCH]]


async def test_one_that_refuses_is_heard_though_the_others_accept() -> None:
    refusal = Refusal.relayed(Code.UNAVAILABLE, "full", b"")
    async with FanOut([Hop("a"), Hop("b", fails_with=refusal), Hop("c")]) as fan_out:
        with pytest.raises(Refusal) as caught:
            await fan_out.send(BATCH, Terms())
    assert caught.value is refusal


async def test_a_fault_in_one_is_a_fault() -> None:
    hops = [
        Hop("a", fails_with=Refusal(Code.UNAVAILABLE, "full")),
        Hop("b", fails_with=KeyError(1)),
    ]
    async with FanOut(hops) as fan_out:
        with pytest.raises(KeyError):
            await fan_out.send(BATCH, Terms())


async def test_what_cannot_be_opened_closes_what_was() -> None:
    class Broken(Hop):
        async def __aenter__(self) -> Self:
            raise OSError("cannot open")

    first = Hop("a")
    with pytest.raises(OSError, match="cannot open"):
        await FanOut([first, Broken("b")]).__aenter__()
    assert not first.opened


@given(st.lists(REFUSALS, min_size=1, max_size=4))
def test_it_may_be_sent_again_while_one_of_them_may_take_it(refusals: list[Refusal]) -> None:
    answer = joined([(f"hop{index}", refusal) for index, refusal in enumerate(refusals)])
    assert answer.retryable == any(refusal.retryable for refusal in refusals)
    assert answer.code in {refusal.code for refusal in refusals}


@given(st.lists(REFUSALS, min_size=1, max_size=4))
def test_it_is_not_sent_again_before_the_slowest_is_ready(refusals: list[Refusal]) -> None:
    answer = joined([(f"hop{index}", refusal) for index, refusal in enumerate(refusals)])
    delays = [r.retry_after_s for r in refusals if r.retryable and r.retry_after_s is not None]
    if answer.retryable:
        assert answer.retry_after_s == max(delays, default=None)


def test_several_refusals_are_told_by_name() -> None:
    permanent = Refusal(Code.INVALID_ARGUMENT, "too old")
    later = Refusal(Code.RESOURCE_EXHAUSTED, "slow down", retry_after_s=2)
    answer = joined([("otlp/a", permanent), ("otlp/b", later)])
    assert str(answer) == "RESOURCE_EXHAUSTED: otlp/a: too old; otlp/b: slow down"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param([b"", b""], b"", id="all-taken"),
        pytest.param(
            [b"", partial(2, "old") + b"\x10\x01"], partial(2, "old") + b"\x10\x01", id="one"
        ),
        pytest.param(
            [partial(2, "old"), partial(5, "big")], partial(5, "a: old; b: big"), id="two"
        ),
        pytest.param(
            [partial(0, "warned"), partial(1, "")], partial(1, "a: warned"), id="warning"
        ),
    ],
)
def test_partial_successes_are_merged(answers: list[bytes], expected: bytes) -> None:
    assert merged(list(zip("ab", answers, strict=True))) == expected
