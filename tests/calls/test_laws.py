"""Each billed call once, whatever stands above it, in whatever order and requests it comes.

The traffic is generated: agents around calls, each call told by a client's span and perhaps by a
framework's above it, children ending before their parents.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.calls import Memory
from tests.calls.traffic import CALL, END_NS, LAW, TABLE, Said, enricher, request, written
from tests.calls.turned import turned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from processor.enrich import Enricher
    from processor.model import Charge

ATTO_IN, ATTO_OUT = 2_500_000_000_000, 10_000_000_000_000
"""2.50 and 10 US dollars a million, by the token."""
MS = 10**6
ROOT = b"root...."
POST = Said(span_id=b"", attributes={"http.request.method": "POST"})
"""A span that describes no call."""


class Traffic(NamedTuple):
    """Spans of one trace, children before parents, and what its calls cost."""

    spans: tuple[Said, ...]
    clients: frozenset[bytes]
    costs: tuple[int, ...]


class Call(NamedTuple):
    """One call as its writers tell it."""

    frames: int
    """So many spans of frameworks stand above the client's."""
    named: bool
    """All of them name the response."""
    between: int
    """So many spans that describe no call stand between each two of them."""
    one_writer: bool
    """All of them have one scope, so that nothing but their parents says that they are one call."""
    input_tokens: int


calls = st.builds(
    Call,
    st.integers(0, 2),
    st.booleans(),
    st.integers(0, 2),
    st.booleans(),
    st.integers(1, 10**6),
)


def traffic(told: list[tuple[Call, int]]) -> Traffic:
    """The calls one after the other, each under so many agents of its own, all under one root."""
    spans = [span for n, (call, agents) in enumerate(told) for span in nested(n, call, agents)]
    attributes = {**CALL, "gen_ai.operation.name": "invoke_workflow"}
    root = Said(span_id=ROOT, attributes=attributes, start_ns=END_NS, end_ns=END_NS + 10**9)
    costs = (
        call.input_tokens * ATTO_IN + output(n) * ATTO_OUT for n, (call, _) in enumerate(told)
    )
    clients = frozenset(client(n) for n in range(len(told)))
    return Traffic((*spans, root), clients, tuple(sorted(costs)))


def nested(n: int, call: Call, agents: int) -> list[Said]:
    """One call's spans, the client's first: each lies in time within the one above it."""
    attributes = {
        **CALL,
        "gen_ai.usage.input_tokens": call.input_tokens,
        "gen_ai.usage.output_tokens": output(n),
        **({"gen_ai.response.id": f"chatcmpl-{n:012}"} if call.named else {}),
    }
    around = {**attributes, "gen_ai.operation.name": "invoke_agent"}
    layers = [
        *[(f"agent{n}.{level}".encode(), "framework", around) for level in range(agents)],
        *[(f"frame{n}.{i}".encode(), f"framework {i}", attributes) for i in range(call.frames)],
        (client(n), "client", attributes),
    ]
    if call.one_writer:
        layers = [(key, "framework", says) for key, _, says in layers]
    spans: list[Said] = []
    for level, (key, scope, says) in enumerate(layers):
        for i in range(call.between if spans else 0):
            post = f"P{n}.{level}.{i}..".encode()[:8]
            spans.append(replace(POST, span_id=post, parent=spans[-1].span_id))
        spans.append(
            Said(
                span_id=key,
                parent=spans[-1].span_id if spans else ROOT,
                scope=scope,
                attributes=says,
                start_ns=END_NS + (100 * n + level) * MS,
                end_ns=END_NS + (100 * n + 90 - level) * MS,
            )
        )
    return spans[::-1]


def output(n: int) -> int:
    """Output tokens of a call: no two calls are alike by chance."""
    return 100 + n


def client(n: int) -> bytes:
    return f"call{n:04}".encode()


traffics = st.lists(st.tuples(calls, st.integers(0, 2)), min_size=1, max_size=5).map(traffic)
# Where outer spans come before the inner ones, parents alone don't tell: a span between may be missing.
told = calls.filter(lambda call: call.named or not call.one_writer)
told_traffics = st.lists(st.tuples(told, st.integers(0, 2)), min_size=1, max_size=5).map(
    traffic
)


def split(spans: Sequence[Said], data: st.DataObject) -> list[list[Said]]:
    """The spans in their order, in requests of any sizes."""
    cuts = data.draw(st.sets(st.integers(1, max(1, len(spans) - 1))), label="cuts")
    bounds = [0, *sorted(cuts), len(spans)]
    return [list(spans[a:b]) for a, b in pairwise(bounds) if a < b]


def send(
    enriching: Enricher,
    requests: Sequence[Sequence[Said]],
    writer: Callable[[bytes], bytes] = bytes,
) -> list[Charge]:
    """All charges, each request accepted before the next is sent; `writer` may write its bytes anew."""
    charges: list[Charge] = []
    for spans in requests:
        enriched = enriching.enrich(writer(request(*spans)), TABLE, END_NS)
        charges += enriched.charges
        enriched.counted()
    return charges


writers = pytest.mark.parametrize("writer", [bytes, turned], ids=["an SDK", "a Collector"])


def costs(charges: Sequence[Charge]) -> tuple[int, ...]:
    return tuple(sorted(charge.atto_usd for charge in charges if charge.atto_usd))


@writers
@given(sent=told_traffics, data=st.data())
@LAW
def test_each_call_costs_once_in_any_order_and_any_requests(
    writer: Callable[[bytes], bytes], sent: Traffic, data: st.DataObject
) -> None:
    spans = data.draw(st.permutations(sent.spans))
    assert costs(send(enricher(), split(spans, data), writer)) == sent.costs


@writers
@given(sent=traffics, data=st.data())
@LAW
def test_children_first_the_innermost_spans_are_billed(
    writer: Callable[[bytes], bytes], sent: Traffic, data: st.DataObject
) -> None:
    charges = send(enricher(), split(sent.spans, data), writer)
    assert costs(charges) == sent.costs
    assert {charge.span_id for charge in charges if charge.atto_usd} == sent.clients


@given(sent=traffics, data=st.data())
@LAW
def test_within_a_request_the_innermost_spans_are_billed_in_any_order(
    sent: Traffic, data: st.DataObject
) -> None:
    spans = data.draw(st.permutations(sent.spans))
    charges = send(enricher(), [spans])
    assert {charge.span_id for charge in charges if charge.atto_usd} == sent.clients


@given(sent=traffics, data=st.data())
@LAW
def test_what_is_sent_again_is_stamped_as_before_and_charged_once(
    sent: Traffic, data: st.DataObject
) -> None:
    enriching = enricher()
    first = {
        span.span_id: stamped
        for spans in split(sent.spans, data)
        for span, stamped in zip(spans, _stamped(enriching, spans), strict=True)
    }
    again = data.draw(st.lists(st.sampled_from(sent.spans), min_size=1))
    for spans in split(again, data):
        assert _stamped(enriching, spans) == [first[span.span_id] for span in spans]
        assert send(enriching, [spans]) == []


def _stamped(enriching: Enricher, spans: Sequence[Said]) -> list[object]:
    enriched = enriching.enrich(request(*spans), TABLE, END_NS)
    enriched.counted()
    return list(written(enriched.body))


@given(sent=traffics, data=st.data())
@LAW
def test_a_retry_after_a_refusal_owes_the_same(sent: Traffic, data: st.DataObject) -> None:
    """Nothing is counted before somebody has answered for it, and then it is counted once."""
    enriching = enricher()
    requests = split(sent.spans, data)
    for spans in requests:
        enriching.enrich(request(*spans), TABLE, END_NS)
    assert costs(send(enriching, requests)) == sent.costs
    assert send(enriching, requests) == []


@given(capacity=st.integers(2, 20), many=st.lists(traffics, max_size=4), data=st.data())
@LAW
def test_memory_never_holds_more_than_it_may(
    capacity: int, many: list[Traffic], data: st.DataObject
) -> None:
    """With too little of it calls may cost twice or not be known again; it never grows."""
    memory = Memory(capacity)
    enriching = enricher(memory=memory)
    for n, sent in enumerate(many):
        trace = bytes([n]) * 16
        for spans in split([replace(span, trace=trace) for span in sent.spans], data):
            enriching.enrich(request(*spans), TABLE, END_NS)
            assert len(memory.spans) <= capacity
            assert len(memory.calls) <= capacity


@given(sent=traffics, detail=st.sampled_from(["parts", "full"]))
@LAW
def test_stamping_twice_is_stamping_once(sent: Traffic, detail: str) -> None:
    """A span with a status was settled by a hop before us: it passes, and is not counted again."""
    body = enricher(detail=detail).enrich(request(*sent.spans), TABLE, END_NS).body  # type: ignore[arg-type]
    again = enricher(detail=detail).enrich(body, TABLE, END_NS)  # type: ignore[arg-type]
    assert again.body == body
    assert again.charges == []
    assert again.items == len(sent.spans)


@given(sent=traffics)
@LAW
def test_with_the_cost_alone_stamping_twice_is_stamping_once_too(sent: Traffic) -> None:
    """There is no status on a priced span then, so a second hop counts it; the span is the same."""
    body = enricher(detail="cost").enrich(request(*sent.spans), TABLE, END_NS).body
    assert enricher(detail="cost").enrich(body, TABLE, END_NS).body == body


@given(sent=traffics)
@LAW
def test_all_else_on_a_span_stays(sent: Traffic) -> None:
    body = enricher().enrich(request(*sent.spans), TABLE, END_NS).body
    for before, after in zip(written(request(*sent.spans)), written(body), strict=True):
        assert after[: len(before)] == before
