"""Aggregates whose calls are never seen are billed in the counters, once, after their wait."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from processor.calls import Memory
from processor.calls.orphans import LIMIT, Orphans
from processor.metrics import Ledger
from processor.model import Status
from tests.calls.traffic import CALL_ATTO, END_NS, TABLE, Said, call, enricher, request

if TYPE_CHECKING:
    from processor.model import Charge

S = 10**9
WAIT_S = 120
AGENT, FLOW, CHAT, POST = b"agent...", b"workflow", b"chat....", b"http...."
chat = replace(call(CHAT), parent=AGENT)
agent = replace(call(AGENT, gen_ai__operation__name="invoke_agent"), parent=FLOW)
flow = call(FLOW, gen_ai__operation__name="invoke_workflow")
post = Said(span_id=POST, parent=AGENT, attributes={"http.request.method": "POST"})


class Service:
    """Spans in, what is counted out."""

    def __init__(self) -> None:
        memory = Memory()
        self.orphans = Orphans(memory, WAIT_S)
        self.enricher = enricher(memory=memory, orphans=self.orphans)

    def send(self, *spans: Said, accepted: bool = True, at_ns: int = END_NS) -> int:
        """What is counted at once, in atto-dollars."""
        enriched = self.enricher.enrich(request(*spans), TABLE, at_ns)
        found = sum(charge.atto_usd for charge in enriched.charges) if accepted else 0
        if accepted:
            enriched.counted()
        return found

    def due(self, after_s: int = WAIT_S, *, everything: bool = False) -> list[Charge]:
        return self.orphans.due(END_NS + after_s * S, everything=everything)


@pytest.mark.parametrize(
    ("requests", "at_once", "late"),
    [
        pytest.param([(agent,)], 0, [AGENT], id="alone"),
        pytest.param([(agent, flow)], 0, [AGENT], id="the-inner-one"),
        pytest.param([(flow, agent)], 0, [AGENT], id="the-inner-one-outermost-first"),
        pytest.param([(agent,), (flow,)], 0, [AGENT], id="the-inner-one-of-two-requests"),
        pytest.param([(flow,), (agent,)], 0, [AGENT], id="outermost-first-in-two-requests"),
        pytest.param([(chat,), (agent,), (flow,)], CALL_ATTO, [], id="its-call-came-before"),
        pytest.param([(flow,), (agent,), (chat,)], CALL_ATTO, [], id="its-call-came-after"),
        pytest.param([(chat, agent, flow)], CALL_ATTO, [], id="its-call-came-with-it"),
        pytest.param(
            [(replace(chat, parent=POST),), (post,), (agent,)],
            CALL_ATTO,
            [],
            id="its-call-is-further-down",
        ),
        pytest.param(
            [(replace(chat, parent=b""),), (replace(agent, parent=CHAT),)],
            CALL_ATTO,
            [],
            id="under-a-call",
        ),
        pytest.param(
            [(agent, replace(agent, span_id=b"another."))],
            0,
            [AGENT, b"another."],
            id="two-side-by-side",
        ),
        pytest.param([(agent,), (agent,)], 0, [AGENT], id="sent-again"),
        pytest.param(
            [(replace(agent, attributes={"gen_ai.operation.name": "invoke_agent"}),)],
            0,
            [],
            id="without-counts",
        ),
        pytest.param(
            [(replace(agent, attributes={**agent.attributes, "gen_ai.request.model": "x"}),)],
            0,
            [],
            id="without-a-price",
        ),
    ],
)
def test_what_is_billed_late(
    requests: list[tuple[Said, ...]], at_once: int, late: list[bytes]
) -> None:
    service = Service()
    assert sum(service.send(*spans) for spans in requests) == at_once
    assert service.due(WAIT_S - 1) == []
    due = service.due()
    assert [charge.span_id for charge in due] == late
    assert [charge.atto_usd for charge in due] == [CALL_ATTO] * len(late)
    assert service.due(10 * WAIT_S, everything=True) == []


def test_a_call_that_comes_after_the_wait_repeats_what_was_billed() -> None:
    service = Service()
    service.send(agent)
    assert len(service.due()) == 1
    assert service.send(chat) == 0
    assert service.send(flow) == 0
    assert service.due(10 * WAIT_S) == []


def test_nothing_is_counted_that_no_next_hop_has_answered_for() -> None:
    service = Service()
    service.send(agent, accepted=False)
    assert service.due() == []
    service.send(agent)
    assert [charge.span_id for charge in service.due(2 * WAIT_S)] == [AGENT]


def test_nor_ever_if_none_does() -> None:
    service = Service()
    service.send(agent, accepted=False)
    assert service.due() == service.due(2 * WAIT_S) == []
    assert len(service.orphans) == 0


def test_the_end_of_the_service_ends_the_wait() -> None:
    service = Service()
    service.send(agent)
    assert [charge.span_id for charge in service.due(0, everything=True)] == [AGENT]


def test_so_many_wait_at_once_and_the_oldest_is_billed_before_its_time() -> None:
    service = Service()
    for n in range(LIMIT + 3):
        service.send(replace(agent, trace=n.to_bytes(16, "big")))
    assert len(service.orphans) == LIMIT
    assert len(service.due(0)) == 3


def test_the_counters_are_ahead_of_the_spans_by_it() -> None:
    service, ledger = Service(), Ledger()
    service.send(agent)
    ledger.add_late(service.due(), Status.AGGREGATE, END_NS)
    (account,) = ledger.accounts
    totals = account.totals()
    assert totals.atto_usd == CALL_ATTO
    assert totals.late == {Status.AGGREGATE: CALL_ATTO}
    assert totals.tokens == {"input": 1420, "output": 380}
    assert totals.spans == {}


def test_without_the_setting_nothing_waits() -> None:
    enriched = enricher().enrich(request(agent), TABLE, END_NS)
    assert [charge.atto_usd for charge in enriched.charges] == [0]
