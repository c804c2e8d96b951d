"""Token-usage metrics as usage of a model: every amount once, and only where no call is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.dialects.token_metrics import METRICS
from processor.metered.meter import HOLD_NS
from processor.metered.series import Series
from tests.calls.traffic import LAW
from tests.signals.points import CLAUDE, START_NS, Metered, Said, request

if TYPE_CHECKING:
    from processor.metrics import Ledger
    from processor.model import Charge

INPUT = 2 * 10**12  # atto-dollars a token at 2 the million
OUTPUT = 10 * 10**12


@pytest.mark.parametrize(
    ("points", "usd_6", "tokens", "status"),
    [
        pytest.param(
            [Said(value=1000.0), Said(value=100.0, kind="output")],
            3000,
            {"input": 1000, "output": 100},
            "priced",
            id="histogram",
        ),
        pytest.param(
            [Said(value=1000.0, model="cached")],
            2000,
            {"input": 1000},
            "priced_fallback",
            id="cached-tokens-cannot-be-told-apart",
        ),
        pytest.param(
            [Said(value=1000.0, model="cached", scope="@traceloop/instrumentation-anthropic")],
            2000,
            {"input": 1000},
            "priced_lower_bound",
            id="cached-tokens-are-left-out",
        ),
        pytest.param(
            [Said(value=1000.0, scope="@traceloop/instrumentation-anthropic")],
            2000,
            {"input": 1000},
            "priced",
            id="cached-tokens-have-no-price",
        ),
        pytest.param(
            [Said(value=1_000_000.0, model="long")],
            2_000_000,
            {"input": 1_000_000},
            "priced_lower_bound",
            id="the-size-of-prompts-is-not-known",
        ),
        pytest.param(
            [Said(value=100_000.0, model="long")],
            200_000,
            {"input": 100_000},
            "priced",
            id="too-few-for-a-long-prompt",
        ),
        pytest.param(
            [
                Said(value=value, kind=kind, model="claude-sonnet-4-5", metric=CLAUDE)
                for kind, value in (
                    ("input", 10),
                    ("output", 100),
                    ("cacheRead", 10_000),
                    ("cacheCreation", 1000),
                )
            ],
            30 + 1500 + 3000 + 3750,
            {"input": 10, "output": 100, "cache_read": 10_000, "cache_write": 1000},
            "priced",
            id="claude_code",
        ),
        pytest.param(
            [
                Said(value=value, kind=kind, model="gpt-5", metric="codex.turn.token_usage")
                for kind, value in (
                    ("input", 1000),
                    ("cached_input", 800),
                    ("output", 100),
                    ("reasoning_output", 40),
                    ("total", 1100),
                )
            ],
            400 + 160 + 1000,
            {"input": 200, "cache_read": 800, "output": 60, "reasoning": 40},
            "priced",
            id="codex",
        ),
        pytest.param(
            [
                Said(value=value, kind=kind, model="gemini-2.5-pro", metric=name)
                for name in ("gemini_cli.token.usage",)
                for kind, value in (
                    ("input", 1000),
                    ("cache", 800),
                    ("output", 100),
                    ("thought", 100),
                    ("tool", 80),
                )
            ],
            250 + 100 + 1000 + 1000 + 100,
            {
                "input": 200,
                "cache_read": 800,
                "output": 100,
                "reasoning": 100,
                "tool_input": 80,
            },
            "priced",
            id="gemini_cli",
        ),
        pytest.param(
            [Said(value=5.0, model="nobody-knows")],
            0,
            {"input": 5},
            "unknown_model",
            id="unknown",
        ),
        pytest.param(
            [
                Said(
                    value=100.0,
                    kind="cached_input",
                    model="gpt-5",
                    metric="codex.turn.token_usage",
                ),
                Said(value=50.0, kind="input", model="gpt-5", metric="codex.turn.token_usage"),
            ],
            100 + 20,
            {"input": 50, "cache_read": 100},
            "priced",
            id="a-part-larger-than-its-whole-stands-beside-it",
        ),
    ],
)
def test_what_points_come_to(
    points: list[Said], usd_6: int, tokens: dict[str, int], status: str
) -> None:
    metered = Metered()
    assert metered.came_to(*points) == usd_6 * 10**12
    assert metered.tokens == tokens
    assert metered.statuses == {status: 1}


def test_no_call_and_no_span_is_counted_of_it() -> None:
    metered = Metered()
    metered.came_to(Said(value=1000.0))
    (account,) = metered.ledger.accounts
    assert (account.calls, dict(account.spans), account.atto_usd) == ([], {}, 0)
    assert account.totals().cost == 1000 * INPUT


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(Said(value=5.0, kind="total"), id="another-type"),
        pytest.param(Said(value=-5.0), id="negative"),
        pytest.param(Said(value=2.5), id="fraction"),
        pytest.param(Said(value=float("nan")), id="nan"),
        pytest.param(Said(value=float("inf")), id="infinite"),
        pytest.param(Said(value=1e300), id="absurd"),
        pytest.param(Said(value=5.0, flags=1), id="no-recorded-value"),
        pytest.param(Said(value=5, metric="gen_ai.usage.cost"), id="another-metric"),
        pytest.param(Said(value=5.0, scope="gemini-cli"), id="repeated-by-its-scope"),
        pytest.param(Said(value=5.0, start_s=-60), id="began-before-we-watched"),
    ],
)
def test_what_is_not_counted(said: Said) -> None:
    metered = Metered()
    assert metered.came_to(said) == 0
    assert not metered.ledger.accounts


def test_a_cumulative_series_adds_what_it_grew_by() -> None:
    metered = Metered()
    for at_s, value in ((60, 100), (120, 100), (180, 250)):
        metered.take(Said(value=value, at_s=at_s))
    metered.release()
    assert metered.spent == 250 * INPUT


def test_what_was_before_us_is_where_counting_begins() -> None:
    metered = Metered()
    for at_s, value in ((60, 100), (120, 130)):
        metered.take(Said(value=value, at_s=at_s, start_s=-1000))
    metered.release()
    assert metered.spent == 30 * INPUT


@pytest.mark.parametrize("start_s", [70, 1], ids=["a-new-start", "the-same-start"])
def test_a_series_that_begins_anew_adds_all_of_it(start_s: int) -> None:
    metered = Metered()
    metered.take(Said(value=100.0))
    metered.take(Said(value=30.0, at_s=120, start_s=start_s))
    metered.release()
    assert metered.spent == 130 * INPUT


def test_two_senders_are_two_series() -> None:
    metered = Metered()
    metered.take(Said(value=10.0), Said(value=10.0, more={"server.address": "api.openai.com"}))
    metered.release()
    assert metered.spent == 20 * INPUT


steps = st.lists(st.integers(0, 1000), min_size=1, max_size=8)


@given(steps=steps, data=st.data(), delta=st.booleans())
@LAW
def test_order_and_resending_change_nothing(
    steps: list[int], data: st.DataObject, *, delta: bool
) -> None:
    """Points as a sender makes them, each sent once or more, in any order."""
    said: list[Said] = []
    for number, step in enumerate(steps):
        at_s = 60 * (number + 1)
        value = step if delta else sum(steps[: number + 1])
        start_s = at_s - 60 if delta else 1
        said.append(Said(value=value, at_s=at_s, start_s=start_s, delta=delta))
    sent = data.draw(st.permutations(said)) + data.draw(st.lists(st.sampled_from(said)))
    metered = Metered()
    for each in sent:
        metered.take(each)
    metered.release()
    assert metered.spent == sum(steps) * INPUT


@given(
    values=st.lists(
        st.tuples(st.sampled_from(["input", "output"]), st.integers(0, 1000)), max_size=6
    )
)
@LAW
def test_one_request_or_many_come_to_the_same(values: list[tuple[str, int]]) -> None:
    said = [
        Said(value=value, kind=kind, more={"n": number})
        for number, (kind, value) in enumerate(values)
    ]
    together, apart = Metered(), Metered()
    together.take(*said)
    for each in said:
        apart.take(each)
    for metered in (together, apart):
        metered.release()
    assert together.spent == apart.spent
    assert together.spent == sum(
        value * (INPUT if kind == "input" else OUTPUT) for kind, value in values
    )


def test_usage_of_a_model_whose_calls_are_seen_is_not_counted_again() -> None:
    metered = Metered()
    metered.seen.put(("shop", "plain"), True)  # noqa: FBT003
    metered.take(Said(value=100.0))
    metered.take(Said(value=100.0, service="other"))
    metered.release()
    assert metered.spent == 100 * INPUT
    assert metered.statuses == {"duplicate": 1, "priced": 1}


def test_usage_waits_for_spans_that_leave_later() -> None:
    metered = Metered()
    metered.take(Said(value=100.0), at_s=60)
    metered.meter.release(START_NS + 60 * 10**9 + HOLD_NS - 1)
    assert metered.spent == 0
    metered.seen.put(("shop", "plain"), True)  # noqa: FBT003
    metered.meter.release(START_NS + 60 * 10**9 + HOLD_NS)
    assert metered.statuses == {"duplicate": 1}
    assert metered.spent == 0


def test_of_two_metrics_of_the_same_calls_one_counts() -> None:
    metered = Metered()
    metered.take(Said(value=100.0), Said(value=100.0, scope="the framework's"))
    metered.release()
    assert metered.spent == 100 * INPUT
    assert metered.statuses == {"duplicate": 1, "priced": 1}


def test_what_was_forgotten_is_not_counted_from_its_start_again() -> None:
    series, reader = Series(START_NS, capacity=4), Metered().meter
    said = [Said(value=10.0, more={"n": number}) for number in range(9)]
    reports = [reader.read(request(each))[0] for each in said]
    now_ns = START_NS + 90 * 10**9
    assert series.used(reports[0], now_ns) == 10
    for report in reports[1:]:
        series.used(report, now_ns)
    assert series.used(reports[0], now_ns) == 0


def test_more_groups_than_may_wait_are_counted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processor.metered.meter.MAX_HELD", 2)
    metered = Metered()
    for number in range(5):
        metered.take(Said(value=10.0, service=f"s{number}"))
    assert metered.spent == 40 * INPUT
    metered.release()
    assert metered.spent == 50 * INPUT


def test_every_metric_is_read_by_a_test_or_is_one_of_a_family() -> None:
    told = {CLAUDE, "codex.turn.token_usage", "gemini_cli.token.usage", Said(value=0).metric}
    draft = {name for name in METRICS if name.startswith("gen_ai.client.inference.usage.")}
    assert METRICS.keys() == told | draft
    for name in draft:
        said = replace(Said(value=7, metric=name), more={"gen_ai.request.model": "plain"})
        assert [report.value for report in Metered().meter.read(request(said))] == [7]


class Torn:
    """Books that cannot be written to once."""

    def __init__(self, books: Ledger) -> None:
        self.books = books
        self.faults = [ZeroDivisionError("once")]

    def add_usage(self, charge: Charge, now_unix_ns: int) -> None:
        if self.faults:
            raise self.faults.pop()
        self.books.add_usage(charge, now_unix_ns)


def test_a_fault_in_the_books_hurts_nobody_else() -> None:
    metered = Metered()
    books = Torn(metered.ledger)
    metered.meter = metered.metered_into(cast("Ledger", books))
    metered.take(Said(value=10.0), Said(value=10.0, service="other"))
    metered.release()
    assert metered.spent == 10 * INPUT
    assert metered.telemetry.counter("pricing_faults") == [((), 1)]
