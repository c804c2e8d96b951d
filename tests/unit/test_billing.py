"""What a call costs by whose word, what of it is counted: contract section 4, case by case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pytest

from processor.billing import atto_of
from processor.model import PRICED, Status
from tests.calls.traffic import (
    CALL,
    CALL_ATTO,
    CALL_USD,
    COST,
    END_NS,
    TABLE,
    Said,
    call,
    enricher,
    ours,
    request,
    written,
)

if TYPE_CHECKING:
    from processor.model import Charge
    from processor.wire.fields import Value

Policy = Literal["replace_estimates", "keep", "replace"]
HALF_ATTO = 5 * 10**17


class Came(NamedTuple):
    """A cost that came with a span, under which name, from which scope; None for none."""

    usd: float | None
    scope: str = "app"
    key: str = COST


class Bill(NamedTuple):
    """What becomes of it: on the span, and in the books."""

    cost: float | None
    source: str | None
    status: str
    atto_usd: int
    reported: float | None = None


GATEWAY, ESTIMATE, ZERO, GATEWAYS_ZERO, NONE = (
    Came(0.5, "agentgateway"),
    Came(0.5, "openlit.instrumentation.openai"),
    Came(0.0),
    Came(0.0, "agentgateway"),
    Came(None),
)
ELSEWHERE = Came(0.5, key="operation.cost")
CHARGED_ELSEWHERE = Came(0.5, "agentgateway", "gen_ai.usage.total_cost")

STANDS = Bill(0.5, "reported", "priced", HALF_ATTO)
COMPUTED = Bill(CALL_USD, "computed", "priced", CALL_ATTO)
REPLACED = COMPUTED._replace(reported=0.5)
ZERO_REPLACED = COMPUTED._replace(reported=0.0)
LEFT = Bill(0.5, "reported", "unknown_model", HALF_ATTO)
ZERO_LEFT = Bill(0.0, None, "unknown_model", 0)
UNKNOWN = Bill(None, None, "unknown_model", 0)

CASES: dict[str, tuple[Policy, Came, str, Bill]] = {
    "a charge stands": ("replace_estimates", GATEWAY, "gpt-4o", STANDS),
    "a charge stands, model unknown": ("replace_estimates", GATEWAY, "nobodys", STANDS),
    "a charge elsewhere is taken over": (
        "replace_estimates",
        CHARGED_ELSEWHERE,
        "gpt-4o",
        STANDS,
    ),
    "an estimate is replaced": ("replace_estimates", ESTIMATE, "gpt-4o", REPLACED),
    "an estimate is left, model unknown": ("replace_estimates", ESTIMATE, "nobodys", LEFT),
    "an estimate elsewhere is kept in mind": (
        "replace_estimates",
        ELSEWHERE,
        "gpt-4o",
        REPLACED,
    ),
    "an estimate elsewhere is no cost": ("replace_estimates", ELSEWHERE, "nobodys", UNKNOWN),
    "a zero is an estimate": ("replace_estimates", ZERO, "gpt-4o", ZERO_REPLACED),
    "a zero is left and not counted": ("replace_estimates", ZERO, "nobodys", ZERO_LEFT),
    "a gateway's zero is one too": (
        "replace_estimates",
        GATEWAYS_ZERO,
        "gpt-4o",
        ZERO_REPLACED,
    ),
    "none": ("replace_estimates", NONE, "gpt-4o", COMPUTED),
    "none, model unknown": ("replace_estimates", NONE, "nobodys", UNKNOWN),
    "keep a charge": ("keep", GATEWAY, "gpt-4o", STANDS),
    "keep a charge, model unknown": ("keep", GATEWAY, "nobodys", STANDS),
    "keep an estimate": ("keep", ESTIMATE, "gpt-4o", STANDS),
    "keep an estimate, model unknown": ("keep", ESTIMATE, "nobodys", STANDS),
    "keep a zero": ("keep", ZERO, "gpt-4o", Bill(0.0, "reported", "priced", 0)),
    "keep none": ("keep", NONE, "gpt-4o", COMPUTED),
    "keep none, model unknown": ("keep", NONE, "nobodys", UNKNOWN),
    "replace a charge": ("replace", GATEWAY, "gpt-4o", REPLACED),
    "replace a charge, model unknown": ("replace", GATEWAY, "nobodys", LEFT),
    "replace an estimate": ("replace", ESTIMATE, "gpt-4o", REPLACED),
    "replace an estimate, model unknown": ("replace", ESTIMATE, "nobodys", LEFT),
    "replace a zero": ("replace", ZERO, "gpt-4o", ZERO_REPLACED),
    "replace none": ("replace", NONE, "gpt-4o", COMPUTED),
    "replace none, model unknown": ("replace", NONE, "nobodys", UNKNOWN),
}


@pytest.mark.parametrize(
    ("policy", "came", "model", "expected"), list(CASES.values()), ids=list(CASES)
)
def test_a_cost_that_came_with_the_span(
    policy: Policy, came: Came, model: str, expected: Bill
) -> None:
    attributes: dict[str, Value] = {**CALL, "gen_ai.request.model": model}
    if came.usd is not None:
        attributes[came.key] = came.usd
    said = Said(span_id=b"12345678", attributes=attributes, scope=came.scope)
    enriched = enricher(existing_cost=policy).enrich(request(said), TABLE, END_NS)
    (charge,) = enriched.charges
    found = ours(enriched.body)
    assert found.get(COST) == expected.cost
    assert found.get("source") == expected.source
    assert found.get("reported") == expected.reported
    assert found["status"] == charge.status == expected.status
    assert charge.atto_usd == expected.atto_usd
    assert charge.labels.source == (expected.source or ""), "the counters follow the attribute"


def charged(
    attributes: dict[str, Value], *, at_ns: int = END_NS
) -> tuple[Charge, dict[str, Any]]:
    """The charge of one span, and what is written on it."""
    said = Said(span_id=b"12345678", attributes=attributes, end_ns=at_ns)
    enriched = enricher().enrich(request(said), TABLE, END_NS)
    (charge,) = enriched.charges
    return charge, ours(enriched.body)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"gen_ai.request.model": "nobodys"}, Status.UNKNOWN_MODEL),
        ({"gen_ai.request.model": "later"}, Status.NO_PRICE_AT_TIME),
        ({"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0}, Status.NO_USAGE),
        ({"gen_ai.usage.input_tokens": -1}, Status.IMPOSSIBLE_USAGE),
        ({"gen_ai.operation.name": "invoke_agent"}, Status.AGGREGATE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_priced_says_why_and_never_costs_0(
    more: dict[str, Value], status: Status
) -> None:
    charge, found = charged({**CALL, **more})
    assert status not in PRICED
    assert found == {"status": status}
    assert (charge.status, charge.atto_usd, charge.labels.source) == (status, 0, "")


def test_what_is_free_costs_0_and_says_so() -> None:
    """Zero is a price."""
    charge, found = charged({**CALL, "gen_ai.request.model": "free"})
    assert (found[COST], found["status"], found["source"]) == (0.0, "priced", "computed")
    assert (charge.atto_usd, charge.labels.source) == (0, "computed")


def test_a_class_at_its_parents_price_is_a_fallback() -> None:
    charge, found = charged(
        {
            **CALL,
            "gen_ai.request.model": "bare",
            "gen_ai.usage.cache_read.input_tokens": 1000,
        }
    )
    assert found["status"] == charge.status == Status.PRICED_FALLBACK
    assert charge.atto_usd == (1420 + 2 * 380) * 10**12


@pytest.mark.parametrize(
    ("usage", "status", "atto_usd"),
    [
        pytest.param({}, Status.NO_USAGE, 0, id="refused"),
        pytest.param({"input": 0, "output": 0}, Status.NO_USAGE, 0, id="zeros for nothing"),
        pytest.param(
            {"input": 1000},
            Status.PRICED_LOWER_BOUND,
            10**15,
            id="a stream that was broken off",
        ),
        pytest.param(
            {"input": 1000, "output": 10}, Status.PRICED, 102 * 10**13, id="failed afterwards"
        ),
    ],
)
def test_a_failed_call_costs_what_it_used_and_nothing_if_it_does_not_say(
    usage: dict[str, int], status: Status, atto_usd: int
) -> None:
    """An error is no reason in itself: providers bill what they made before it."""
    counts = {f"gen_ai.usage.{side}_tokens": count for side, count in usage.items()}
    asked = {k: v for k, v in CALL.items() if "usage" not in k}
    charge, found = charged(
        {**asked, "gen_ai.request.model": "bare", "error.type": "TimeoutError", **counts}
    )
    assert (found["status"], charge.status, charge.atto_usd) == (status, status, atto_usd)
    assert ("gen_ai.usage.cost" in found) == bool(atto_usd)


def test_a_call_is_priced_at_its_end_and_without_one_now() -> None:
    after = 1_830_000_000_000_000_000  # 2027-12-28
    later: dict[str, Value] = {**CALL, "gen_ai.request.model": "later"}
    assert charged(later)[0].status is Status.NO_PRICE_AT_TIME
    assert charged(later, at_ns=after)[0].status is Status.PRICED
    endless = request(Said(span_id=b"12345678", attributes=later, end_ns=0))
    assert enricher().enrich(endless, TABLE, END_NS).charges[0].status == "no_price_at_time"
    assert enricher().enrich(endless, TABLE, after).charges[0].status == "priced"


def test_tokens_are_counted_by_class_and_units_are_not_tokens() -> None:
    charge, _ = charged(
        {
            **CALL,
            "gen_ai.usage.cache_read.input_tokens": 420,
            "gen_ai.usage.reasoning.output_tokens": 80,
            "gen_ai.usage.seconds": 1.5,
        }
    )
    counted = {"input": 1000, "cache_read": 420, "output": 300, "reasoning": 80}
    assert dict(charge.tokens) == counted


def test_a_duplicate_counts_no_tokens() -> None:
    attributes = {**CALL, "gen_ai.response.id": "chatcmpl-123456789"}
    one, two = (Said(span_id=key, attributes=attributes) for key in (b"one.....", b"two....."))
    charges = enricher().enrich(request(one, two), TABLE, END_NS).charges
    assert sorted(
        (charge.status, charge.atto_usd, bool(charge.tokens)) for charge in charges
    ) == [
        ("duplicate", 0, False),
        ("priced", CALL_ATTO, True),
    ]


def test_another_table_is_another_price() -> None:
    """Offers are remembered with the table they are of."""
    from tests.pricing.tables import models, table  # noqa: PLC0415 - only here

    dearer = table(models("openai", **{"gpt-4o": "{input: 5, output: 20}"}))
    enriching = enricher()
    before = enriching.enrich(request(call(b"1.......")), TABLE, END_NS)
    after = enriching.enrich(request(call(b"2.......")), dearer, END_NS)
    again = enriching.enrich(request(call(b"3.......")), TABLE, END_NS)
    costs = [enriched.charges[0].atto_usd for enriched in (before, after, again)]
    assert costs == [CALL_ATTO, 2 * CALL_ATTO, CALL_ATTO]


def test_a_cost_that_stood_twice_stands_once() -> None:
    said = Said(
        span_id=b"12345678",
        attributes={**CALL, COST: 0.25, "genai_cost.input": 7.0},
        twice={COST: 0.5, "genai_cost.input": 8.0},
    )
    (pairs,) = written(enricher().enrich(request(said), TABLE, END_NS).body)
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys))
    assert dict(pairs)[COST] == CALL_USD
    assert dict(pairs)["genai_cost.input"] == 0.00355


def test_a_cost_that_is_left_is_left_as_often_as_it_stood() -> None:
    said = Said(
        span_id=b"12345678",
        attributes={**CALL, "gen_ai.request.model": "nobodys", COST: 0.25},
        twice={COST: 0.25},
    )
    (pairs,) = written(enricher().enrich(request(said), TABLE, END_NS).body)
    assert [value for key, value in pairs if key == COST] == [0.25, 0.25]


@pytest.mark.parametrize(
    ("usd", "atto_usd"),
    [
        (0.1, 10**17),
        (0.00735, CALL_ATTO),
        (1.0, 10**18),
        (1e-18, 1),
        (1e-19, 0),
        (0.30000000000000004, 300_000_000_000_000_040),
        (999_999_999.0, 999_999_999 * 10**18),
    ],
)
def test_a_reported_double_is_the_decimal_that_it_reads_as(usd: float, atto_usd: int) -> None:
    assert atto_of(usd) == atto_usd
