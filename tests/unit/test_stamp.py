"""What is written on a span, attribute by attribute, at every level of detail."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import Question, Quote, Standing
from pricing.usage import CLASSES
from processor.model import Status
from processor.stamp import FORM_LIMIT, NOTHING, Stamp, Stamper
from tests.calls.traffic import (
    CALL,
    CALL_USD,
    COST,
    END_NS,
    LAW,
    TABLE,
    Said,
    call,
    enricher,
    ours,
    request,
    written,
)

Detail = Literal["cost", "parts", "full"]
ROW = "openai/gpt-4o@2024"
PARTS = {"input": 0.00355, "output": 0.0038}
SAYS = {"source": "computed", "status": "priced"}


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        pytest.param("cost", {COST: CALL_USD}),
        pytest.param("parts", {COST: CALL_USD, **PARTS, **SAYS}),
        pytest.param("full", {COST: CALL_USD, **PARTS, **SAYS, "pricing.version": "test"}),
    ],
)
def test_a_priced_call(detail: Detail, expected: dict[str, object]) -> None:
    found = ours(enricher(detail=detail).enrich(request(call()), TABLE, END_NS).body)
    quote = TABLE.quote(Question("gpt-4o", provider="openai"), {"input": 1}, END_NS)
    assert isinstance(quote, Quote)
    if detail != "cost":
        expected = {**expected, "pricing.row": quote.row}
    if detail == "full":
        expected = {**expected, "pricing.match": quote.match}
    assert found == expected
    assert {key: type(value) for key, value in found.items()} == {
        key: type(value) for key, value in expected.items()
    }


@pytest.mark.parametrize("detail", ["cost", "parts", "full"])
def test_a_call_that_is_not_priced_says_why_at_every_detail(detail: Detail) -> None:
    said = call(gen_ai__request__model="nobodys")
    found = ours(enricher(detail=detail).enrich(request(said), TABLE, END_NS).body)
    assert found == {"status": "unknown_model"}


@pytest.mark.parametrize(
    ("detail", "scope", "model", "expected"),
    [
        pytest.param("cost", "agentgateway", "gpt-4o", {COST: 0.5}, id="charge"),
        pytest.param(
            "parts",
            "agentgateway",
            "gpt-4o",
            {COST: 0.5, "source": "reported", "status": "priced", "computed": CALL_USD},
            id="charge-parts",
        ),
        pytest.param(
            "full",
            "agentgateway",
            "gpt-4o",
            {
                COST: 0.5,
                "source": "reported",
                "status": "priced",
                "computed": CALL_USD,
                "difference": 0.5 - CALL_USD,
            },
            id="charge-full",
        ),
        pytest.param(
            "full",
            "agentgateway",
            "nobodys",
            {COST: 0.5, "source": "reported", "status": "priced"},
            id="charge-for-what-we-cannot-price",
        ),
        pytest.param("cost", "app", "gpt-4o", {COST: CALL_USD}, id="estimate"),
        pytest.param(
            "cost", "app", "nobodys", {COST: 0.5, "status": "unknown_model"}, id="left"
        ),
        pytest.param(
            "full",
            "app",
            "nobodys",
            {COST: 0.5, "source": "reported", "status": "unknown_model"},
            id="left-full",
        ),
    ],
)
def test_a_call_with_a_cost_of_its_own(
    detail: Detail, scope: str, model: str, expected: dict[str, object]
) -> None:
    said = Said(
        span_id=b"12345678",
        attributes={**CALL, "gen_ai.request.model": model, COST: 0.5},
        scope=scope,
    )
    assert ours(enricher(detail=detail).enrich(request(said), TABLE, END_NS).body) == expected


def test_a_charge_that_stands_alone_leaves_the_very_bytes() -> None:
    said = Said(span_id=b"12345678", attributes={**CALL, COST: 0.5}, scope="agentgateway")
    body = request(said)
    assert enricher(detail="cost").enrich(body, TABLE, END_NS).body == body
    assert Stamper("cost").standing(0.5, 1, under=(COST,), charged=True) is NOTHING


def test_a_cost_of_another_type_is_replaced_by_a_double() -> None:
    said = call(gen_ai__usage__cost="0.5")
    found = ours(enricher().enrich(request(said), TABLE, END_NS).body)
    assert (found[COST], found["reported"]) == (CALL_USD, 0.5)


def test_a_reported_cost_that_is_ours_to_the_last_digit_is_not_named() -> None:
    found = ours(
        enricher().enrich(request(call(gen_ai__usage__cost=CALL_USD)), TABLE, END_NS).body
    )
    assert "reported" not in found


QUOTE = Quote(3, (("input", 1), ("output", 2)), ROW, "exact", "openai", Standing.PRICED, 3)


def read(stamp: Stamp) -> dict[str, object]:
    """A stamp as it stands on a span without anything else."""
    from opentelemetry.proto.trace.v1.trace_pb2 import Span  # noqa: PLC0415 - only here

    pairs = [
        (pair.key, getattr(pair.value, pair.value.WhichOneof("value") or ""))
        for pair in Span.FromString(stamp.append).attributes
    ]
    assert len(dict(pairs)) == len(pairs)
    # What it replaces is what it writes; a computed cost also ends the parts of any other.
    assert {key for key, _ in pairs} <= stamp.keys
    return dict(pairs)


def test_what_a_discount_took_off() -> None:
    discounted = QUOTE._replace(list_atto_usd=4 * 10**17)
    assert read(Stamper("parts").priced(discounted, "v1", None))["genai_cost.list_cost"] == 0.4
    assert "genai_cost.list_cost" not in read(Stamper("parts").priced(QUOTE, "v1", None))


def test_a_row_without_a_name_is_not_written() -> None:
    found = read(Stamper("full").priced(QUOTE._replace(row=""), "v1", None))
    assert "genai_cost.pricing.row" not in found
    assert found["genai_cost.pricing.version"] == "v1"


@st.composite
def some_quote(draw: st.DrawFn) -> Quote:
    """What a table may answer."""
    classes = st.sampled_from(sorted(CLASSES))
    parts = draw(st.dictionaries(classes, st.integers(0, 10**27), max_size=6))
    cost = sum(parts.values())
    return Quote(
        atto_usd=cost,
        parts=tuple(parts.items()),
        row=draw(st.sampled_from(["", ROW, "anthropic/claude@2025"])),
        match=draw(st.sampled_from(["exact", "alias", "date stripped"])),
        provider="openai",
        status=draw(st.sampled_from(Standing)),
        list_atto_usd=cost + draw(st.sampled_from([0, 1, 10**18])),
    )


quotes = some_quote()


def asked_of(pool: list[Quote]) -> st.SearchStrategy[list[tuple[Quote, str, float | None]]]:
    """Stamps of few quotes, so that they meet each other's forms."""
    said = st.tuples(
        st.sampled_from(pool), st.sampled_from(["v1", "v2"]), st.none() | st.floats(0, 1e6)
    )
    return st.lists(said, max_size=8)


stamps = st.lists(quotes, min_size=1, max_size=2).flatmap(asked_of)


@given(detail=st.sampled_from(["cost", "parts", "full"]), asked=stamps)
@LAW
def test_a_stamp_is_the_same_whatever_was_stamped_before(
    detail: Detail, asked: list[tuple[Quote, str, float | None]]
) -> None:
    """Forms are shared between stamps that differ in numbers alone."""
    stamper = Stamper(detail)
    for quote, version, reported in asked:
        found = stamper.priced(quote, version, reported)
        alone = Stamper(detail).priced(quote, version, reported)
        assert (found.append, found.keys) == (alone.append, alone.keys)


@given(quote=quotes, version=st.text(max_size=200), reported=st.none() | st.floats(0, 1e6))
@LAW
def test_parts_are_the_nearest_doubles_and_add_up_before_they_are(
    quote: Quote, version: str, reported: float | None
) -> None:
    found = read(Stamper("full").priced(quote, version, reported))
    assert found[COST] == sum(atto for _, atto in quote.parts) / 10**18
    for name, atto in quote.parts:
        assert found[f"genai_cost.{name}"] == atto / 10**18
    assert found["genai_cost.pricing.version"] == version
    told = found.get("genai_cost.reported")
    assert told == (None if reported == found[COST] else reported)


@given(quote=quotes, reported=st.none() | st.floats(0, 1e6))
@LAW
def test_whatever_is_written_can_be_replaced(quote: Quote, reported: float | None) -> None:
    """Or it would be written twice on a span that has it."""
    stamper = Stamper("full")
    keys = set(stamper.priced(quote, "v1", reported).keys)
    for status in Status:
        keys |= stamper.unpriced(status).keys | stamper.left(status).keys
    keys |= stamper.standing(0.5, 3, under=(), charged=False).keys
    assert keys <= stamper.replaceable


def test_forms_are_remembered_within_bounds() -> None:
    stamper = Stamper("full")
    for n in range(FORM_LIMIT + 10):
        found = stamper.priced(QUOTE._replace(row=f"row {n}"), "v1", None)
        assert f"row {n}".encode() in found.append
    assert 0 < len(stamper._forms) <= FORM_LIMIT


def test_long_texts_have_long_lengths() -> None:
    found = read(Stamper("full").priced(QUOTE._replace(row="r" * 300), "v" * 20_000, None))
    assert found["genai_cost.pricing.row"] == "r" * 300
    assert found["genai_cost.pricing.version"] == "v" * 20_000


def test_a_status_from_a_hop_before_is_final() -> None:
    said = Said(
        span_id=b"12345678",
        attributes={**CALL, COST: 0.5, "genai_cost.status": "priced", "genai_cost.input": 0.5},
    )
    body = request(said)
    enriched = enricher(existing_cost="replace").enrich(body, TABLE, END_NS)
    assert enriched.body is body
    assert enriched.charges == []
    assert len(written(enriched.body)[0]) == len(said.attributes)
