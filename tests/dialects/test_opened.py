"""How much of a JSON text is opened and looked through: pictures don't count, and nothing is without end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from processor.dialects.texts import MAX_JSON, MAX_LIST, MAX_OPENED, MAX_PICTURED, Texts

USAGE = {"input_tokens": 59, "output_tokens": 4160}


def pictured(picture: str, pictures: int = 1) -> str:
    return json.dumps({"data": [{"b64_json": picture}] * pictures, "usage": USAGE})


def opened(text: str) -> tuple[Any, Any]:
    """What is read of it, and how many pictures are in it."""
    said = Texts({"answer": text})
    return said.value("answer#usage"), said.value("answer#data.b64_json=*.n()")


@pytest.mark.parametrize(
    ("picture", "pictures"),
    [
        pytest.param("A" * MAX_JSON, 1, id="base64"),
        pytest.param("A" * MAX_JSON, 10, id="ten"),
        pytest.param("data:image/png;base64," + "a+/9" * (MAX_JSON // 4) + "==", 1, id="url"),
        pytest.param("A" * 4095, 1, id="small"),
    ],
)
def test_pictures_are_no_part_of_what_is_opened(picture: str, pictures: int) -> None:
    assert opened(pictured(picture, pictures)) == (USAGE, pictures)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(pictured("A" * MAX_PICTURED), id="larger-than-any-answer"),
        pytest.param(pictured("some words " * (MAX_JSON // 10)), id="words"),
        pytest.param(pictured('\\"' * MAX_JSON), id="quotes"),
        pytest.param("[" * MAX_JSON, id="no-end"),
        pytest.param("", id="nothing"),
        pytest.param(" ", id="blank"),
    ],
)
def test_what_is_too_large_or_nothing_is_not_opened(text: str) -> None:
    assert opened(text) == (None, None)


def test_blanks_may_stand_first() -> None:
    assert opened("\n " + pictured("A")) == (USAGE, 1)


def test_a_list_is_looked_through_to_a_bound() -> None:
    answer = json.dumps({"data": [{"b64_json": ""}] * MAX_LIST * 2})
    assert opened(answer) == (None, MAX_LIST)


def test_of_one_span_no_more_is_opened_than_a_few_texts() -> None:
    large = json.dumps({"usage": 1, "text": " " * (MAX_JSON - 100)})
    said = Texts({f"text.{place}": large for place in range(8)})
    read = [said.value(f"text.{place}#usage") for place in range(8)]
    most = MAX_OPENED // len(large)
    assert read == [1] * most + [None] * (8 - most)
    assert 0 < most < 8
