"""Several published files as one of ours: what is written reads back the same, and the later file wins aloud."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pricing import PriceTable, Question, Quote, compact
from pricing.book import BUILTIN
from pricing.formats import detect, merging, written
from pricing.rows import instant
from pricing.tables.making.writing import catalogue
from tests.pricing.tables import ask, table
from tests.pricing.test_formats import GENAI_PRICES, LITELLM, OPENLIT
from tests.tables.test_files import HERE

if TYPE_CHECKING:
    from pricing.layer import Catalogue

OURS = """
genai-cost: 1
version: "7"
providers:
  demo:
    models:
      m:
        mode: chat
        whole: true
        aliases: [n, "o:1"]
        multipliers:
          - {when: {region: "!global"}, times: 1.1, from: 2026-01-01}
        rows:
          - {to: 2026-01-01, prices: {input: 1.30, output: 4}, source: ours, checked: 2026-01-01}
          - {from: 2026-01-01, when: {batch: true, region: [eu, us]}, prices: {input: 0.3}}
          - {when: {context_from: 200000, hours: "Mon-Fri 01:00-04:00"}, prices: {input: 3}}
          - {when: {batch: false}, prices: {audio_seconds: "0.111 per hour, minimum 10"}}
"""


def read(text: str) -> Catalogue:
    return detect.read(text.encode(), "made").layer


def same(one: Catalogue, other: Catalogue) -> bool:
    assert sorted(one.models()) == sorted(other.models())
    assert one.aliases() == other.aliases()
    for key in one.models():
        assert one.entry(*key) == other.entry(*key)
    return one.version == other.version


@pytest.mark.parametrize(
    "source",
    [OURS, OPENLIT, LITELLM, GENAI_PRICES],
    ids=["ours", "openlit", "litellm", "genai"],
)
def test_what_is_written_reads_back_as_the_same(source: str) -> None:
    layer = read(source)
    assert same(read(written.text(layer)), layer)
    assert same(read(json.dumps(written.document(layer))), layer)


def test_the_whole_table_reads_back_as_the_same() -> None:
    layer = catalogue(HERE)
    assert same(read(json.dumps(written.document(layer))), layer)


def file(*models: str) -> str:
    return "genai-cost: 1\nproviders:\n  demo:\n    models:\n" + "".join(
        f"      {model}\n" for model in models
    )


def merged(*files: str) -> tuple[PriceTable, list[str], list[str]]:
    sources = [
        (f"file-{i}", detect.read(text.encode(), f"file-{i}")) for i, text in enumerate(files)
    ]
    found = merging.merge(sources, "1")
    prices = PriceTable((read(written.text(found.layer)),), "1")
    return prices, [str(conflict) for conflict in found.conflicts], list(found.notes)


def test_the_later_file_wins_and_says_what_it_overrules() -> None:
    prices, conflicts, notes = merged(
        file("m: {prices: {input: 1, output: 4}}"),
        file("m: {prices: {input: 2, cache_read: 1}}"),
    )
    usage = {"input": 10**6, "cache_read": 10**6}
    assert ask(prices, usage, Question("m", provider="demo")) == "3 priced"
    assert conflicts == ["demo/m input: 1 in file-0, 2 in file-1: taken"]
    assert notes == ["demo/m: output of file-0 is not in file-1, whose row takes its place"]


def test_files_that_agree_have_no_conflict() -> None:
    _, conflicts, notes = merged(
        file("m: {prices: {input: 1}}"), file("m: {prices: {input: 1.0}}")
    )
    assert (conflicts, notes) == ([], [])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(
            "n: {prices: {input: 1}}",
            "m: {aliases: [n], prices: {input: 2}}",
            "2",
            id="alias-later",
        ),
        pytest.param(
            "m: {aliases: [n], prices: {input: 2}}",
            "n: {prices: {input: 1}}",
            "1",
            id="model-later",
        ),
        pytest.param(
            "m: {aliases: [n], prices: {input: 2}}",
            "k: {aliases: [m], prices: {input: 3}}",
            "2",
            id="a-target-becomes-an-alias",
        ),
    ],
)
def test_a_name_is_what_the_later_file_says_as_in_the_service(
    first: str, second: str, expected: str
) -> None:
    question = Question("n", provider="demo")
    prices, _, _ = merged(file(first), file(second))
    assert ask(prices, {"input": 10**6}, question) == f"{expected} priced"
    assert (
        ask(table(file(first), file(second)), {"input": 10**6}, question)
        == f"{expected} priced"
    )


LISTED = compact.load(BUILTIN.read_bytes())
OPENAI = (
    "genai-cost: 1\nproviders: {openai: {models: {gpt-4o: {prices: {input: 2.5, output: 10}}}}}"
)
ANYONE = '{"chat": {"gpt-4o": {"input": 0.0026, "output": 0.01}}}'


@pytest.mark.parametrize(
    ("files", "conflicts"),
    [
        pytest.param(
            (OPENAI, ANYONE),
            ["openai/gpt-4o input: 2.5 in file-0, 2.6 in file-1: taken"],
            id="anyone-later",
        ),
        pytest.param(
            (ANYONE, OPENAI),
            ["openai/gpt-4o input: 2.6 in file-0, 2.5 in file-1: taken"],
            id="anyone-first",
        ),
        pytest.param(
            (OPENAI.replace("gpt-4o:", "gpt-4o-2024-08-06:"), ANYONE), [], id="a-snapshot-first"
        ),
        pytest.param(
            (
                OPENAI.replace("{prices", "{whole: true, prices"),
                file("m: {rows: [{to: 2026-01-01, prices: {input: 3}}]}"),
                OPENAI.replace(
                    "{prices: {input: 2.5", "{rows: [{from: 2026-02-01, prices: {input: 4"
                ).replace("}}}}}", "}}]}}}}"),
            ),
            ["openai/gpt-4o input: 2.5 in file-0, 4 in file-2: taken"],
            id="dated-over-whole",
        ),
    ],
)
@pytest.mark.parametrize("provider", ["openai", "azure.ai.openai", ""])
@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4o-2024-08-06"])
@pytest.mark.parametrize("day", ["2026-01-15", "2026-11-23"])
@pytest.mark.parametrize("batch", [False, True], ids=["now", "batch"])
def test_one_file_answers_as_its_sources_do(
    files: tuple[str, ...],
    conflicts: list[str],
    provider: str,
    model: str,
    day: str,
    *,
    batch: bool,
) -> None:
    prices, told, _ = merged(*files)
    layers = [detect.read(text.encode(), "f").layer for text in files]
    question = Question(model, provider=provider, batch=batch)
    usage = {"input": 10**6, "output": 10**6}
    as_sources = PriceTable((LISTED, *layers), "1").quote(question, usage, instant(day))
    as_one = PriceTable((LISTED, *prices.layers), "1").quote(question, usage, instant(day))
    assert isinstance(as_sources, Quote)
    assert isinstance(as_one, Quote)
    assert as_one.atto_usd == as_sources.atto_usd
    assert told == conflicts


def test_matches_by_pattern_are_said_to_be_left_behind() -> None:
    _, _, notes = merged(GENAI_PRICES)
    assert len(notes) == 1
    assert "match by pattern" in notes[0]
