"""A call counts once, be it described by a span, by log records or by both, in any order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.calls.traffic import CALL_ATTO, LAW, TABLE, call
from tests.calls.traffic import ours as on_span
from tests.calls.traffic import request as traces
from tests.signals.logged import Both, Record, details, ours

if TYPE_CHECKING:
    from processor.wire.fields import Value
    from tests.calls.traffic import Said

SPAN = b"12345678"
OTHER = b"87654321"


def test_the_span_first() -> None:
    both = Both(TABLE)
    assert on_span(both.traced(traces(call(SPAN))))["status"] == "priced"
    assert ours(both.logged(details(SPAN))) == {"status": "duplicate"}
    assert both.spent == CALL_ATTO


def test_the_record_first() -> None:
    both = Both(TABLE)
    assert ours(both.logged(details(SPAN)))["status"] == "priced"
    assert on_span(both.traced(traces(call(SPAN))))["status"] == "duplicate"
    assert both.spent == CALL_ATTO


@pytest.mark.parametrize("span_first", [True, False])
def test_the_same_response_in_different_spans(*, span_first: bool) -> None:
    both = Both(TABLE)
    name = "chatcmpl-CZcTNzFqVQfUQl2X2RZhDmnCn7OIe"

    def span() -> None:
        both.traced(traces(call(SPAN, gen_ai__response__id=name)))

    def record() -> None:
        both.logged(details(b"", gen_ai__response__id=name))

    for step in (span, record) if span_first else (record, span):
        step()
    assert both.spent == CALL_ATTO


def test_a_record_in_the_span_around_a_span_that_was_billed() -> None:
    """A framework's own span and its record of the call, above the client's."""
    both = Both(TABLE)
    both.traced(traces(replace(call(OTHER), parent=SPAN)))
    both.logged(details(SPAN))
    assert both.spent == CALL_ATTO


def test_two_records_in_one_span_are_two_calls() -> None:
    both = Both(TABLE)
    both.logged(details(SPAN))
    both.logged(replace(details(SPAN), time_ns=5))
    assert both.spent == 2 * CALL_ATTO


def test_a_record_that_is_sent_again_is_stamped_as_it_was() -> None:
    both = Both(TABLE)
    first = both.logged(details())
    assert both.logged(details()) == first
    assert both.logged(details(), details()).count(b"priced") == 2 * first.count(b"priced")
    assert both.spent == CALL_ATTO


def test_twins_of_two_scopes_are_one_call() -> None:
    """Codex writes some records twice, under two scopes."""
    both = Both(TABLE)
    said: dict[str, Value] = {
        "event.kind": "response.completed",
        "model": "gpt-4o",
        "input_token_count": 1420,
        "output_token_count": 380,
    }
    scopes = ("codex_otel.log_only", "codex_otel.trace_safe")
    twins = [Record(attributes=said, scope=scope) for scope in scopes]
    both.logged(*twins)
    assert both.spent == CALL_ATTO


def test_short_names_of_answers_tell_nothing_without_a_trace() -> None:
    both = Both(TABLE)
    for number in range(2):
        both.logged(replace(details(gen_ai__response__id="resp-1"), time_ns=number + 1))
    assert both.spent == 2 * CALL_ATTO


@given(order=st.permutations(range(6)), again=st.booleans())
@LAW
def test_any_order_counts_each_call_once(order: list[int], *, again: bool) -> None:
    """Three calls: by span alone, by record alone, and by both; sent once or twice."""
    both = Both(TABLE)
    ids = [bytes([number]) * 8 for number in (1, 2, 3)]
    spans, records = [call(ids[0]), call(ids[2])], [details(ids[1]), details(ids[2])]
    steps: list[Said | Record] = [*spans, *records, spans[1], records[1]]
    for index in [*order, *(order if again else [])]:
        step = steps[index]
        if isinstance(step, Record):
            both.logged(step)
        else:
            both.traced(traces(step))
    assert both.spent == 3 * CALL_ATTO
