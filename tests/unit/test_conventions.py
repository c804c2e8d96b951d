"""The cost under the names that back ends look for: golden bytes of each form, and laws of all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from pricing import Quote, Standing
from pricing.usage import CLASSES
from processor.attribution import Attribution
from processor.billing import Biller
from processor.calls import Memory
from processor.conventions import CONVENTIONS, COST, CURRENCY
from processor.dialects.reported import REPORTED_COST, SOURCE
from processor.enrich import Enricher
from processor.stamp import Stamper
from tests.calls.traffic import (
    CALL,
    CALL_ATTO,
    CALL_USD,
    END_NS,
    LAW,
    TABLE,
    Said,
    on,
    put,
    request,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.wire.fields import Value

Detail = Literal["cost", "parts", "full"]
Policy = Literal["replace_estimates", "keep", "replace"]

AMOUNT: Final = "gen_ai.usage.cost.amount"
LANGFUSE: Final = "langfuse.observation.cost_details"
QUOTE: Final = Quote(
    atto_usd=10_500_000_000_000_000,
    parts=(
        ("input", 2_000_000_000_000_000),
        ("cache_read", 500_000_000_000_000),
        ("cache_write", 400_000_000_000_000),
        ("cache_write_1h", 600_000_000_000_000),
        ("output", 3_000_000_000_000_000),
        ("reasoning", 2_000_000_000_000_000),
        ("searches", 2_000_000_000_000_000),
    ),
    row="openai/gpt-4o@2024",
    match="exact",
    provider="openai",
    status=Standing.PRICED,
    list_atto_usd=10_500_000_000_000_000,
)
OURS: Final[dict[str, Value]] = {
    "genai_cost.input": 0.002,
    "genai_cost.cache_read": 0.0005,
    "genai_cost.cache_write": 0.0004,
    "genai_cost.cache_write_1h": 0.0006,
    "genai_cost.output": 0.003,
    "genai_cost.reasoning": 0.002,
    "genai_cost.searches": 0.002,
}
TOLD: Final[dict[str, Value]] = {
    "genai_cost.source": "computed",
    "genai_cost.status": "priced",
    "genai_cost.pricing.row": "openai/gpt-4o@2024",
}


def members(**numbers: str) -> str:
    """The JSON text for Langfuse: each number filled up to 24 characters."""
    return "{" + ",".join(f'"{name}":{text:24}' for name, text in numbers.items()) + "}"


GOLDEN: Final[dict[str, tuple[dict[str, Value], dict[str, Value]]]] = {
    # form: (what it says of the whole, what of the parts)
    "default": ({COST: 0.0105}, {}),
    "semconv_draft": ({AMOUNT: 0.0105, CURRENCY: "USD", SOURCE: "local"}, {}),
    "openinference": (
        {"llm.cost.total": 0.0105},
        {
            "llm.cost.prompt": 0.0035,
            "llm.cost.completion": 0.005,
            "llm.cost.prompt_details.input": 0.002,
            "llm.cost.prompt_details.cache_read": 0.0005,
            "llm.cost.prompt_details.cache_write": 0.001,
            "llm.cost.completion_details.output": 0.003,
            "llm.cost.completion_details.reasoning": 0.002,
        },
    ),
    "logfire": ({"operation.cost": 0.0105}, {}),
    "signoz": (
        {"_signoz.gen_ai.total_cost": 0.0105},
        {
            "_signoz.gen_ai.cost_input": 0.002,
            "_signoz.gen_ai.cost_output": 0.005,
            "_signoz.gen_ai.cost_cache_read": 0.0005,
            "_signoz.gen_ai.cost_cache_write": 0.001,
        },
    ),
    "sentry": (
        {"gen_ai.cost.total_tokens": 0.0105},
        {
            "gen_ai.cost.input_tokens": 0.0035,
            "gen_ai.cost.output_tokens": 0.005,
            "gen_ai.cost.cache_read.input_tokens": 0.0005,
            "gen_ai.cost.cache_creation.input_tokens": 0.001,
            "gen_ai.cost.reasoning.output_tokens": 0.002,
        },
    ),
    "langfuse": (
        {LANGFUSE: members(total="0.0105")},
        {
            LANGFUSE: members(
                total="0.0105",
                input="0.002",
                input_cache_read="0.0005",
                input_cache_creation="0.001",
                output="0.003",
                output_reasoning="0.002",
            )
        },
    ),
}


def raw(attributes: dict[str, Value]) -> bytes:
    """The attributes as protobuf's own library writes them."""
    span = Span()
    for key, value in attributes.items():
        put(span.attributes, key, value)
    return span.SerializeToString()


def pairs(append: bytes) -> dict[str, Any]:
    found = [
        (pair.key, getattr(pair.value, pair.value.WhichOneof("value") or ""))
        for pair in Span.FromString(append).attributes
    ]
    assert len(dict(found)) == len(found)
    return dict(found)


def enricher(
    conventions: Sequence[str],
    detail: Detail = "parts",
    policy: Policy = "replace_estimates",
) -> Enricher:
    biller = Biller(Stamper(detail, conventions), policy)
    return Enricher(biller, Attribution([]), Memory())


def test_every_form_has_its_golden_bytes() -> None:
    assert list(GOLDEN) == list(CONVENTIONS)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_the_bytes_of_a_form(name: str) -> None:
    whole, parts = GOLDEN[name]
    stamp = Stamper("parts", [name]).priced(QUOTE, "v1", None)
    assert stamp.append == raw({**whole, **parts, **OURS, **TOLD})


@pytest.mark.parametrize("name", CONVENTIONS)
def test_the_bytes_of_a_form_alone(name: str) -> None:
    assert Stamper("cost", [name]).priced(QUOTE, "v1", None).append == raw(GOLDEN[name][0])


@pytest.mark.parametrize("name", [name for name in CONVENTIONS if name != "default"])
def test_the_bytes_of_a_form_behind_another(name: str) -> None:
    whole, parts = GOLDEN[name]
    stamp = Stamper("parts", ["logfire" if name == "default" else "default", name])
    expected = {COST: 0.0105, **OURS, **whole, **parts, **TOLD}
    assert stamp.priced(QUOTE, "v1", None).append == raw(expected)


@pytest.mark.parametrize("charged", [False, True], ids=["kept", "charged"])
@pytest.mark.parametrize("name", CONVENTIONS)
def test_the_bytes_of_a_cost_that_stands(name: str, *, charged: bool) -> None:
    whole = dict(GOLDEN[name][0])
    if SOURCE in whole:
        whole[SOURCE] = "provider" if charged else "local"
    stamp = Stamper("parts", [name]).standing(0.0105, 10**15, under=(), charged=charged)
    says = {"genai_cost.source": "reported", "genai_cost.status": "priced"}
    assert stamp.append == raw({"genai_cost.computed": 0.001, **whole, **says})
    stands = Stamper("cost", [name]).standing(
        0.0105, None, under=(CONVENTIONS[name].stands_in,), charged=charged
    )
    assert (stands.append, stands.keys) == (b"", frozenset())


def test_the_text_for_langfuse_is_json_whatever_the_numbers() -> None:
    tiny = QUOTE._replace(atto_usd=1, parts=(("input", 1), ("output", 10**27)))
    found = pairs(Stamper("cost", ["langfuse"]).priced(tiny, "v1", None).append)
    assert json.loads(found[LANGFUSE]) == {"total": 1e-18}
    found = pairs(Stamper("parts", ["langfuse"]).priced(tiny, "v1", None).append)
    assert json.loads(found[LANGFUSE]) == {"total": 1e-18, "input": 1e-18, "output": 1e9}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_the_table_is_about_classes_that_are_priced(name: str) -> None:
    convention = CONVENTIONS[name]
    assert len(convention.evidence) > 40
    for classes in convention.parts.values():
        assert {*classes} <= {*CLASSES}
        assert len({*classes}) == len(classes)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_no_number_stands_under_usage_but_the_cost(name: str) -> None:
    convention = CONVENTIONS[name]
    under = {key for key in convention.parts if key.startswith("gen_ai.usage.")}
    assert not under
    assert not convention.total.startswith("gen_ai.usage.") or name in {
        "default",
        "semconv_draft",
    }


def test_members_for_langfuse_never_overlap() -> None:
    classes = [each for of in CONVENTIONS["langfuse"].parts.values() for each in of]
    assert len({*classes}) == len(classes)


SHORT: Final[dict[str, Value]] = {
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 500,
}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_call_is_written_alike_by_both_roads_of_the_biller(name: str) -> None:
    """The first call makes a form by its tariff, an estimate beside it asks for another."""
    enriching = enricher(
        ["default", name] if name not in {"default", "semconv_draft"} else [name]
    )
    beside: list[dict[str, Value]] = [
        {},
        SHORT,
        {"operation.cost": 0.5},
        {"operation.cost": 0.25},
    ]
    for number, more in enumerate(beside):
        said = Said(span_id=b"%8d" % number, attributes={**CALL, **more}, scope="openlit.x")
        found = on(enriching.enrich(request(said), TABLE, END_NS).body)
        usd = 0.0075 if more is SHORT else CALL_USD
        stands = found[CONVENTIONS[name].stands_in]
        assert (json.loads(str(stands))["total"] if name == "langfuse" else stands) == usd
        assert found.get("genai_cost.reported") == more.get("operation.cost")


# Contract section 4 under other names.

DRAFT: Final[dict[str, Value]] = {AMOUNT: 0.5, CURRENCY: "USD", SOURCE: "local"}
CHARGE: Final[dict[str, Value]] = {AMOUNT: 0.5, CURRENCY: "USD", SOURCE: "provider"}
EUROS: Final[dict[str, Value]] = {COST: 0.5, CURRENCY: "EUR"}
CASES: Final[dict[str, tuple[Sequence[str], Policy, str, dict[str, Value], dict[str, Value]]]] = {
    # conventions, policy, model, what came, what stands of costs afterwards
    "an estimate under our name": (["logfire"], "replace_estimates", "gpt-4o",
        {"operation.cost": 0.5}, {"operation.cost": CALL_USD, "reported": 0.5}),
    "an estimate under another name": (["logfire"], "replace_estimates", "gpt-4o",
        {COST: 0.5}, {COST: 0.5, "operation.cost": CALL_USD, "reported": 0.5}),
    "the drafts estimate under the plain name": (["default"], "replace_estimates", "gpt-4o",
        DRAFT, {**DRAFT, COST: CALL_USD, "reported": 0.5}),
    "the plain estimate under the drafts name": (["semconv_draft"], "replace_estimates", "gpt-4o",
        {COST: 0.5}, {AMOUNT: CALL_USD, CURRENCY: "USD", SOURCE: "local", "reported": 0.5}),
    "the drafts charge stands": (["semconv_draft"], "replace_estimates", "gpt-4o",
        CHARGE, {**CHARGE, "computed": CALL_USD}),
    "the drafts charge is replaced": (["semconv_draft"], "replace", "gpt-4o",
        CHARGE, {AMOUNT: CALL_USD, CURRENCY: "USD", SOURCE: "local", "reported": 0.5}),
    "the drafts charge under other names too": (["default", "logfire"], "replace_estimates", "gpt-4o",
        CHARGE, {**CHARGE, COST: 0.5, "operation.cost": 0.5, "computed": CALL_USD}),
    "a plain charge under the drafts name": (["semconv_draft"], "keep", "gpt-4o",
        {COST: 0.5}, {AMOUNT: 0.5, CURRENCY: "USD", SOURCE: "local", "computed": CALL_USD}),
    "keep leaves every cost that came": (["default", "logfire"], "keep", "gpt-4o",
        {COST: 0.5, "operation.cost": 0.25},
        {COST: 0.5, "operation.cost": 0.25, "computed": CALL_USD}),
    "an estimate that is left": (["logfire"], "replace_estimates", "nobodys",
        {"operation.cost": 0.5}, {"operation.cost": 0.5}),
    "zeros of Langfuses streams": (["langfuse"], "replace_estimates", "gpt-4o",
        {LANGFUSE: '{"input":0,"output":0,"total":0}'},
        {LANGFUSE: members(total="0.00735", input="0.00355", output="0.0038")}),
    "parts of somebody else end": (["signoz"], "replace_estimates", "gpt-4o",
        {"_signoz.gen_ai.total_cost": 1.0, "_signoz.gen_ai.cost_cache_read": 0.5},
        {"_signoz.gen_ai.total_cost": CALL_USD, "_signoz.gen_ai.cost_input": 0.00355,
         "_signoz.gen_ai.cost_output": 0.0038, "reported": 1.0}),
    "other money is not ours": (["default"], "replace_estimates", "gpt-4o",
        EUROS, {COST: CALL_USD}),
    "other money is kept": (["default"], "keep", "gpt-4o", EUROS, EUROS),
    "a charge in other money": (["default"], "replace_estimates", "gpt-4o",
        {**CHARGE, CURRENCY: "EUR"}, {**CHARGE, CURRENCY: "EUR"}),
    "dollars say so": (["default"], "replace_estimates", "gpt-4o",
        {COST: 0.5, CURRENCY: "USD"}, {COST: CALL_USD, CURRENCY: "USD", "reported": 0.5}),
}  # fmt: skip
COUNTED: Final = {
    "the drafts charge stands": 5 * 10**17,
    "the drafts charge under other names too": 5 * 10**17,
    "a plain charge under the drafts name": 5 * 10**17,
    "keep leaves every cost that came": 5 * 10**17,
    "an estimate that is left": 5 * 10**17,
    "other money is kept": 0,
    "a charge in other money": 0,
}
ALL_KEYS: Final = {key for each in CONVENTIONS.values() for key in each.written()}


@pytest.mark.parametrize("case", CASES)
def test_a_cost_that_came_under_some_name(case: str) -> None:
    conventions, policy, model, came, expected = CASES[case]
    enriching = enricher(conventions, policy=policy)
    for number in range(3):  # the first makes what the others use
        attributes = {**CALL, "gen_ai.request.model": model, **came}
        said = Said(span_id=b"%8d" % number, attributes=attributes)
        enriched = enriching.enrich(request(said), TABLE, END_NS)
        found = {
            key.removeprefix("genai_cost."): value for key, value in on(enriched.body).items()
        }
        says = {*ALL_KEYS, "reported", "computed"}
        assert {key: value for key, value in found.items() if key in says} == expected
        assert enriched.charges[0].atto_usd == COUNTED.get(case, CALL_ATTO)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_later_hop_passes_what_says_its_status(name: str) -> None:
    said = Said(span_id=b"12345678", attributes=CALL)
    once = enricher([name]).enrich(request(said), TABLE, END_NS).body
    for other in CONVENTIONS:
        twice = enricher([other], policy="replace").enrich(once, TABLE, END_NS)
        assert twice.body is once
        assert twice.charges == []


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_later_hop_takes_a_form_alone_for_an_estimate(name: str) -> None:
    """It comes to the same amount, and says nothing of a difference."""
    said = Said(span_id=b"12345678", attributes=CALL)
    once = enricher([name], "cost").enrich(request(said), TABLE, END_NS).body
    found = on(enricher([name]).enrich(once, TABLE, END_NS).body)
    assert "genai_cost.reported" not in found
    assert found["genai_cost.status"] == "priced"


# Laws.

names = st.lists(st.sampled_from(sorted(CONVENTIONS)), min_size=1, unique=True).filter(
    lambda chosen: not {"default", "semconv_draft"} <= {*chosen}
)
came = st.dictionaries(
    st.sampled_from(sorted({*ALL_KEYS, *REPORTED_COST})),
    st.one_of(
        st.sampled_from([0, 0.0, 0.5, -1.0, "0.5", "USD", "EUR", "provider", "local", True]),
        st.sampled_from(['{"total":0.5}', "{}", float("nan"), float("inf"), 10**12]),
    ),
    max_size=6,
)


@given(
    conventions=names,
    detail=st.sampled_from(["cost", "parts", "full"]),
    policy=st.sampled_from(["replace_estimates", "keep", "replace"]),
    spans=st.lists(
        st.tuples(
            came,
            st.sampled_from(["gpt-4o", "nobodys", "free"]),
            st.sampled_from(["app", "agentgateway", "openlit.x", "pydantic-ai"]),
        ),
        min_size=1,
        max_size=4,
    ),
)
@settings(LAW, max_examples=300)
def test_nothing_stands_twice_whatever_came(
    conventions: list[str],
    detail: Detail,
    policy: Policy,
    spans: list[tuple[dict[str, Value], str, str]],
) -> None:
    enriching = enricher(conventions, detail, policy)
    ours = {key for name in conventions for key in CONVENTIONS[name].written()}
    for number, (more, model, scope) in enumerate((*spans, *spans)):
        attributes = {**CALL, "gen_ai.request.model": model, **more}
        said = Said(span_id=b"%8d" % number, attributes=attributes, scope=scope)
        (after,) = written(enriching.enrich(request(said), TABLE, END_NS).body)
        keys = [key for key, _ in after]
        assert len(keys) == len({*keys})
        found = dict(after)
        for key, value in attributes.items():
            if key not in ours:
                assert key in found
                assert found[key] == value or value != value  # noqa: PLR0124 - what is no number
        if "semconv_draft" in conventions and found.get("genai_cost.source") == "computed":
            assert COST not in found
            assert (found[CURRENCY], found[SOURCE]) == ("USD", "local")


@given(conventions=names, more=came, detail=st.sampled_from(["cost", "parts", "full"]))
@settings(LAW, max_examples=100)
def test_what_stood_twice_stands_once_where_it_is_replaced(
    conventions: list[str], more: dict[str, Value], detail: Detail
) -> None:
    said = Said(span_id=b"12345678", attributes={**CALL, **more}, twice=more)
    body = enricher(conventions, detail, "replace").enrich(request(said), TABLE, END_NS).body
    written_keys = [key for key, _ in written(body)[0]]
    kept = {CURRENCY} if "default" in conventions else set[str]()
    for name in conventions:
        for key in CONVENTIONS[name].written() - kept:
            assert written_keys.count(key) <= 1
