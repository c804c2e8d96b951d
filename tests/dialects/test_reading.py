"""How spans are read whatever dialect they speak: precedence, doubt, and strangers' input."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.dialects import DIALECTS, Kind, Reading, Recogniser
from processor.dialects.recognise import MEMO_LIMIT, MEMO_TEXT
from processor.dialects.subject import MAX_NAME
from tests.dialects.cases import CASES, Case

if TYPE_CHECKING:
    from processor.wire.fields import Value

law = settings(deadline=None)
thorough = settings(deadline=None, max_examples=300)

CHAT: dict[str, Value] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 1420,
    "gen_ai.usage.output_tokens": 380,
}


def at_length(
    recogniser: Recogniser, attributes: dict[str, Value], scope: str = "app", version: str = ""
) -> Reading | None:
    return recogniser.read(attributes, recogniser.writer(scope, version))


def read(attributes: dict[str, Value], scope: str = "app", version: str = "") -> Reading:
    """The reading by a recogniser without a past."""
    reading = at_length(Recogniser(DIALECTS), attributes, scope, version)
    assert reading is not None
    return reading


def told(reading: Reading | None) -> object:
    """Everything a reading says but why it is impossible, in a form that compares."""
    if reading is None:
        return None
    subject = reading.subject
    return (
        *(reading.kind, reading.operation, reading.usage, bool(reading.impossible)),
        *(reading.response_id, reading.reported_key, reading.reported_usd),
        *(subject.dialect, subject.provider, subject.request_model, subject.response_model),
        *(
            subject.address,
            subject.service_tier,
            subject.region,
            subject.conditions,
            subject.rule,
        ),
    )


@pytest.mark.parametrize(
    ("more", "field", "value"),
    [
        pytest.param(
            {"gen_ai.response.model": "gpt-4o-2024-08-06"}, "model", "gpt-4o-2024-08-06"
        ),
        pytest.param({}, "model", "gpt-4o", id="the-requested-model-where-no-other-is-told"),
        pytest.param({"gen_ai.system": "anthropic"}, "provider", "openai", id="new-name-first"),
        pytest.param({"server.address": "openrouter.ai"}, "provider", "openrouter"),
        pytest.param(
            {"server.address": "10.0.0.7"}, "provider", "openai", id="unknown-address"
        ),
        pytest.param({"gen_ai.provider.name": "strands-agents"}, "provider", "openai"),
        pytest.param(
            {"gen_ai.provider.name": ""}, "provider", "openai", id="by-the-models-text"
        ),
        pytest.param({"openai.response.service_tier": "flex"}, "service_tier", "flex"),
        pytest.param({"cloud.region": "us-east-1"}, "region", "us-east-1"),
        pytest.param({"gen_ai.request.model": 7}, "model", "", id="a-model-is-a-text"),
    ],
)
def test_what_tells_what_a_call_is_about(
    more: dict[str, Value], field: str, value: str
) -> None:
    assert getattr(read({**CHAT, **more}).subject, field) == value


@pytest.mark.parametrize(
    ("operation", "kind", "named"),
    [
        ("chat", Kind.INFERENCE, "chat"),
        ("Embedding", Kind.INFERENCE, "embeddings"),
        ("rerank", Kind.INFERENCE, "rerank"),
        ("invoke_agent", Kind.AGGREGATE, "invoke_agent"),
        ("invoke_workflow", Kind.AGGREGATE, "invoke_workflow"),
        ("execute_tool", Kind.AGGREGATE, "execute_tool"),
        ("search_memory", Kind.AGGREGATE, "search_memory"),
        ("delete_memory_store", Kind.AGGREGATE, "delete_memory_store"),
        pytest.param(
            "nobody knows it", Kind.INFERENCE, "chat", id="counts-of-a-model-are-a-call"
        ),
        pytest.param("", Kind.INFERENCE, "chat", id="none"),
    ],
)
def test_what_a_span_is_about(operation: str, kind: Kind, named: str) -> None:
    reading = read({**CHAT, "gen_ai.operation.name": operation})
    assert (reading.kind, reading.operation) == (kind, named)


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({"gen_ai.operation.name": "invoke_agent"}, id="aggregate-without-counts"),
        pytest.param({"gen_ai.usage.input_tokens": 7}, id="counts-of-nothing"),
        pytest.param({"gen_ai.request.model": "gpt-4o"}, id="a-model-and-no-counts"),
        pytest.param({}, id="nothing"),
    ],
)
def test_what_describes_no_call_is_not_read(attributes: dict[str, Value]) -> None:
    assert at_length(Recogniser(DIALECTS), attributes) is None


def test_a_call_without_counts_is_a_call() -> None:
    reading = read({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"})
    assert reading.kind is Kind.INFERENCE
    assert reading.usage == {}


@pytest.mark.parametrize("bad", [-1, 0.5, 1e13, "-3", 10**12 + 1])
@pytest.mark.parametrize("operation", ["chat", ""])
def test_impossible_usage_is_named_never_clamped(bad: float | str, operation: str) -> None:
    reading = read(
        {**CHAT, "gen_ai.operation.name": operation, "gen_ai.usage.output_tokens": bad}
    )
    assert reading.usage == {}
    assert reading.impossible == f"gen_ai.usage.output_tokens: {bad!s} is no count"


def test_a_call_of_which_nothing_is_told_but_nonsense_is_named_too() -> None:
    reading = read({"gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": -1})
    assert reading.kind is Kind.INFERENCE
    assert reading.impossible == "gen_ai.usage.input_tokens: -1 is no count"


def test_parts_that_fit_nowhere_are_named_too() -> None:
    reading = read({**CHAT, "gen_ai.usage.audio.input_tokens": 1421})
    assert reading.usage == {}
    assert "1421 parts" in reading.impossible


def test_what_is_no_number_is_as_if_absent() -> None:
    reading = read({**CHAT, "gen_ai.usage.input_tokens": True, "llm.usage.prompt_tokens": "12"})
    assert reading.usage == {"input": 12, "output": 380}


@pytest.mark.parametrize("turned", [False, True], ids=["as-listed", "the-other-way-round"])
def test_a_name_that_is_not_asked_cannot_spoil_the_one_that_is(turned: bool) -> None:  # noqa: FBT001
    pairs = [*CHAT.items(), ("gen_ai.usage.prompt_tokens", -1)]
    reading = read(dict(reversed(pairs) if turned else pairs))
    assert reading.usage == {"input": 1420, "output": 380}
    assert reading.impossible == ""


def test_an_impossible_count_says_nothing_of_other_spans() -> None:
    """What was read before must not be what is said of the next span."""
    recogniser = Recogniser(DIALECTS)
    spoilt = {"gen_ai.usage.input_tokens": -1, **CHAT, "gen_ai.request.model": "o3"}
    spoilt["gen_ai.usage.input_tokens"] = -1
    first = at_length(recogniser, spoilt)
    assert first is not None
    assert first.subject.model == "o3"
    assert at_length(recogniser, {"gen_ai.usage.input_tokens": 7}) is None


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("gen_ai.usage.cost", 0.5, ("gen_ai.usage.cost", 0.5)),
        ("gen_ai.usage.cost", 1, ("gen_ai.usage.cost", 1.0)),
        ("gen_ai.usage.cost", "0.5", ("gen_ai.usage.cost", 0.5)),
        ("operation.cost", 0.0, ("operation.cost", 0.0)),
        ("gen_ai.usage.cost", -0.5, ("", None)),
        ("gen_ai.usage.cost", float("nan"), ("", None)),
        ("gen_ai.usage.cost", float("inf"), ("", None)),
        ("gen_ai.usage.cost", 1e9, ("", None)),
        ("gen_ai.usage.cost", True, ("", None)),
        ("gen_ai.usage.cost", "free", ("", None)),
        ("gen_ai.usage.cost", "0" * 33, ("", None)),
    ],
)
def test_a_cost_that_came_with_the_span(
    key: str, value: Value, expected: tuple[str, float | None]
) -> None:
    reading = read({**CHAT, key: value})
    assert (reading.reported_key, reading.reported_usd) == expected


def test_of_several_costs_the_first_that_is_one_counts() -> None:
    reading = read({**CHAT, "gen_ai.usage.cost": -1.0, "operation.cost": 0.25})
    assert (reading.reported_key, reading.reported_usd) == ("operation.cost", 0.25)


@given(case=st.sampled_from(CASES), seed=st.integers())
@law
def test_the_order_of_attributes_says_nothing(case: Case, seed: int) -> None:
    pairs = list(case.attributes.items())
    random.Random(seed).shuffle(pairs)  # noqa: S311 - an order, no secret
    recogniser = Recogniser(DIALECTS)
    shuffled = at_length(recogniser, dict(pairs), case.scope, case.version)
    assert told(shuffled) == told(
        at_length(recogniser, case.attributes, case.scope, case.version)
    )


@given(st.lists(st.sampled_from(CASES), min_size=1, max_size=12))
@law
def test_a_reading_is_the_same_whatever_was_read_before(cases: list[Case]) -> None:
    recogniser = Recogniser(DIALECTS)
    for case in cases:
        with_a_past = at_length(recogniser, case.attributes, case.scope, case.version)
        without = at_length(Recogniser(DIALECTS), case.attributes, case.scope, case.version)
        assert told(with_a_past) == told(without)


values = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.booleans(),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.sampled_from(
        [
            "chat",
            "gpt-4o",
            "LLM",
            "7",
            '{"usage": {"input_tokens": -3}}',
            "{'cost': 1",
            "[" * 999,
        ]
    ),
)
KEYS = sorted(Recogniser(DIALECTS).keys())
SCOPES = ["", "app", *[scope for dialect in DIALECTS for scope in dialect.scopes]]
soup = st.dictionaries(st.sampled_from(KEYS), values, max_size=12)


@given(
    attributes=soup, scope=st.sampled_from(SCOPES), version=st.text("0123456789.b", max_size=6)
)
@thorough
def test_any_soup_of_attributes_is_read_or_left(
    attributes: dict[str, Any], scope: str, version: str
) -> None:
    reading = at_length(Recogniser(DIALECTS), attributes, scope, version)
    if reading is None:
        return
    assert all(number > 0 for number in reading.usage.values())
    assert not (reading.usage and reading.impossible)
    assert reading.reported_usd is None or 0 <= reading.reported_usd < 1e9


def test_what_strangers_write_is_remembered_within_bounds() -> None:
    recogniser = Recogniser(DIALECTS)
    for n in range(MEMO_LIMIT + 10):
        at_length(recogniser, {**CHAT, "gen_ai.request.model": f"m{n}"}, f"scope {n}")
    assert 0 < len(recogniser._subjects) <= MEMO_LIMIT
    assert 0 < len(recogniser._writers) <= MEMO_LIMIT


def test_long_texts_are_read_and_not_remembered() -> None:
    recogniser = Recogniser(DIALECTS)
    reading = at_length(recogniser, {**CHAT, "gen_ai.request.model": "m" * MEMO_TEXT})
    assert reading is not None
    assert reading.subject.model == "m" * MAX_NAME
    assert not recogniser._subjects


@pytest.mark.parametrize("written", ["12k", "many", "1,420", True, b"\x00"], ids=repr)
def test_what_is_no_number_where_one_should_stand_is_named(written: Value) -> None:
    reading = read({**CHAT, "gen_ai.usage.input_tokens": written})
    assert reading.usage == {}
    assert reading.impossible.startswith("gen_ai.usage.input_tokens: ")
    assert reading.impossible.endswith(" is no count")


@pytest.mark.parametrize("written", ["", " ", "nan", "None", "null", float("nan")], ids=repr)
def test_what_writers_send_for_nothing_is_nothing(written: Value) -> None:
    reading = read({**CHAT, "gen_ai.usage.input_tokens": written})
    assert (reading.usage, reading.impossible) == ({"output": 380}, "")


def test_a_model_and_no_number_is_a_call_of_which_nothing_is_known() -> None:
    reading = read({"gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": "12k"})
    assert reading.impossible == "gen_ai.usage.input_tokens: '12k' is no count"


def test_a_total_that_is_no_number_spoils_nothing() -> None:
    reading = read({**CHAT, "gen_ai.usage.total_tokens": "lots"})
    assert (reading.usage, reading.impossible) == ({"input": 1420, "output": 380}, "")


@pytest.mark.parametrize(
    ("key", "value", "scope", "unbilled"),
    [
        pytest.param("litellm.cache_hit", True, "litellm", True, id="litellms-cache"),
        pytest.param("litellm.cache_hit", False, "litellm", False, id="a-miss"),
        pytest.param("litellm.cache_hit", "True", "app", True, id="as-text"),
        pytest.param("lmnr.span.type", "CACHED", "lmnr.tracer", True, id="a-replay"),
        pytest.param("lmnr.span.type", "LLM", "lmnr.tracer", False, id="a-call"),
        pytest.param("gen_ai.operation.name", "tokenize", "envoyproxy/ai-gateway", True),
    ],
)
def test_what_a_cache_in_between_answered_is_not_billed(
    key: str, value: Value, scope: str, *, unbilled: bool
) -> None:
    reading = read({**CHAT, key: value}, scope)
    assert reading.kind is Kind.INFERENCE
    assert reading.subject.unbilled is unbilled


def test_counting_tokens_is_not_billed() -> None:
    """Envoy AI Gateway 1.1, and whoever says so in OpenInference's words."""
    asked: dict[str, Value] = {
        "openinference.span.kind": "TOKEN_COUNTER",
        "llm.model_name": "claude-sonnet-4-5",
        "llm.token_count.prompt": 5_000,
    }
    assert read(asked, "envoyproxy/ai-gateway").subject.unbilled


def test_cloudflares_gateway_names_the_seller_in_its_own_place() -> None:
    """developers.cloudflare.com/ai-gateway/observability/otel-integration; its cost is an estimate."""
    reading = read(
        {
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.model.provider": "azure-openai",
            "gen_ai.usage.input_tokens": 12,
            "gen_ai.usage.output_tokens": 7,
            "gen_ai.usage.cost": 0.000006,
        }
    )
    assert reading.subject.provider == "azure.ai.openai"
    assert not reading.charged


@pytest.mark.parametrize("order", [(1, True), (True, 1), (1.0, True)], ids=repr)
def test_what_is_remembered_of_a_number_is_not_said_of_a_truth_value(
    order: tuple[Value, Value],
) -> None:
    recogniser = Recogniser(DIALECTS)
    for value in order:
        reading = at_length(recogniser, {**CHAT, "litellm.cache_hit": value}, "litellm")
        assert reading is not None
        assert reading.subject.unbilled is (value is True)
