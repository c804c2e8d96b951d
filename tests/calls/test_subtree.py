"""Spans above calls say what those came to: each call once, and never in the counters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.calls.subtree import CALLS, COST, UNPRICED, Subtree
from tests.calls.test_laws import ROOT, Traffic, split, told_traffics, traffics
from tests.calls.traffic import (
    CALL,
    CALL_ATTO,
    CALL_USD,
    END_NS,
    LAW,
    TABLE,
    Said,
    call,
    enricher,
    request,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.enrich import Enricher
    from processor.wire.fields import Value

AGENT, CHAT, OTHER, SERVER, POST = (
    b"agent...",
    b"chat....",
    b"other...",
    b"server..",
    b"post....",
)
chat = replace(call(CHAT), parent=AGENT)
other = replace(call(OTHER), parent=AGENT)
post = Said(span_id=POST, parent=AGENT, attributes={"http.request.method": "POST"})
agent = Said(
    span_id=AGENT, parent=SERVER, attributes={**CALL, "gen_ai.operation.name": "invoke_agent"}
)
server = Said(span_id=SERVER, attributes={"http.request.method": "GET"})


def rolled(enriching: Enricher, *requests: Sequence[Said]) -> dict[bytes, dict[str, Value]]:
    """The roll-ups of each span, as they left the last time it was sent."""
    found: dict[bytes, dict[str, Value]] = {}
    for spans in requests:
        body = enriching.enrich(request(*spans), TABLE, END_NS).body
        for span, pairs in zip(spans, written(body), strict=True):
            ours = [
                (key, value) for key, value in pairs if key.startswith("genai_cost.subtree.")
            ]
            assert len(ours) == len(dict(ours))
            found[span.span_id] = dict(ours)
    return found


def fresh() -> Enricher:
    return enricher(subtree=Subtree())


ONE = {CALLS: 1, COST: CALL_USD}
TWO = {CALLS: 2, COST: 2 * CALL_USD}


@pytest.mark.parametrize(
    ("requests", "of_agent", "of_server"),
    [
        pytest.param([(chat, agent, server)], ONE, ONE, id="one-request"),
        pytest.param([(server, agent, chat)], ONE, ONE, id="outermost-first"),
        pytest.param([(chat,), (agent,), (server,)], ONE, ONE, id="one-by-one"),
        pytest.param([(chat, other), (agent, server)], TWO, TWO, id="two-calls"),
        pytest.param([(chat,), (agent,), (other,), (server,)], ONE, TWO, id="one-came-later"),
        pytest.param([(chat,), (chat,), (agent, server)], ONE, ONE, id="sent-again"),
        pytest.param([(agent, server)], {}, {}, id="no-calls"),
        pytest.param(
            [(replace(chat, parent=POST),), (post,), (agent,), (server,)],
            ONE,
            ONE,
            id="a-span-between-that-describes-no-call",
        ),
        pytest.param(
            [(chat,), (replace(other, parent=CHAT), agent, server)],
            ONE,
            ONE,
            id="a-duplicate-counts-nothing",
        ),
    ],
)
def test_what_stands_on_the_spans_above(
    requests: list[tuple[Said, ...]],
    of_agent: dict[str, Value],
    of_server: dict[str, Value],
) -> None:
    found = rolled(fresh(), *requests)
    assert found[AGENT] == of_agent
    assert found[SERVER] == of_server
    assert found.get(CHAT, {}) == found.get(POST, {}) == {}


def test_a_call_without_a_price_is_said_to_be_missing_in_the_cost() -> None:
    unlisted = replace(other, attributes={**CALL, "gen_ai.request.model": "x"})
    assert rolled(fresh(), (chat, unlisted, agent))[AGENT] == {
        **TWO,
        COST: CALL_USD,
        UNPRICED: 1,
    }
    assert rolled(fresh(), (unlisted, agent))[AGENT] == {CALLS: 1, UNPRICED: 1}


def test_a_span_that_is_sent_again_says_what_it_said() -> None:
    enriching = fresh()
    first = rolled(enriching, (chat, agent, server))
    assert (
        rolled(enriching, (other,), (agent, server)).items()
        >= {
            AGENT: first[AGENT],
            SERVER: first[SERVER],
        }.items()
    )


def test_what_a_hop_before_us_wrote_stays() -> None:
    body = fresh().enrich(request(chat, agent, server), TABLE, END_NS).body
    assert fresh().enrich(body, TABLE, END_NS).body == body


def test_the_counters_do_not_have_it() -> None:
    enriched = fresh().enrich(request(chat, agent, server), TABLE, END_NS)
    assert sum(charge.atto_usd for charge in enriched.charges) == CALL_ATTO


def test_without_the_setting_nobody_says_it() -> None:
    found = rolled(enricher(), (chat, agent, server))
    assert found == {CHAT: {}, AGENT: {}, SERVER: {}}


def test_parents_in_a_circle_end() -> None:
    one, two = replace(agent, parent=POST), replace(post, parent=AGENT)
    assert rolled(fresh(), (chat, one, two))[AGENT] == ONE


def below(sent: Traffic, key: bytes) -> list[Said]:
    """The client's spans below one: the innermost, which children first are the billed ones."""
    parents = {span.span_id: span.parent for span in sent.spans}
    found: list[Said] = []
    for span in sent.spans:
        above = span.span_id
        while above in parents and above != key:
            above = parents[above]
        if above == key != span.span_id and span.span_id in sent.clients:
            found.append(span)
    return found


def due(calls: Sequence[Said]) -> dict[str, Value]:
    atto = sum(
        int(str(span.attributes["gen_ai.usage.input_tokens"])) * 25 * 10**11
        + int(str(span.attributes["gen_ai.usage.output_tokens"])) * 10**13
        for span in calls
    )
    return {CALLS: len(calls), COST: atto / 10**18}


@given(sent=traffics, data=st.data())
@LAW
def test_roll_ups_equal_the_sum_of_what_stands_below(
    sent: Traffic, data: st.DataObject
) -> None:
    """Children first in any requests, or in any order in one; whatever is sent again meanwhile."""
    if data.draw(st.booleans(), label="one request"):
        requests = [data.draw(st.permutations(sent.spans))]
    else:
        requests = split(sent.spans, data)
        again = data.draw(st.lists(st.sampled_from(requests)), label="again")
        requests = [
            spans for each in requests for spans in (each, *(r for r in again if r is each))
        ]
    found = rolled(fresh(), *requests)
    for key in found:
        if key == ROOT or key.startswith(b"agent"):
            assert found[key] == due(below(sent, key))
        else:
            assert found[key] == {}


@given(sent=told_traffics, data=st.data())
@LAW
def test_in_any_order_no_call_is_in_a_sum_twice(sent: Traffic, data: st.DataObject) -> None:
    spans = data.draw(st.permutations(sent.spans))
    found = rolled(fresh(), *split(spans, data), [sent.spans[-1]])
    for key, said in found.items():
        assert int(str(said.get(CALLS, 0))) <= len(below(sent, key))


@given(capacity=st.integers(2, 20), sent=st.lists(traffics, max_size=3))
@LAW
def test_sums_are_bounded(capacity: int, sent: list[Traffic]) -> None:
    subtree = Subtree(capacity)
    enriching = enricher(subtree=subtree)
    for n, each in enumerate(sent):
        spans = [replace(span, trace=bytes([n]) * 16) for span in each.spans]
        enriching.enrich(request(*spans), TABLE, END_NS)
        assert len(subtree) <= capacity
