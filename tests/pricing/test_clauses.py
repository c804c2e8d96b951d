"""Open-ended matches of genai-prices files: what they take, what they never take, and in what time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import PriceError, Question
from pricing.formats import clauses, detect
from tests.pricing.tables import ask, models, table

if TYPE_CHECKING:
    from pricing.formats.clauses import Clause

DEMO = {"or": [{"equals": "demo-1"}, {"starts_with": "demo-1-"}]}
EUROPE = {"and": [{"starts_with": "demo-1-"}, {"ends_with": "-eu"}]}


def takes(match: Any, name: str, model: str = "demo-1") -> bool:
    return clauses.pattern(clauses.parse(match), model).takes(name)


@pytest.mark.parametrize(
    ("match", "name"),
    [
        pytest.param({"starts_with": "demo-1"}, "demo-1-2026-03-01", id="date-after-a-prefix"),
        pytest.param({"starts_with": "Demo-1"}, "demo-1@20260301", id="case-and-at"),
        pytest.param({"starts_with": "demo-1"}, "demo-1-001", id="revision"),
        pytest.param({"starts_with": "demo-1"}, "demo-1-preview-05-20", id="preview"),
        pytest.param({"ends_with": "demo-1"}, "acme/demo-1", id="suffix"),
        pytest.param({"contains": "demo-1"}, "us.acme.demo-1-v1:0", id="inside"),
        pytest.param({"regex": r"^demo-1@\d+$"}, "demo-1@7", id="regex"),
        pytest.param({"regex": r"^DEMO-[12](-\d{4})?$"}, "demo-2-2026", id="regex-any-case"),
        pytest.param({"regex": r"^(?!.*-[tT][tT][sS](?:$|-))demo"}, "demo-9", id="look-ahead"),
        pytest.param(DEMO, "demo-1-x", id="or"),
        pytest.param(EUROPE, "demo-1-x-eu", id="and"),
        pytest.param({"starts_with": "demo-mini"}, "demo-mini-2026", id="a-variant-by-name"),
    ],
)
def test_takes(match: Any, name: str) -> None:
    assert takes(match, name)


@pytest.mark.parametrize(
    ("match", "name"),
    [
        pytest.param({"starts_with": "gpt-4o"}, "gpt-4o-mini", id="smaller-sibling"),
        pytest.param({"contains": "gpt-4o"}, "azure-gpt-4o-mini-2024", id="sibling-inside"),
        pytest.param({"starts_with": "gpt-4"}, "gpt-4o", id="a-word-goes-on"),
        pytest.param({"contains": "o1"}, "foo1", id="inside-a-word"),
        pytest.param({"contains": "claude-sonnet-4"}, "claude-sonnet-4-5", id="next-version"),
        pytest.param({"starts_with": "gpt-5"}, "gpt-5.6", id="next-minor-version"),
        pytest.param({"starts_with": "gemini-3.8-flash"}, "gemini-3.8-flash-cyber", id="cyber"),
        pytest.param({"regex": r"^demo-1"}, "demo-1-nano", id="sibling-by-regex"),
        pytest.param(EUROPE, "demo-1-x", id="half-of-and"),
        pytest.param({"regex": "demo"}, "demo" + "x" * 200, id="no-id-is-that-long"),
    ],
)
def test_never_takes_a_sibling(match: Any, name: str) -> None:
    assert not takes(match, name)


@pytest.mark.parametrize(
    ("match", "words"),
    [
        pytest.param({"regex": "^(a+)+$"}, "too long", id="nested"),
        pytest.param({"regex": "^(a|a)*b"}, "too long", id="ambiguous"),
        pytest.param({"regex": "^(?:(?:(?:){999}){999}){999}$"}, "too long", id="empty"),
        pytest.param({"regex": ".*a.*b"}, "too long", id="not-anchored"),
        pytest.param({"regex": "^.*a.*b.*c"}, "too long", id="thrice"),
        pytest.param({"regex": r"^(.)\1*$"}, "too long", id="back-reference"),
        pytest.param({"regex": "(" * 300}, "no regular expression", id="broken"),
        pytest.param({"regex": "x" * 600}, "600 characters", id="long"),
        pytest.param({"startswith": "x"}, "did you mean 'starts_with'", id="misspelled"),
        pytest.param({"starts_with": ""}, "needs a text", id="empty-text"),
        pytest.param({"starts_with": ["x"]}, "needs a text", id="list"),
        pytest.param({"or": []}, "list of clauses", id="nothing"),
        pytest.param({"equals": "a", "contains": "b"}, "needs one of", id="two"),
        pytest.param("demo", "needs one of", id="no-mapping"),
        pytest.param({"or": [{"equals": "a"}] * 1001}, "more than 1000", id="many"),
    ],
)
def test_refused(match: Any, words: str) -> None:
    source = {
        "id": "openai",
        "models": [{"id": "m", "match": match, "prices": {"input_mtok": 1}}],
    }
    with pytest.raises(PriceError, match=words):
        detect.read(json.dumps(source).encode(), "prices.json", "genai-prices")


def test_a_deep_nest_is_refused() -> None:
    match: Any = {"equals": "x"}
    for _ in range(20):
        match = {"or": [match]}
    with pytest.raises(ValueError, match="nested deeper"):
        clauses.parse(match)


NAMES = st.text("abcde-.0159", min_size=1, max_size=60)
Match = dict[str, Any]


def leaf(kind: str, text: str) -> Match:
    return {kind: text}


def branch(kind: str, parts: list[Match]) -> Match:
    return {kind: parts}


def branches(inner: st.SearchStrategy[Match]) -> st.SearchStrategy[Match]:
    return st.builds(
        branch, st.sampled_from(["or", "and"]), st.lists(inner, min_size=1, max_size=3)
    )


LEAVES = st.builds(
    leaf,
    st.sampled_from(["equals", "starts_with", "ends_with", "contains"]),
    st.text("abcde-.015", min_size=1, max_size=8),
)
TREES = st.recursive(LEAVES, branches, max_leaves=6)


def loosely(match: Any, name: str) -> bool:
    """The clause as its publisher reads it."""
    kind, value = next(iter(match.items()))
    if kind in {"or", "and"}:
        held = [loosely(part, name) for part in value]
        return any(held) if kind == "or" else all(held)
    text = str(value)
    begins = kind not in {"equals", "starts_with"} or name.startswith(text)
    ends = kind not in {"equals", "ends_with"} or name.endswith(text)
    return begins and ends and text in name and (kind != "equals" or name == text)


@given(TREES, NAMES)
def test_nothing_is_taken_that_the_publisher_would_not_take(match: Any, name: str) -> None:
    clause: Clause = clauses.parse(match)
    assert loosely(match, name) or not clause.holds(name)
    assert all(loosely(match, named) for named in clauses.named(clause))


def file(match: Any, price: int = 2) -> str:
    model = {"id": "demo-1", "match": match, "prices": {"input_mtok": price}}
    return json.dumps({"id": "openai", "models": [model]})


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        pytest.param("demo-1", "2 priced", id="its-id"),
        pytest.param("demo-1-x", "2 priced", id="open-end"),
        pytest.param("openai/demo-1-x", "2 priced", id="behind-a-prefix"),
        pytest.param("demo-1-known", "7 priced", id="another-source-has-it-by-name"),
        pytest.param("demo-1-mini", "unknown_model", id="sibling"),
    ],
)
def test_open_ends_answer_last_and_say_so(model: str, expected: str) -> None:
    prices = table(models("openai", **{"demo-1-known": "{input: 7}"}), file(DEMO))
    assert ask(prices, {"input": 10**6}, Question(model, provider="openai")) == expected
    if expected == "2 priced" and model.endswith("-x"):
        answer = prices.quote(Question(model, provider="openai"), {"input": 1}, 0)
        assert "pattern" in getattr(answer, "match", "")


def test_the_first_match_of_a_file_decides() -> None:
    listed = [
        {"id": name, "match": {"starts_with": "demo-"}, "prices": {"input_mtok": price}}
        for name, price in (("demo-a", 1), ("demo-b", 2))
    ]
    prices = table(json.dumps({"id": "openai", "models": listed}))
    assert ask(prices, {"input": 10**6}, Question("demo-x", provider="openai")) == "1 priced"
