"""`genai-cost prices list` and `prices diff`: what is known, and what a change does, exactly."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from pricing import PriceBook, PriceSource, PriceTable
from pricing.difference import difference
from processor.cli import main
from tests.cli.stored import REQUESTS, lines, request, stream
from tests.cli.texts import BROKEN_PRICES, CONFIG, PRICES
from tests.walk.test_otlp_json import EXAM

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["prices", *map(str, arguments)])


def answer(*arguments: str | Path, code: int = 0) -> Any:
    ran = call(*arguments, "--json")
    assert ran.exit_code == code, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    file = tmp_path / "old.yaml"
    file.write_text(PRICES)
    return file


def other(old: Path, *changes: tuple[str, str]) -> Path:
    text = old.read_text()
    for was, now in changes:
        assert was in text
        text = text.replace(was, now)
    file = old.with_name("new.yaml")
    file.write_text(text)
    return file


@pytest.fixture
def only(old: Path) -> tuple[str, ...]:
    """The prices of that file and none else."""
    config = old.with_name("config.yaml")
    config.write_text(
        "receivers: {otlp: {protocols: {grpc: {}}}}\nexporters: {debug: {}}\n"
        f"processors: {{genai_cost: {{pricing: {{builtin: false, sources: [{{file: {old}}}]}}}}}}\n"
        "service: {pipelines: {traces: {receivers: [otlp], processors: [genai_cost], exporters: [debug]}}}\n"
    )
    return ("--config", str(config))


@pytest.mark.parametrize(
    ("arguments", "models"),
    [
        pytest.param((), ["dated", "gpt-4o", "our-model"], id="all"),
        pytest.param(("--history",), ["dated", "dated", "gpt-4o", "our-model"], id="history"),
        pytest.param(("--model", "gpt-*"), ["gpt-4o"], id="pattern"),
        pytest.param(("--model", "openai/our-*"), ["our-model"], id="with-provider"),
        pytest.param(("--model", "GPT-4o"), ["gpt-4o"], id="case"),
        pytest.param(
            ("--provider", "OpenAI", "--class", "cache_read"), ["our-model"], id="class"
        ),
        pytest.param(("--at", "2024-01-01", "--model", "dated"), ["dated"], id="then"),
    ],
)
def test_rows_are_listed(
    arguments: tuple[str, ...], models: list[str], only: tuple[str, ...]
) -> None:
    told = answer("list", *arguments, *only)
    assert [row["model"] for row in told["rows"]] == models
    assert len(call("list", *arguments, *only).stdout.splitlines()) == len(models) + 1


def test_a_row_says_all_of_it(only: tuple[str, ...]) -> None:
    (row,) = answer("list", "--at", "2024-06-01", "--model", "dated", *only)["rows"]
    assert row["row"] == "openai/dated"
    assert (row["from"], row["to"]) == (None, "2025-01-01")
    assert row["prices"] == {"input": "5"}
    head, line = call(
        "list", "--at", "2024-06-01", "--model", "dated", *only
    ).stdout.splitlines()
    assert head.split() == ["provider", "model", "from", "to", "when", "USD"]
    assert line.split() == ["openai", "dated", "2025-01-01", "input", "5"]


def test_nothing_found_is_exit_1(only: tuple[str, ...]) -> None:
    ran = call("list", "--model", "nobody", *only)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert "no price row is like that" in ran.stderr


def test_the_built_in_table_is_listed_whole() -> None:
    rows = answer("list", "--history")["rows"]
    book = PriceBook()
    book.reload(0)
    assert len(rows) == book.current.rows_count


Told = tuple[list[str], list[str], dict[str, Any]]


def said(added: str = "", removed: str = "", changed: dict[str, Any] | None = None) -> Told:
    return added.split(), removed.split(), changed or {}


CHANGES = [
    pytest.param(
        [("input: 2.50", "input: 2.25")],
        said(changed={"openai/gpt-4o": {"input": {"old": "2.5", "new": "2.25"}}}),
        id="price",
    ),
    pytest.param(
        [("      our-model:", "      their-model:")],
        said("openai/their-model", "openai/our-model"),
        id="model",
    ),
    pytest.param(
        [("{to: 2025-01-01", "{to: 2024-06-01"), ("{from: 2025-01-01", "{from: 2024-06-01")],
        said(
            "openai/dated@2024-06-01",
            "openai/dated@2025-01-01",
            {"openai/dated": {"until": {"old": "2025-01-01", "new": "2024-06-01"}}},
        ),
        id="dates",
    ),
    pytest.param(
        [("cache_read: 0.01, ", "")],
        said(changed={"openai/our-model": {"cache_read": {"old": "0.01", "new": ""}}}),
        id="class",
    ),
    pytest.param([("2.50", "2.5")], said(), id="nothing"),
]


@pytest.mark.parametrize(("changes", "told"), CHANGES)
def test_what_a_change_is(changes: list[tuple[str, str]], told: Told, old: Path) -> None:
    found = answer("diff", old, other(old, *changes))
    added, removed, changed = told
    assert [row["row"] for row in found["added"]] == added
    assert [row["row"] for row in found["removed"]] == removed
    assert {row["row"]: row["changes"] for row in found["changed"]} == changed


def test_for_people(old: Path) -> None:
    ran = call("diff", old, other(old, ("input: 2.50", "input: 2.25"), ("our-model", "x")))
    assert ran.stdout.splitlines() == [
        "+ openai/x  input 0.1, cache_read 0.01, output 0.3",
        "- openai/our-model  input 0.1, cache_read 0.01, output 0.3",
        "~ openai/gpt-4o  input 2.5 -> 2.25",
        "rows: 1 added, 1 removed, 1 changed",
    ]


def test_a_class_that_is_gone_says_none(old: Path) -> None:
    ran = call("diff", old, other(old, ("cache_read: 0.01, ", "")))
    assert "~ openai/our-model  cache_read 0.01 -> none" in ran.stdout.splitlines()


@pytest.mark.parametrize(
    ("provider", "rows"),
    [
        ("openai", ["openai gpt-4o"]),
        ("acme", ["* gpt-4o"]),
        ("", ["* gpt-4o", "openai gpt-4o"]),
    ],
)
def test_a_row_for_whoever_sells_a_model_stands_once_for_a_seller(
    tmp_path: Path, provider: str, rows: list[str]
) -> None:
    prices, config = tmp_path / "p", tmp_path / "c"
    prices.write_text(
        'genai-cost: 1\nproviders: {"*": {models: {gpt-4o: {prices: {input: 2.6}}}},\n'
        " openai: {models: {gpt-4o: {prices: {output: 9}}}}}"
    )
    ours = tmp_path / "later"
    ours.write_text('{"chat": {"gpt-4o": {"input": 0.0026}}}')
    config.write_text(CONFIG % f"{prices}}}, {{file: {ours}")
    seen = answer("list", "--config", config, "--model", "gpt-4o", "--provider", provider)
    assert [f"{row['provider']} {row['model']}" for row in seen["rows"]] == rows
    assert {row["prices"].get("input") for row in seen["rows"]} == {"2.6"}


def test_a_table_differs_in_nothing_from_itself() -> None:
    book = PriceBook()
    book.reload(0)
    assert not difference(book.current, book.current)


def test_there_and_back_is_the_same_with_signs_reversed(old: Path) -> None:
    new = other(old, ("our-model", "x"), ("input: 2.50", "input: 9"))
    tables: list[PriceTable] = []
    for file in (old, new):
        book = PriceBook([PriceSource(str(file))], builtin=False)
        book.reload(0)
        tables.append(book.current)
    there, back = difference(*tables), difference(*tables[::-1])
    assert [row.row for row in there.added] == [row.row for row in back.removed]
    assert [(c.old, c.new) for row in there.changed for c in row.changes] == [
        (c.new, c.old) for row in back.changed for c in row.changes
    ]


@pytest.mark.parametrize("write", [lines, stream], ids=["json", "protobuf"])
def test_what_it_does_to_a_month(write: Any, old: Path) -> None:
    month = old.with_name("month")
    calls = [*REQUESTS, request(9, "nobody-knows"), REQUESTS[0], request(8, "our-model")]
    month.write_bytes(write(calls))
    new = other(old, ("input: 2.50", "input: 2.25"), ("our-model", "gone"))
    told = answer("diff", old, new, "--usage", month)["usage"]
    assert told["total"] == {
        "calls": 5,  # sent twice is one call
        "old_usd": "0.007903",
        "new_usd": "0.00705",
        "delta_usd": "-0.000853",
        "old_unpriced": 1,
        "new_unpriced": 2,
    }
    of = {row["model"]: row for row in told["models"]}
    assert of["gpt-4o"]["delta_usd"] == "-0.00075"  # 3 x 1000 x 0.25 / 1M
    text = call("diff", old, new, "--usage", month).stdout
    assert "5 calls: $0.007903 -> $0.00705, -0.000853 (-10.8 %)" in text
    assert "1 calls had a cost by A and have none by B" in text
    cells = {
        line.split()[1]: line.split()[2:] for line in text.splitlines() if "openai" in line
    }
    assert cells["nobody-knows"] == ["1", "-", "-", "-", "-"]
    assert cells["our-model"][-3:] == ["-", "-", "-"]


def test_the_month_is_priced_on_the_operators_terms(old: Path) -> None:
    month, config = old.with_name("month"), old.with_name("terms.yaml")
    month.write_bytes(lines([*REQUESTS]))
    config.write_text(
        "receivers: {otlp: {protocols: {grpc: {}}}}\nexporters: {debug: {}}\n"
        "processors: {genai_cost: {pricing: {adjustments: [{provider: openai, multiplier: 0.5}]}}}\n"
        "service: {pipelines: {traces: {receivers: [otlp], processors: [genai_cost], exporters: [debug]}}}\n"
    )
    new = other(old, ("input: 2.50", "input: 2.25"))
    listed = answer("diff", old, new, "--usage", month)["usage"]["total"]
    agreed = answer("diff", old, new, "--usage", month, "--config", config)["usage"]["total"]
    for each in ("old_usd", "new_usd"):
        assert Decimal(agreed[each]) * 2 == Decimal(listed[each])


def test_over_the_builtin_table_a_file_takes_nothing_away(old: Path) -> None:
    found = answer("diff", "builtin", old, "--over-builtin")
    added = {row["row"] for row in found["added"]}
    assert "openai/our-model" in added
    assert all(
        row["row"].startswith(("openai/gpt-4o[", "openai/gpt-4o@")) for row in found["removed"]
    )


@pytest.mark.skipif(not EXAM.exists(), reason=f"NOT HELD: there is no exam corpus at {EXAM}")
def test_the_sums_of_a_month_are_those_of_replay(tmp_path: Path) -> None:
    month = tmp_path / "month"
    month.write_bytes(
        stream([path.read_bytes() for path in sorted(EXAM.glob("*/traces-*.pb"))])
    )
    prices = tmp_path / "p.yaml"
    prices.write_text(
        "genai-cost: 1\nproviders: {openai: {models: {gpt-4o: {prices: {input: 1}}}}}\n"
    )
    told = answer("diff", "builtin", prices, "--over-builtin", "--usage", month)["usage"]
    ran = CliRunner().invoke(main, ["replay", str(month), "--json"])
    assert told["total"]["old_usd"] == json.loads(ran.stdout)["totals"]["cost_usd"]
    assert Decimal(told["total"]["delta_usd"]) == sum(
        Decimal(row["new_usd"]) - Decimal(row["old_usd"]) for row in told["models"]
    )


def test_what_is_broken_is_told(old: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(BROKEN_PRICES)
    ran = call("diff", old, bad)
    assert ran.exit_code == 1
    assert len(ran.stderr.splitlines()) == 2
    month = tmp_path / "month"
    month.write_bytes(lines(REQUESTS) + b"{no\n")
    ran = call("diff", old, old, "--usage", month)
    assert ran.exit_code == 1
    assert f"{month}:4: is no JSON" in ran.stderr
    assert "3 calls: $0.0078 -> $0.0078, 0 (+0.0 %)" in ran.stdout
    assert call("diff", old).exit_code == 2
