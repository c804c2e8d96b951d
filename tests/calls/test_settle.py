"""Which of the spans that describe one call is billed: the cases by name."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from processor.calls import Memory, links
from processor.wire.fields import COMPILED
from tests.calls.traffic import (
    CALL,
    CALL_ATTO,
    END_NS,
    TABLE,
    Said,
    call,
    enricher,
    on,
    request,
    written,
)

if TYPE_CHECKING:
    from processor.enrich import Enricher

S = 10**9
AGENT, FRAMEWORK, CLIENT, OTHER = b"agent...", b"framewor", b"client..", b"other..."
CHAT = dict(CALL)
NAMED = {**CHAT, "gen_ai.response.id": "chatcmpl-123456789"}
USELESS = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}

client = Said(span_id=CLIENT, parent=FRAMEWORK, scope="client", attributes=CHAT)
framework = Said(
    span_id=FRAMEWORK,
    parent=AGENT,
    scope="framework",
    attributes=CHAT,
    start_ns=END_NS - 2 * S,
    end_ns=END_NS + S,
)
agent = Said(
    span_id=AGENT,
    scope="framework",
    attributes={**CHAT, "gen_ai.operation.name": "invoke_agent"},
    start_ns=END_NS - 3 * S,
    end_ns=END_NS + 2 * S,
)


def statuses(enriching: Enricher, *requests: tuple[Said, ...]) -> list[str]:
    """The status of each span, in the order in which they were sent."""
    found: list[str] = []
    for spans in requests:
        body = enriching.enrich(request(*spans), TABLE, END_NS).body
        found += [str(dict(pairs).get("genai_cost.status", "")) for pairs in written(body)]
    return found


P, D, A = "priced", "duplicate", "aggregate"


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        pytest.param([(client,)], [P], id="alone"),
        pytest.param([(client, framework, agent)], [P, D, A], id="one-request"),
        pytest.param([(agent, framework, client)], [A, D, P], id="one-request-outermost-first"),
        pytest.param([(client,), (framework,), (agent,)], [P, D, A], id="children-first"),
        pytest.param([(framework,), (client,)], [P, D], id="the-first-stays-billed"),
        pytest.param([(agent,), (client,), (framework,)], [A, P, D], id="an-agent-first"),
        pytest.param(
            [(client, replace(framework, attributes=USELESS))],
            [P, D],
            id="above-a-billed-one-without-counts",
        ),
        pytest.param(
            [(replace(client, attributes=USELESS), framework)],
            ["no_usage", P],
            id="the-innermost-with-usage",
        ),
        pytest.param(
            [(client, replace(client, span_id=OTHER))], [P, P], id="two-calls-side-by-side"
        ),
        pytest.param(
            [(replace(client, parent=b""), replace(client, span_id=OTHER, trace=b"t" * 16))],
            [P, P],
            id="two-traces",
        ),
        pytest.param([(client, client)], [P, P], id="twice-in-a-request"),
        pytest.param([(client,), (client,)], [P, P], id="sent-again"),
    ],
)
def test_who_is_billed(requests: list[tuple[Said, ...]], expected: list[str]) -> None:
    assert statuses(enricher(), *requests) == expected


@pytest.mark.parametrize(
    ("response_id", "trace", "expected"),
    [
        pytest.param("chatcmpl-123456789", b"t" * 16, [P, D], id="long-id-across-traces"),
        pytest.param("7", b"t" * 16, [P, P], id="short-id-is-another-ones-in-another-trace"),
        pytest.param("7", client.trace, [P, D], id="short-id-within-a-trace"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_a_response_is_billed_once(
    response_id: str, trace: bytes, expected: list[str], *, together: bool
) -> None:
    one = replace(client, parent=b"", attributes={**CHAT, "gen_ai.response.id": response_id})
    two = replace(one, span_id=OTHER, trace=trace)
    requests = [(one, two)] if together else [(one,), (two,)]
    assert statuses(enricher(), *requests) == expected


outer = replace(framework, span_id=OTHER, parent=b"")
inner = replace(client, parent=b"")


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        pytest.param(inner, outer, [P, D], id="within-another-writers-span"),
        pytest.param(inner, replace(outer, scope="client"), [P, P], id="of-the-same-writer"),
        pytest.param(
            inner,
            replace(outer, attributes={**CHAT, "gen_ai.usage.output_tokens": 381}),
            [P, P],
            id="another-output",
        ),
        pytest.param(
            inner,
            replace(outer, attributes={**CHAT, "gen_ai.request.model": "bare"}),
            [P, P],
            id="another-model",
        ),
        pytest.param(
            replace(inner, attributes={**CHAT, "gen_ai.response.model": "gpt-4o-2024-08-06"}),
            outer,
            [P, D],
            id="a-dated-answer",
        ),
        pytest.param(
            inner,
            replace(outer, attributes={**CHAT, "gen_ai.request.model": "openai/gpt-4o"}),
            [P, D],
            id="a-routers-name",
        ),
        pytest.param(
            inner, replace(outer, start_ns=END_NS - S // 2), [P, P], id="not-within-in-time"
        ),
        pytest.param(
            inner,
            replace(outer, start_ns=END_NS + S // 2, end_ns=END_NS + S // 2),
            [P, D],
            id="a-note-soon-after",
        ),
        pytest.param(
            inner,
            replace(outer, start_ns=END_NS + 2 * S, end_ns=END_NS + 2 * S),
            [P, P],
            id="a-note-much-later",
        ),
        pytest.param(
            replace(inner, attributes=NAMED),
            replace(outer, attributes={**CHAT, "gen_ai.response.id": "chatcmpl-987654321"}),
            [P, P],
            id="two-names-are-two-calls",
        ),
    ],
)
def test_two_writers_of_one_call_without_a_link(
    one: Said, two: Said, expected: list[str]
) -> None:
    assert statuses(enricher(), (one, two)) == expected


def test_of_two_side_by_side_the_one_that_names_what_answered_is_billed() -> None:
    """mistralai 1.12.4 beside opentelemetry-instrumentation-mistralai 0.62: only one knows the model."""
    answered = {**CHAT, "gen_ai.response.model": "gpt-4o-2024-08-06"}
    around = replace(outer, attributes=answered)
    assert statuses(enricher(), (inner, around)) == [D, P]
    assert statuses(enricher(), (around, inner)) == [P, D]


@pytest.mark.parametrize("orphans_first", [True, False])
def test_spans_without_ids_do_not_disturb_the_order_of_the_others(
    *, orphans_first: bool
) -> None:
    """A stream's outer span may end before the inner one; depth decides."""
    orphan = replace(
        client, span_id=b"", parent=b"", attributes={**CHAT, "gen_ai.usage.input_tokens": 3}
    )
    early = replace(framework, parent=b"", end_ns=END_NS - S // 2, start_ns=END_NS - S)
    spans = (orphan, early, client) if orphans_first else (early, client, orphan)
    found = statuses(enricher(), spans)
    assert found[1:] == [D, P] if orphans_first else found[:2] == [D, P]


@pytest.mark.parametrize("loop", [(CLIENT,), (CLIENT, FRAMEWORK), (CLIENT, FRAMEWORK, AGENT)])
def test_parents_in_a_circle_are_billed_once(loop: tuple[bytes, ...]) -> None:
    above = dict(zip(loop, (*loop[1:], loop[0]), strict=True))
    spans = tuple(replace(client, span_id=key, parent=above[key]) for key in loop)
    found = statuses(enricher(), spans)
    assert found.count(P) == 1
    assert statuses(enricher(), *[(span,) for span in spans]).count(P) == 1


def test_a_span_that_stands_twice_in_a_request_is_charged_once() -> None:
    for spans in ((client, client), (client, framework, client, framework)):
        enriched = enricher().enrich(request(*spans), TABLE, END_NS)
        assert sum(charge.atto_usd for charge in enriched.charges) == CALL_ATTO
        assert len(enriched.charges) == len({span.span_id for span in spans})


def test_nor_is_it_when_that_request_is_sent_again_after_a_refusal() -> None:
    enriching = enricher()
    body = request(client, client)
    refused = enriching.enrich(body, TABLE, END_NS)
    again = enriching.enrich(body, TABLE, END_NS)
    assert again.body == refused.body
    assert [charge.atto_usd for charge in again.charges] == [CALL_ATTO]
    again.counted()
    assert refused.charges == again.charges == []


def test_nor_when_its_first_copy_is_forgotten_within_the_request() -> None:
    spans = [replace(client, span_id=bytes([n]) * 8, parent=b"") for n in range(1, 9)]
    enriched = enricher(memory=Memory(4)).enrich(request(*spans, spans[0]), TABLE, END_NS)
    assert [charge.atto_usd for charge in enriched.charges] == [CALL_ATTO] * 8


def test_a_span_without_an_id_cannot_be_known_again() -> None:
    nameless = replace(client, span_id=b"", parent=b"")
    enriched = enricher().enrich(request(nameless, nameless), TABLE, END_NS)
    assert [charge.atto_usd for charge in enriched.charges] == [CALL_ATTO] * 2


def test_a_span_sent_again_is_stamped_as_at_first_whatever_it_says_now() -> None:
    enriching = enricher()
    first = enriching.enrich(request(call()), TABLE, END_NS)
    first.counted()
    again = enriching.enrich(request(call(gen_ai__usage__output_tokens=9)), TABLE, END_NS)
    assert on(again.body)["gen_ai.usage.cost"] == on(first.body)["gen_ai.usage.cost"]
    assert again.charges == []


# Of the spans of one call, the innermost that has what is needed.
UNLISTED = {"gen_ai.request.model": "my-deployment"}
CHARGED: dict[str, Any] = {
    **CHAT,
    "gen_ai.provider.name": "openrouter",
    "gen_ai.usage.cost": 0.5,
}
U = "unknown_model"


@pytest.mark.parametrize(
    ("inner_says", "outer_says", "expected"),
    [
        pytest.param(CHAT | UNLISTED, CHAT, [D, P], id="only-the-outer-has-a-price"),
        pytest.param(CHAT, CHAT | UNLISTED, [P, D], id="only-the-inner-has-a-price"),
        pytest.param(CHAT | UNLISTED, CHAT | UNLISTED, [U, D], id="neither-has-a-price"),
        pytest.param(
            CHAT | UNLISTED, CHARGED | UNLISTED, [D, P], id="only-the-outer-has-a-charge"
        ),
        pytest.param(CHAT, CHARGED, [D, P], id="a-gateways-charge-above-a-price"),
        pytest.param(CHARGED, CHARGED, [P, D], id="two-charges"),
        pytest.param(CHARGED | UNLISTED, CHAT, [P, D], id="a-charge-below-a-price"),
        pytest.param(USELESS, CHAT, ["no_usage", P], id="only-the-outer-has-counts"),
    ],
)
@pytest.mark.parametrize("outer_first", [True, False])
def test_the_innermost_that_has_what_is_needed_is_billed(
    inner_says: dict[str, Any],
    outer_says: dict[str, Any],
    expected: list[str],
    *,
    outer_first: bool,
) -> None:
    below = replace(client, attributes=inner_says)
    above = replace(framework, attributes=outer_says)
    spans = (above, below) if outer_first else (below, above)
    found = statuses(enricher(), spans)
    assert found == (expected[::-1] if outer_first else expected)


def test_one_of_two_calls_without_a_price_leaves_the_other_as_it_is() -> None:
    """The span above both repeats the priced one; nothing says that it has a price for the other."""
    other = replace(client, span_id=OTHER, attributes=CHAT | UNLISTED)
    assert statuses(enricher(), (framework, client, other)) == [D, P, U]


# Spans that describe no call, between two that do.
HTTP, HTTP2 = b"http....", b"http2..."
POST = {"http.request.method": "POST", "url.path": "/v1/chat/completions"}
far = replace(framework, parent=b"")
post = Said(span_id=HTTP, parent=FRAMEWORK, attributes=POST)
served = Said(span_id=HTTP2, parent=HTTP, attributes=POST)
near = replace(client, parent=HTTP2, scope="framework")


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        pytest.param([(near, served, post, far)], [P, "", "", D], id="one-request"),
        pytest.param([(far, post, served, near)], [D, "", "", P], id="outermost-first"),
        pytest.param([(near,), (served,), (post,), (far,)], [P, "", "", D], id="one-by-one"),
        pytest.param([(near,), (post, served), (far,)], [P, "", "", D], id="both-alone"),
        pytest.param([(near,), (served, post, far)], [P, "", "", D], id="with-the-outer"),
        pytest.param([(near, served), (post, far)], [P, "", "", D], id="one-with-each"),
        pytest.param(
            [(far, post), (served, near)], [P, "", "", D], id="outer-first-one-with-each"
        ),
        pytest.param(
            [(far,), (post, served, near)], [P, "", "", D], id="outer-first-with-the-inner"
        ),
        pytest.param(
            [(far, post, served), (near,)], [P, "", "", D], id="outer-first-with-the-outer"
        ),
    ],
)
def test_spans_without_a_call_hide_nothing(
    requests: list[tuple[Said, ...]], expected: list[str]
) -> None:
    assert statuses(enricher(), *requests) == expected


def test_nor_do_spans_that_carry_marks_but_no_call() -> None:
    step = replace(post, attributes={"gen_ai.operation.name": "plan", "gen_ai.agent.name": "x"})
    found = statuses(enricher(), (replace(near, parent=HTTP), step), (far,))
    assert [status for status in found if status] == [P, D]


def test_calls_side_by_side_under_such_spans_are_two() -> None:
    other = replace(near, span_id=OTHER)
    assert statuses(enricher(), (near, other, served, post)) == [P, P, "", ""]


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_three_nested_spans_without_a_name_are_one_call_in_any_order(
    order: tuple[int, ...],
) -> None:
    middle = replace(
        framework,
        span_id=OTHER,
        parent=FRAMEWORK,
        scope="gateway",
        start_ns=END_NS - 3 * S // 2,
    )
    spans = (replace(client, parent=OTHER), middle, framework)
    found = statuses(enricher(), *[(spans[place],) for place in order])
    assert sorted(found) == [D, D, P]
    assert found[0] == P


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("note_first", [True, False])
def test_a_stream_is_the_span_that_asked_and_the_note_of_its_end(
    *, together: bool, note_first: bool
) -> None:
    asked = replace(client, parent=b"", attributes=CHAT)
    note = replace(
        asked, span_id=OTHER, scope="logfire", start_ns=END_NS + 5, end_ns=END_NS + 5
    )
    spans = (note, asked) if note_first else (asked, note)
    requests = [spans] if together else [(span,) for span in spans]
    assert sorted(statuses(enricher(), *requests)) == [D, P]


@pytest.mark.parametrize("name_first", [True, False])
def test_a_name_is_known_once_any_span_of_its_call_has_said_it(*, name_first: bool) -> None:
    """The billed span need not be the one that names the response."""
    named = replace(framework, attributes=NAMED)
    spans = (named, client) if name_first else (client, named)
    again = replace(client, trace=b"t" * 16, parent=b"", attributes=NAMED)
    assert statuses(enricher(), *[(span,) for span in (*spans, again)]) == [P, D, D]


@pytest.mark.skipif(COMPILED, reason="compiled code has its constants inside")
def test_the_links_of_one_request_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends a million spans without a call learns less about them, and nobody waits for it."""
    monkeypatch.setattr(links, "MAX_LINKS", 1)
    assert statuses(enricher(), (near, served, post), (far,)) == [P, "", "", P]
