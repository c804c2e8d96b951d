"""The weekly path: newest releases, moved pins, and what changed in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pricing.tables import update
from pricing.tables.making import changes
from tests.tables.test_against import state

if TYPE_CHECKING:
    from pathlib import Path

PINS = "pins:\n  genai-prices: {version: 0.2.3, checked: 2026-11-23}\n  tokencost: {version: 0.1.26, checked: 2025-08-13}\n"


def test_the_highest_release_of_each_living_source_is_taken(tmp_path: Path) -> None:
    for name in (
        "genai_prices-0.2.9-py3-none-any.whl",
        "genai_prices-0.2.10-py3-none-any.whl",
        "litellm-1.109.1-cp310-abi3-manylinux_2_28_x86_64.whl",
        "tokencost-0.1.27-py3-none-any.whl",
        "other-9.9-py3-none-any.whl",
    ):
        (tmp_path / name).touch()
    assert update.newest(tmp_path) == {"genai-prices": "0.2.10", "litellm": "1.109.1"}


def test_only_what_is_newer_moves_its_pin() -> None:
    assert update.moved(PINS, {"genai-prices": "0.2.4"}, "2026-11-30") == PINS.replace(
        "0.2.3, checked: 2026-11-23", "0.2.4, checked: 2026-11-30"
    )


BEFORE = "\n        - {prices: {input: 2, output: 8}}\n"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param(BEFORE, [], id="nothing"),
        pytest.param(
            "\n        - {to: 2026-11-30, prices: {input: 2, output: 8}}"
            "\n        - {from: 2026-11-30, prices: {input: 1.5, output: 8}}\n",
            ["- demo/m: until 2026-11-30", "- demo/m@2026-11-30: input 2 -> 1.5"],
            id="a-price-moved",
        ),
        pytest.param(
            BEFORE.replace("output: 8", "output: 8, cache_read: 0.2"),
            ["- demo/m: cache_read 0.2"],
            id="a-class-more",
        ),
        pytest.param(
            BEFORE + "        - {when: {batch: true}, prices: {input: 1}}\n",
            ["- demo/m: 1 rows for further conditions"],
            id="a-condition-more",
        ),
    ],
)
def test_what_changed_in_words(rows: str, said: list[str]) -> None:
    assert changes.lines_of(state(BEFORE), state(rows)) == said


def test_a_section_is_put_first_and_replaces_that_of_its_day(tmp_path: Path) -> None:
    file = tmp_path / "CHANGES.md"
    file.write_text("# Changes\n\nWords.\n\n## 2026-11-23\n\nOld.\n", encoding="utf-8")
    for words in ("First.", "Second."):
        changes.put_first(file, f"## 2026-11-30\n\n{words}\n")
    assert file.read_text(encoding="utf-8") == (
        "# Changes\n\nWords.\n\n## 2026-11-30\n\nSecond.\n\n## 2026-11-23\n\nOld.\n"
    )
