"""The service writes a cost under the names that its configuration chooses, and counts it once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.service.calls import COST, GPT_4O_USD, chat, sent
from tests.service.child import hop

if TYPE_CHECKING:
    from pathlib import Path

    from opentelemetry.proto.trace.v1.trace_pb2 import Span

pytestmark = pytest.mark.asyncio(loop_scope="session")


def doubles(span: Span) -> dict[str, float]:
    return {
        pair.key: pair.value.double_value
        for pair in span.attributes
        if pair.value.WhichOneof("value") == "double_value"
    }


async def test_a_cost_under_the_chosen_names(tmp_path: Path) -> None:
    forms = {"conventions": ["semconv_draft", "logfire", "sentry"]}
    async with hop(tmp_path, enrich=forms) as service:
        call = chat("gpt-4o", {COST: 0.5})
        (after,) = await service.priced(sent(call, scope="openlit.x"))
        found = doubles(after)
        names = ("gen_ai.usage.cost.amount", "operation.cost", "gen_ai.cost.total_tokens")
        assert [found[name] for name in names] == [GPT_4O_USD] * 3
        assert COST not in found
        assert found["genai_cost.reported"] == 0.5
        page = await service.child.page()
        assert page.total("gen_ai_usage_cost_total") == pytest.approx(GPT_4O_USD, rel=1e-15)
