"""The committed tables: they read, they are what their making says, and known prices are in them."""

import dataclasses
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pricing import PriceBook, Question, Quote
from pricing.money import ATTO
from pricing.rows import instant
from pricing.tables.making import checks
from pricing.tables.making.emit import document
from pricing.tables.making.plausible import doubt
from pricing.tables.making.reading import read_tables, read_text, table_files
from pricing.tables.making.yaml_text import parse_text

# The checkout: an installed package has the compact build alone.
HERE = Path(__file__).parents[2] / "pricing" / "tables"
TABLES = read_tables(HERE)


def test_every_file_reads_and_the_compact_build_is_fresh() -> None:
    assert list(checks.schema_and_freshness(HERE)) == []


def test_every_price_is_plausible_and_names_its_source() -> None:
    assert list(checks.plausibility(TABLES)) == []


def test_no_two_rows_compete() -> None:
    assert list(checks.overlaps(TABLES)) == []


def test_every_disagreement_is_explained() -> None:
    assert list(checks.explained(HERE)) == []
    assert list(checks.since_august(HERE)) == []


def test_the_table_is_large_and_small() -> None:
    assert len(TABLES) >= 60
    assert sum(map(len, TABLES.values())) >= 4500
    assert (HERE / "builtin.json").stat().st_size < 2_500_000


@pytest.mark.parametrize("path", table_files(HERE)[::9], ids=lambda path: path.stem)
def test_a_file_read_and_written_again_is_the_same(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    content = parse_text(text)
    for provider, sheets in read_text(text).items():
        name = content["providers"][provider]["name"]
        assert document(provider, name, sheets.values(), content["version"]) == text


# By hand from the vendors' lists: provider, model, facts, usage, instant, dollars.
KNOWN: list[tuple[Any, ...]] = [
    ("openai", "gpt-4o", {}, {"input": 1420, "output": 380}, "2026-11-23", "0.00735"),
    ("openai", "gpt-4o-2024-05-13", {}, {"input": 10**6}, "2026-11-23", "5"),
    ("openai", "gpt-4o", {"batch": True}, {"input": 10**6}, "2026-06-01", "1.25"),
    ("openai", "gpt-5.6-sol", {}, {"input": 10**4}, "2026-08-20", "0.05"),
    ("openai", "gpt-5.6-sol", {}, {"input": 10**4}, "2026-08-21", "0.04"),
    ("openai", "whisper-1", {}, {"audio_seconds": 60}, "2026-11-23", "0.006"),
    ("anthropic", "claude-sonnet-4-5", {}, {"cache_write_1h": 10**5}, "2026-11-23", "0.6"),
    (
        "aws.bedrock",
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        {},
        {"input": 10**5},
        "2026-11-23",
        "0.33",
    ),
    (
        "aws.bedrock",
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        {},
        {"input": 10**5},
        "2026-11-23",
        "0.3",
    ),
    (
        "aws.bedrock",
        "meta.llama3-70b-instruct-v1:0",
        {"region": "sa-east-1"},
        {"input": 10**6},
        "2026-11-23",
        "4.45",
    ),
    ("gcp.gemini", "gemini-4-argon", {}, {"input": 10**4}, "2026-11-30", "0.02"),
    ("gcp.gemini", "gemini-4-argon", {}, {"input": 10**4}, "2026-12-01", "0.04"),
    ("azure.ai.openai", "o4-mini", {"region": "us"}, {"input": 10**6}, "2026-11-23", "1.21"),
    ("deepseek", "deepseek-v4-pro", {}, {"input": 10**6}, "2026-11-24T02:00:00Z", "1.32"),
    ("deepseek", "deepseek-v4-pro", {}, {"input": 10**6}, "2026-11-28T02:00:00Z", "0.66"),
    ("mistral_ai", "mistral-small-latest", {}, {"output": 10**6}, "2026-03-15", "0.3"),
    ("groq", "whisper-large-v3", {}, {"audio_seconds": 3600}, "2026-11-23", "0.111"),
    ("cohere", "embed-multilingual-light-v3.0", {}, {"input": 10**6}, "2026-11-23", "0.1"),
    ("ollama", "llama3", {}, {"input": 10**6}, "2026-11-23", "0"),
]


@pytest.fixture(scope="module")
def book() -> PriceBook:
    made = PriceBook()
    made.reload(0.0)
    return made


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: f"{case[1]}-{case[4]}-{case[5]}")
def test_known_prices(book: PriceBook, case: tuple[Any, ...]) -> None:
    provider, model, facts, usage, at, dollars = case
    quote = book.current.quote(Question(model, provider=provider, **facts), usage, instant(at))
    assert isinstance(quote, Quote)
    assert Decimal(quote.atto_usd) / ATTO == Decimal(dollars)


@pytest.mark.parametrize(
    ("mode", "figures"),
    [
        ("embedding", {"input": "100"}),
        ("chat", {"input": "3200", "output": "9710"}),
        ("chat", {"input": "0.0005", "output": "0.0005"}),
        ("chat", {"input": "5", "output": "0.15"}),
        ("transcription", {"audio_seconds": "0.1"}),
        ("speech", {"input_characters": "0.015"}),
    ],
)
def test_a_slip_of_the_unit_does_not_pass(mode: str, figures: dict[str, str]) -> None:
    assert doubt(mode, {name: Decimal(figure) for name, figure in figures.items()})


def test_an_overlap_is_found() -> None:
    sheet = TABLES["openai"]["gpt-4o"]
    twice = dataclasses.replace(sheet, lines=[*sheet.lines, sheet.lines[0]])
    assert list(checks.overlaps({"openai": {"gpt-4o": twice}}))
