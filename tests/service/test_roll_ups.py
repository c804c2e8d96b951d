"""Aggregates in the running service: billed late where their calls never came, and what they sum up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from processor.model import Signal
from tests.service.calls import COST, GPT_4O_USD, chat, sent
from tests.service.child import hop
from tests.service.points import points

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="session")
AGENT = {"gen_ai.operation.name": "invoke_agent"}


async def test_an_aggregate_whose_calls_never_came_is_counted_when_the_service_stops(
    tmp_path: Path,
) -> None:
    counting = {"orphan_aggregates": "bill", "wait": "1h"}
    async with hop(tmp_path, counting=counting) as service:
        (stamp,) = await service.stamps(sent(chat(more=AGENT)))
        assert stamp.get(COST) is None
        assert stamp["genai_cost.status"] == "aggregate"
        assert await service.child.stop() == 0
        bodies = service.bodies(Signal.METRICS)
    assert points(bodies, COST)[-1].value == GPT_4O_USD
    (late,) = {point.value for point in points(bodies, "genai_cost.late") if point.value}
    assert late == GPT_4O_USD
    assert {
        point.attributes["genai_cost.status"] for point in points(bodies, "genai_cost.late")
    } == {"aggregate"}


async def test_an_agent_says_what_its_calls_came_to(tmp_path: Path) -> None:
    async with hop(tmp_path, enrich={"subtree": True}) as service:
        agent, call = chat(more=AGENT), chat()
        call.trace_id, call.parent_span_id = agent.trace_id, agent.span_id
        await service.stamps(sent(call))
        *_, stamp = await service.stamps(sent(agent))
        assert stamp["genai_cost.subtree.calls"] == 1
        assert stamp["genai_cost.subtree.cost"] == GPT_4O_USD
