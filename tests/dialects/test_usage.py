"""Counts that never overlap: what proves what, and what cannot be true."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.usage import CLASSES
from processor.dialects.containment import CACHE_OUTSIDE, CONVENTIONS, Containment
from processor.dialects.usage import MAX_COUNT, Impossible, count, disjoint, quantity

if TYPE_CHECKING:
    from processor.dialects.usage import Count

law = settings(deadline=None)
THOUGHTS_OUTSIDE = Containment(reasoning_inside=False)
NOT_BILLED = Containment(cache_billed=False)
INPUT_PARTS = ("input_audio", "input_image", "input_video", "tool_input")
OUTPUT_PARTS = ("output_audio", "output_image", "output_video")
CACHED_PARTS = ("cache_read_audio", "cache_read_image")
CACHED = ("cache_read", "cache_write", "cache_write_1h", *CACHED_PARTS)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0, 0),
        (7, 7),
        (7.0, 7),
        ("7", 7),
        (" 7 ", 7),
        ("7.0", 7),
        ("1e3", 1000),
        (MAX_COUNT, MAX_COUNT),
        (True, None),
        (False, None),
        (math.nan, None),
        ("nan", None),
        ("", None),
        ("many", None),
        ("7" * 33, None),
        (b"7", None),
        (None, None),
        ([7], None),
    ],
    ids=repr,
)
def test_a_count(value: object, number: int | None) -> None:
    assert count(value) == number


@pytest.mark.parametrize(
    "value",
    [
        -1,
        -1.0,
        "-1",
        0.5,
        "0.5",
        math.inf,
        -math.inf,
        "inf",
        MAX_COUNT + 1,
        1e13,
        "1e13",
        1e300,
    ],
    ids=repr,
)
def test_what_is_no_count_is_said_and_not_clamped(value: object) -> None:
    with pytest.raises(Impossible, match="is no count"):
        count(value)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (7, "7"),
        (7.25, "7.25"),
        ("7.25", "7.25"),
        (0, "0"),
        (1e-18, "1e-18"),
        (True, None),
        (math.nan, None),
        ("sNaN", None),
        ("long", None),
        (b"7", None),
        (None, None),
    ],
    ids=repr,
)
def test_an_amount(value: object, amount: str | None) -> None:
    assert quantity(value) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(
    "value", [-1, -0.5, math.inf, "Infinity", 2e12, "1e999999", "1e-999999"], ids=repr
)
def test_what_is_no_amount_is_said(value: object) -> None:
    with pytest.raises(Impossible, match="is no amount"):
        quantity(value)


@given(st.one_of(st.integers(), st.floats(), st.text(), st.booleans(), st.binary(), st.none()))
@law
def test_any_value_is_a_count_or_no_number_or_impossible(value: object) -> None:
    try:
        number = count(value)
    except Impossible:
        return
    assert number is None or (type(number) is int and 0 <= number <= MAX_COUNT)


@given(st.text("0123456789.-+eE_ nainf", max_size=40))
@law
def test_any_text_is_an_amount_that_is_cheap_to_reckon_with(text: str) -> None:
    """A few characters can write a number with a million digits."""
    try:
        amount = quantity(text)
    except Impossible:
        return
    assert not amount or -18 <= amount.adjusted() <= 12


@pytest.mark.parametrize(
    ("rule", "reported", "own"),
    [
        pytest.param(CONVENTIONS, {"input": 937, "output": 111}, {"input": 937, "output": 111}),
        pytest.param(
            CONVENTIONS,
            {"input": 937, "output": 111, "cache_read": 512, "reasoning": 32},
            {"input": 425, "cache_read": 512, "output": 79, "reasoning": 32},
            id="parts-inside-by-the-conventions",
        ),
        pytest.param(
            CACHE_OUTSIDE,
            {"input": 214, "cache_read": 4000, "cache_write": 1500},
            {"input": 214, "cache_read": 4000, "cache_write": 1500},
            id="cache-outside-by-the-table",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 214, "cache_read": 4000},
            {"input": 214, "cache_read": 4000},
            id="a-part-larger-than-its-whole-stands-beside-it",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 309, "cache_read": 200, "output": 145, "total": 654},
            {"input": 309, "cache_read": 200, "output": 145},
            id="the-writers-total-has-the-cache-on-top",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 309, "cache_read": 200, "output": 145, "total": 454},
            {"input": 109, "cache_read": 200, "output": 145},
            id="the-writers-total-has-the-cache-inside",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 512, "cache_read": 512},
            {"cache_read": 512},
            id="all-of-it-was-cached",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 5714, "cache_read": 4000, "cache_write": 1500, "cache_write_1h": 500},
            {"input": 214, "cache_read": 4000, "cache_write": 1000, "cache_write_1h": 500},
            id="an-hours-writes-are-part-of-all-writes",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 714, "cache_write_1h": 500},
            {"input": 214, "cache_write_1h": 500},
            id="an-hours-writes-alone",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 425, "cache_read+": 512, "output": 79, "reasoning+": 32},
            {"input": 425, "cache_read": 512, "output": 79, "reasoning": 32},
            id="buckets-that-exclude-each-other",
        ),
        pytest.param(
            CONVENTIONS,
            {
                "input": 2364,
                "input+": 844,
                "cache_read": 1224,
                "cache_write": 296,
                "output": 566,
            },
            {"input": 844, "cache_read": 1224, "cache_write": 296, "output": 566},
            id="an-input-without-what-was-cached-wins",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 900, "input+": 0, "cache_read": 900, "output": 5},
            {"cache_read": 900, "output": 5},
            id="all-of-it-from-the-cache",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 30, "output": 618, "output+": 501, "output_audio": 101, "reasoning": 117},
            {"input": 30, "output": 400, "output_audio": 101, "reasoning": 117},
            id="an-output-without-thoughts-still-holds-its-sound",
        ),
        pytest.param(
            THOUGHTS_OUTSIDE,
            {"input": 1019, "output": 97, "reasoning": 50},
            {"input": 1019, "output": 97, "reasoning": 50},
            id="thoughts-outside-by-the-table",
        ),
        pytest.param(
            CONVENTIONS,
            {"output": 97, "reasoning": 211},
            {"output": 97, "reasoning": 211},
            id="more-thoughts-than-output-stand-beside-it",
        ),
        pytest.param(
            CONVENTIONS,
            {"output": 32, "reasoning": 32},
            {"reasoning": 32},
            id="nothing-but-thoughts",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 420, "input_audio": 380, "output": 310, "output_audio": 250},
            {"input": 40, "input_audio": 380, "output": 60, "output_audio": 250},
            id="audio",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 900, "input_audio": 500, "cache_read": 400, "cache_read_audio": 300},
            {"input": 300, "input_audio": 200, "cache_read": 100, "cache_read_audio": 300},
            id="cached-audio-is-part-of-what-was-read-and-of-the-audio",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 6000, "cache_read": 2048, "cache_write": 3584, "cache_write_12h": 512},
            {"input": 368, "cache_read": 2048, "cache_write": 3072, "cache_write_12h": 512},
            id="half-a-days-writes-are-part-of-all-writes",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 1019, "output": 1327, "total-": 1327},
            {"input": 1019, "output": 308},
            id="an-output-that-is-the-total",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 841, "cache_read": 600, "output": 157, "reasoning": 75, "total": 1073},
            {"input": 241, "cache_read": 600, "output": 157, "reasoning": 75},
            id="the-writers-total-has-the-thoughts-on-top",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 841, "output": 157, "reasoning": 75, "total": 998},
            {"input": 841, "output": 82, "reasoning": 75},
            id="the-writers-total-has-the-thoughts-inside",
        ),
        pytest.param(
            CONVENTIONS,
            {"input": 841, "output": 157, "reasoning": 75, "total": 1100},
            {"input": 841, "output": 82, "reasoning": 75},
            id="a-total-with-something-else-on-top-proves-nothing",
        ),
        pytest.param(Containment(invented=True), {"input": 3, "output": 9}, {}, id="made-up"),
        pytest.param(
            Containment(cache_left_over=True),
            {"input": 1196, "output": 188, "cache_read": 4000},
            {"input": 1196, "output": 188},
            id="another-calls-cache",
        ),
        pytest.param(
            NOT_BILLED,
            {"input": 41, "cache_read": 30, "output": 61},
            {"input": 41, "output": 61},
            id="cached-tokens-that-nobody-bills",
        ),
        pytest.param(
            CONVENTIONS,
            {"audio_seconds": Decimal("7.25"), "searches": Decimal(3)},
            {"audio_seconds": Decimal("7.25"), "searches": Decimal(3)},
            id="units-are-no-part-of-tokens",
        ),
        pytest.param(CONVENTIONS, {"reasoning": 32}, {"reasoning": 32}, id="a-part-alone"),
        pytest.param(CONVENTIONS, {"total": 400}, {}, id="a-total-alone-says-nothing"),
        pytest.param(CONVENTIONS, {"input": 0, "output": 0}, {}, id="zeros"),
        pytest.param(CONVENTIONS, {}, {}, id="nothing"),
    ],
)
def test_what_is_left_of_a_total(
    rule: Containment, reported: dict[str, Count], own: dict[str, Count]
) -> None:
    assert disjoint(reported, rule) == own


@pytest.mark.parametrize(
    ("rule", "reported"),
    [
        pytest.param(CONVENTIONS, {"input": 10, "input_audio": 11}, id="audio"),
        pytest.param(CONVENTIONS, {"output": 10, "output_image": 11}, id="image"),
        pytest.param(
            CONVENTIONS, {"input": 10, "cache_read": 6, "tool_input": 6}, id="parts-together"
        ),
        pytest.param(
            CACHE_OUTSIDE, {"input": 10, "cache_read": 6, "tool_input": 11}, id="tool"
        ),
        pytest.param(
            CONVENTIONS, {"output": 10, "reasoning": 6, "output_audio": 6}, id="with-thoughts"
        ),
    ],
)
def test_parts_that_fit_nowhere_are_impossible(
    rule: Containment, reported: dict[str, Count]
) -> None:
    with pytest.raises(Impossible):
        disjoint(reported, rule)


rules = st.builds(Containment, st.booleans(), st.booleans(), st.booleans())
amounts = st.one_of(st.integers(0, 8), st.integers(0, 10**6), st.just(0))
all_counts: st.SearchStrategy[dict[str, Count]] = st.dictionaries(
    st.sampled_from(
        [
            *("input", "output", "total", *CACHED, *INPUT_PARTS, *OUTPUT_PARTS, "reasoning"),
            *("cache_read+", "cache_write+", "reasoning+", "input_audio+", "output_audio+"),
        ]
    ),
    amounts,
)


def beside(reported: dict[str, Count], names: tuple[str, ...]) -> Count:
    return sum(reported.get(f"{name}+", 0) for name in names)


def own_of(own: dict[str, Count], names: tuple[str, ...]) -> Count:
    return sum(own.get(name, 0) for name in names)


@given(reported=all_counts, rule=rules)
@law
def test_counts_are_positive_and_of_classes_that_have_prices(
    reported: dict[str, Count], rule: Containment
) -> None:
    try:
        own = disjoint(dict(reported), rule)
    except Impossible:
        return
    assert own.keys() <= CLASSES.keys()
    assert all(number > 0 for number in own.values())


@given(reported=all_counts, rule=rules)
@law
def test_input_adds_up_to_what_was_reported(
    reported: dict[str, Count], rule: Containment
) -> None:
    """Its classes sum to the reported total, or to that and the cached tokens beside it."""
    try:
        own = disjoint(dict(reported), rule)
    except Impossible:
        return
    whole = reported.get("input", 0)
    written = max(reported.get("cache_write", 0), reported.get("cache_write_1h", 0))
    read, heard = reported.get("cache_read", 0), own_of(reported, CACHED_PARTS)
    cached = written + (
        read if read >= heard else read + heard
    )  # by the conventions a part of it
    cached = cached if rule.cache_billed else 0
    extra = beside(reported, (*CACHED, *INPUT_PARTS))
    total = own_of(own, ("input", *CACHED, *INPUT_PARTS)) - extra
    if not whole:
        assert total == cached + own_of(reported, INPUT_PARTS)
    elif not rule.cache_inside or cached > whole:
        assert total == whole + cached
    elif "total" not in reported:
        assert total == whole
    else:
        assert total in {whole, whole + cached}


@given(reported=all_counts, rule=rules)
@law
def test_output_adds_up_to_what_was_reported(
    reported: dict[str, Count], rule: Containment
) -> None:
    """Its classes sum to the reported total, or to that and the thoughts beside it."""
    try:
        own = disjoint(dict(reported), rule)
    except Impossible:
        return
    whole, thoughts = reported.get("output", 0), reported.get("reasoning", 0)
    extra = beside(reported, ("reasoning", *OUTPUT_PARTS))
    total = own_of(own, ("output", "reasoning", *OUTPUT_PARTS)) - extra
    if not whole:
        assert total == thoughts + own_of(reported, OUTPUT_PARTS)
    elif rule.reasoning_inside and thoughts <= whole:
        assert total == whole
    else:
        assert total == whole + thoughts


@given(reported=all_counts, rule=rules, seed=st.randoms(use_true_random=False))
@law
def test_the_order_of_counts_says_nothing(
    reported: dict[str, Count], rule: Containment, seed: object
) -> None:
    shuffled = list(reported.items())
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert outcome(dict(shuffled), rule) == outcome(dict(reported), rule)


def outcome(reported: dict[str, Count], rule: Containment) -> dict[str, Count] | None:
    try:
        return disjoint(reported, rule)
    except Impossible:
        return None
