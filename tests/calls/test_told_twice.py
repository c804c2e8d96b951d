"""Spans that tell of one call, and spans that only seem to: each is a sentence that once was false."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from processor.calls import Memory
from processor.calls.orphans import Orphans
from processor.calls.settle import MAX_ID
from processor.calls.subtree import Subtree
from processor.wire.fields import Malformed
from tests.calls.traffic import CALL, CALL_ATTO, END_NS, TABLE, Said, call, enricher, request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.wire.fields import Value

RESPONSE = "resp_0123456789abcdef0123"
NAMED: Mapping[str, Value] = {**CALL, "gen_ai.response.id": RESPONSE}
SEARCHED: Mapping[str, Value] = {**NAMED, "gen_ai.usage.web_search_requests": 1}


def spent(*bodies: bytes) -> int:
    one = enricher()
    charges = [c for body in bodies for c in one.enrich(body, TABLE, END_NS).charges]
    return sum(charge.atto_usd for charge in charges)


@pytest.mark.parametrize(
    "outer",
    [
        pytest.param(SEARCHED, id="who tells more"),
        pytest.param({**SEARCHED, "gen_ai.operation.name": "invoke_agent"}, id="agent"),
        pytest.param({**SEARCHED, "gen_ai.request.model": "nobodys"}, id="no price"),
        pytest.param({**SEARCHED, "gen_ai.usage.input_tokens": -5}, id="impossible"),
    ],
)
def test_one_of_two_spans_is_always_billed(outer: Mapping[str, Value]) -> None:
    inner = Said(span_id=b"inner...", parent=b"outer...", scope="a", attributes=NAMED)
    around = Said(span_id=b"outer...", scope="b", attributes=outer)
    assert spent(request(inner, around)) == CALL_ATTO
    assert spent(request(around, inner)) == CALL_ATTO


def test_a_gateways_charge_stands_whoever_tells_of_searches() -> None:
    charged = {**NAMED, "gen_ai.usage.cost": 0.5, "metadata.user_api_key_hash": "h"}
    inner = Said(span_id=b"inner...", parent=b"outer...", scope="litellm", attributes=charged)
    around = Said(span_id=b"outer...", scope="b", attributes=SEARCHED)
    assert spent(request(inner, around)) == 5 * 10**17


@pytest.mark.parametrize(
    ("inputs", "calls"),
    [
        pytest.param((1000, 0, 1000, 0), 1, id="the same"),
        pytest.param((1000, 400, 600, 0), 1, id="one left out what was cached"),
        pytest.param((1000, 0, 999, 0), 2, id="another prompt"),
    ],
)
def test_an_equal_answer_alone_makes_no_two_calls_one(
    inputs: tuple[int, int, int, int], calls: int
) -> None:
    def said(span_id: bytes, scope: str, whole: int, cached: int, early_ns: int) -> Said:
        made = call(
            span_id,
            gen_ai__usage__input_tokens=whole,
            gen_ai__usage__cache_read__input_tokens=cached,
            gen_ai__usage__output_tokens=1,
        )
        return replace(made, scope=scope, start_ns=END_NS - early_ns, end_ns=END_NS)

    one = said(b"one.....", "a", *inputs[:2], 1000)
    other = said(b"other...", "b", *inputs[2:], 900)
    charges = enricher().enrich(request(one, other), TABLE, END_NS).charges
    assert [str(charge.status) for charge in charges].count("priced") == calls


@pytest.mark.parametrize("agent_first", [True, False])
def test_an_aggregate_is_not_billed_for_a_response_that_was(agent_first: bool) -> None:  # noqa: FBT001
    memory = Memory()
    orphans = Orphans(memory, wait_s=1.0)
    one = enricher(memory=memory, orphans=orphans)
    agent = Said(
        span_id=b"agent...", attributes={**NAMED, "gen_ai.operation.name": "invoke_agent"}
    )
    elsewhere = Said(span_id=b"gateway.", trace=b"another trace 16", attributes=NAMED)
    order = (agent, elsewhere) if agent_first else (elsewhere, agent)
    for said in order:
        one.enrich(request(said), TABLE, END_NS).counted()
    assert not orphans.due(END_NS + 10**10)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(call(gen_ai__response__id="x" * 65_536 + "-"), id="long id"),
        pytest.param(
            replace(call(gen_ai__response__id="a1"), trace=b"t" * 65_536), id="long trace"
        ),
    ],
)
def test_names_are_remembered_in_few_bytes(said: Said) -> None:
    memory = Memory()
    enricher(memory=memory).enrich(request(said), TABLE, END_NS)
    assert len(memory.calls) == 1
    kept = memory.calls._young  # pyright: ignore[reportPrivateUsage]
    assert all(len(str(key)) <= MAX_ID for key in kept)


def test_of_spans_without_an_id_nothing_is_remembered() -> None:
    memory = Memory()
    one = enricher(memory=memory)
    nameless = [call(b"", gen_ai__usage__output_tokens=n) for n in range(1, 50)]
    made = one.enrich(request(call(), *nameless), TABLE, END_NS)
    assert (len(made.charges), len(made.settled.charges), len(memory.spans)) == (50, 1, 1)
    made.counted()
    assert not made.charges


def test_a_torn_span_is_our_own_error_with_roll_ups_too() -> None:
    span = (
        b"\x0a\x10" + b"t" * 16 + b"\x12\x08" + b"s" * 8 + b"\x0a"
    )  # no length behind its tag
    for tag in (0x12, 0x12, 0x0A):
        span = bytes([tag, len(span)]) + span
    with pytest.raises(Malformed):
        enricher(subtree=Subtree()).enrich(request(call()) + span, TABLE, END_NS)
