"""Each call counts once, its exact cost, and a series is 0 before it is anything else."""

from __future__ import annotations

import asyncio
import os
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from processor.errors import Code
from processor.model import Signal
from tests.doubles.sink import Failure
from tests.doubles.until import until
from tests.service.calls import COST, GPT_4O_USD, chat, ours, sent, spans_of, values
from tests.service.child import PATIENCE_S, hop
from tests.service.points import points

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    from tests.service.child import Hop

pytestmark = pytest.mark.asyncio(loop_scope="session")

Batches = list[list["Span"]]


def whole(calls: Sequence[Span]) -> Batches:
    return [list(calls)]


def one_by_one(calls: Sequence[Span]) -> Batches:
    return [[call] for call in calls]


def backwards_in_twos(calls: Sequence[Span]) -> Batches:
    return [list(calls[index : index + 2][::-1]) for index in range(0, len(calls), 2)][::-1]


def each_twice(calls: Sequence[Span]) -> Batches:
    return [[*calls, *calls]]


@pytest.mark.parametrize("again", [whole, one_by_one, backwards_in_twos, each_twice])
async def test_calls_that_are_sent_again_count_once_and_look_the_same(
    running: Hop, again: Callable[[Sequence[Span]], Batches]
) -> None:
    shop = {"service.name": f"again-{again.__name__}"}
    calls = [chat(fresh=1000 + index) for index in range(5)]
    first = {
        one.span_id: ours(one) for one in await running.priced(sent(*calls, resource=shop))
    }
    assert len({str(stamp) for stamp in first.values()}) == 5
    for _ in range(2):
        for batch in again(calls):
            for one in await running.priced(sent(*batch, resource=shop)):
                assert ours(one) == first[one.span_id]
    page = await running.child.page()
    assert page.total("genai_cost_spans_total", service_name=shop["service.name"]) == 5


async def test_a_retry_after_a_refusal_counts_once(running: Hop) -> None:
    shop = {"service.name": "retried"}
    body = sent(chat(), resource=shop)
    running.sink.failure = Failure(Code.UNAVAILABLE, "later")
    assert [(await running.send(body)).code for _ in range(3)] == [Code.UNAVAILABLE] * 3
    running.sink.failure = None
    assert [(await running.send(body)).code for _ in range(3)] == [Code.OK] * 3
    assert len(set(running.bodies())) == 1
    page = await running.child.page()
    assert page.total("gen_ai_usage_cost_total", service_name="retried") == GPT_4O_USD


async def test_the_same_call_twice_in_flight_counts_once(running: Hop) -> None:
    """A sender whose patience ended sends again while the first request is still on its way."""
    body = sent(chat(), resource={"service.name": "impatient"})
    running.sink.hold()
    async with asyncio.TaskGroup() as senders:
        replies = [senders.create_task(running.send(body)) for _ in range(2)]
        await running.sink.reach(waiting=2)
        running.sink.release()
    assert [reply.result().code for reply in replies] == [Code.OK, Code.OK]
    assert len(set(running.bodies())) == 1
    page = await running.child.page()
    assert page.total("genai_cost_spans_total", service_name="impatient") == 1


async def test_two_spans_of_one_call_are_one_call(running: Hop) -> None:
    """Two instrumentations watch one client: the same answer, by its id."""
    said = {"gen_ai.response.id": f"chatcmpl-{os.urandom(12).hex()}"}
    resource = {"service.name": "watched-twice"}
    first = await running.stamps(sent(chat(more=said), resource=resource))
    second = await running.stamps(sent(chat(more=said), resource=resource))
    assert [stamp.get(COST) for stamp in first + second] == [GPT_4O_USD, None]
    assert second[0]["genai_cost.status"] == "duplicate"
    page = await running.child.page()
    assert page.total("gen_ai_usage_cost_total", service_name="watched-twice") == GPT_4O_USD


async def test_what_a_hop_before_us_settled_passes_and_is_not_counted(running: Hop) -> None:
    resource = {"service.name": "settled-before"}
    (once,) = await running.priced(sent(chat(), resource=resource))
    came = sent(once, resource={"service.name": "second-hop"})
    await running.send(came)
    assert running.bodies()[-1] == came
    page = await running.child.page()
    assert page.total("genai_cost_spans_total", service_name="second-hop") is None


def known(found: list[Any]) -> list[float]:
    """The different values in the order in which they were said."""
    return list(dict.fromkeys(point.value for point in found))


async def test_a_series_is_0_over_otlp_before_it_has_a_value(running: Hop) -> None:
    def said(name: str = COST) -> list[Any]:
        return points(running.bodies(Signal.METRICS), name, service_name="debut")

    for calls in (1, 2):
        await running.send(sent(chat(), resource={"service.name": "debut"}))
        await until(lambda n=calls: len(known(said())) == n + 1, within_s=PATIENCE_S)  # type: ignore[misc]
    assert known(said()) == [0.0, GPT_4O_USD, 2 * GPT_4O_USD]
    assert known(said("genai_cost.spans")) == [0, 1, 2]
    first, *others = said()
    assert first.attributes["gen_ai.request.model"] == "gpt-4o"
    assert first.attributes["gen_ai.provider.name"] == "openai"
    assert first.resource["service.name"] == "debut"
    assert {each.start_unix_ns for each in others} == {first.start_unix_ns}
    times = [each.unix_ns for each in said()]
    assert times == sorted(set(times))
    assert first.start_unix_ns < times[0]


async def test_tokens_are_told_apart_by_class(running: Hop) -> None:
    more = {"gen_ai.usage.cache_read.input_tokens": 400}
    resource = {"service.name": "classes", "deployment.environment": "staging"}
    await running.send(sent(chat(more=dict(more)), resource=resource))
    page = await running.child.page()
    counts = {
        labels["genai_cost_token_class"]: value
        for labels, value in page.series("genai_cost_tokens_total", service_name="classes")
    }
    assert counts == {"input": 1020, "cache_read": 400, "output": 380}
    ((labels, dollars),) = page.series("gen_ai_usage_cost_total", service_name="classes")
    assert labels["gen_ai_request_model"] == "gpt-4o"
    assert labels["deployment_environment_name"] == "staging"
    assert dollars == float(Decimal("0.00255") + Decimal("0.0005") + Decimal("0.0038"))


async def test_the_stamps_add_up_to_the_counter(running: Hop) -> None:
    """Exactly: both are doubles of sums of whole atto-dollars."""
    resource = {"service.name": "sums"}
    calls = [
        chat(model, fresh=7 * index, output=index % 11)
        for index in range(1, 150)
        for model in ("gpt-4o", "gpt-4o-mini")
    ]
    for start in range(0, len(calls), 50):
        await running.send(sent(*calls[start : start + 50], resource=resource))
    stamps = [Decimal(str(values(one)[COST])) for one in spans_of(running.bodies())]
    assert len(stamps) == len(calls)
    page = await running.child.page()
    by_model = [
        Decimal(str(value))
        for _, value in page.series("gen_ai_usage_cost_total", service_name="sums")
    ]
    assert len(by_model) == 2
    assert sum(by_model) == sum(stamps)


async def test_a_person_sees_values_where_a_scraper_sees_0_first(tmp_path: Path) -> None:
    name, model = "gen_ai_usage_cost_total", {"gen_ai_request_model": "gpt-4o"}
    async with hop(tmp_path, metrics={"interval": "1s", "prometheus": "on"}) as service:
        child = service.child
        await service.send(sent(chat()))
        assert (await child.page()).total(name, **model) == GPT_4O_USD
        seen = [(await child.page(scraper=True)).total(name, **model)]
        assert seen == [0.0]
        assert (await child.page()).total(name, **model) == GPT_4O_USD

        async with asyncio.timeout(PATIENCE_S):
            while seen[-1] == 0.0:
                seen.append((await child.page(scraper=True)).total(name, **model))
        assert list(dict.fromkeys(seen)) == [0.0, GPT_4O_USD]
