"""A cost that came with the span: who made it decides what becomes of it, and the counters follow."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
import pytest_asyncio

from tests.service.calls import COST, GPT_4O_USD, chat, ours, sent
from tests.service.child import Hop, hop

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    from tests.service.calls import Value

pytestmark = pytest.mark.asyncio(loop_scope="session")

POLICIES: Final = ("replace_estimates", "keep", "replace")


class Left(NamedTuple):
    """What is on the span afterwards."""

    cost: float | None
    source: str | None = None
    reported: float | None = None
    status: str = "priced"


def left_on(span: Span) -> Left:
    written: dict[str, Any] = dict(ours(span))
    return Left(
        written.get(COST),
        written.get("genai_cost.source"),
        written.get("genai_cost.reported"),
        written["genai_cost.status"],
    )


class Came(NamedTuple):
    """A call with a cost, and what becomes of it under each policy, in their order."""

    model: str
    scope: str
    more: dict[str, Value]
    left: tuple[Left, Left, Left]


COMPUTED: Final = Left(GPT_4O_USD, "computed")
CASES: Final = {
    "a-gateways-charge": Came(
        "gpt-4o",
        "agentgateway",
        {COST: 0.5},
        (
            Left(0.5, "reported"),
            Left(0.5, "reported"),
            Left(GPT_4O_USD, "computed", 0.5),
        ),
    ),
    "a-sellers-charge": Came(
        "gpt-4o",
        "shop.llm",
        {"gen_ai.provider.name": "openrouter", COST: 0.25},
        (
            Left(0.25, "reported"),
            Left(0.25, "reported"),
            Left(0.25, "reported", status="unknown_model"),  # we know no price of that seller
        ),
    ),
    "an-sdks-estimate": Came(
        "gpt-4o",
        "openlit.instrumentation.openai",
        {COST: 0.1},
        (
            Left(GPT_4O_USD, "computed", 0.1),
            Left(0.1, "reported"),
            Left(GPT_4O_USD, "computed", 0.1),
        ),
    ),
    "an-estimate-for-a-model-without-a-price": Came(
        "our-own-model",
        "openlit.instrumentation.openai",
        {COST: 0.1},
        (
            Left(0.1, "reported", status="unknown_model"),
            Left(0.1, "reported"),
            Left(0.1, "reported", status="unknown_model"),
        ),
    ),
    "a-zero-for-a-model-with-a-price": Came(
        "gpt-4o",
        "openlit.instrumentation.openai",
        {COST: 0.0},
        (
            Left(GPT_4O_USD, "computed", 0.0),
            Left(0.0, "reported"),
            Left(GPT_4O_USD, "computed", 0.0),
        ),
    ),
    "none": Came("gpt-4o", "shop.llm", {}, (COMPUTED, COMPUTED, COMPUTED)),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hops(
    tmp_path_factory: pytest.TempPathFactory, shared_hop: Hop
) -> AsyncGenerator[dict[str, Hop]]:
    """A service under each policy; the default is the shared one's."""
    async with AsyncExitStack() as stack:
        opened = {"replace_estimates": shared_hop}
        for policy in POLICIES[1:]:
            folder = tmp_path_factory.mktemp(policy)
            one = hop(folder, enrich={"existing_cost": policy})
            opened[policy] = await stack.enter_async_context(one)
        yield opened


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("case", CASES)
async def test_the_cost_on_the_span_and_in_the_counter(
    hops: dict[str, Hop], policy: str, case: str
) -> None:
    came, service = CASES[case], hops[policy]
    call = chat(came.model, came.more)
    body = sent(call, scope=came.scope, resource={"service.name": case})
    (after,) = await service.priced(body)
    left = came.left[POLICIES.index(policy)]
    assert left_on(after) == left
    page = await service.child.page()
    assert page.total(
        "gen_ai_usage_cost_total", service_name=case, genai_cost_source=left.source or ""
    ) == pytest.approx(left.cost, rel=1e-15)
