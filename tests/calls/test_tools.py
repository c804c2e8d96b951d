"""A call that a tool makes is not the call that asked for the tool, in whatever order they come."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from pricing import PriceBook
from tests.calls.traffic import CALL_ATTO, Said, call, enricher, request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.wire.fields import Value

BOOK = PriceBook()
BOOK.reload(0.0)
OUTER = replace(call(b"outer..1"), parent=b"root...1")
INNER = replace(call(b"inner..1", gen_ai__usage__output_tokens=0), parent=b"tool...1")
INNER_ATTO = 3_550_000_000_000_000  # 1,420 at 2.50 the million


def tool(**attributes: Value) -> Said:
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    return Said(span_id=b"tool...1", parent=OUTER.span_id, attributes=named)


RAN = tool(gen_ai__operation__name="execute_tool", gen_ai__tool__name="look_up")


def spent(requests: Sequence[bytes]) -> int:
    one = enricher()
    charges = [c for body in requests for c in one.enrich(body, BOOK.current, 0).charges]
    return sum(charge.atto_usd for charge in charges)


@pytest.mark.parametrize("order", list(permutations((OUTER, RAN, INNER))))
@pytest.mark.parametrize("together", [True, False], ids=["one request", "three"])
def test_both_are_billed_in_every_order(order: Sequence[Said], together: bool) -> None:  # noqa: FBT001
    bodies = [request(*order)] if together else [request(each) for each in order]
    assert spent(bodies) == CALL_ATTO + INNER_ATTO


@pytest.mark.parametrize(
    "ran",
    [
        pytest.param(RAN, id="semconv"),
        pytest.param(
            tool(openinference__span__kind="TOOL", tool__name="f"), id="openinference"
        ),
        pytest.param(tool(traceloop__span__kind="tool"), id="openllmetry"),
        pytest.param(tool(ai__operationId="ai.toolCall", operation__name="x"), id="vercel"),
    ],
)
def test_tools_as_their_writers_name_them(ran: Said) -> None:
    assert spent([request(INNER), request(ran), request(OUTER)]) == CALL_ATTO + INNER_ATTO


def test_what_is_no_tool_parts_nothing() -> None:
    passes = replace(RAN, attributes={"gen_ai.operation.name": "chain"})
    assert spent([request(INNER, passes, OUTER)]) == INNER_ATTO


def test_a_call_right_below_is_still_the_one_above_it() -> None:
    direct = replace(call(b"direct.1"), parent=OUTER.span_id)
    assert spent([request(direct, INNER, RAN, OUTER)]) == CALL_ATTO + INNER_ATTO
