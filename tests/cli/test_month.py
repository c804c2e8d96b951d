"""A month as the sums of `replay --json`: priced by two tables as its single calls are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from processor.cli import main
from processor.cli.usage import used_of
from processor.cli.usage_cost import facts_of
from tests.cli.stored import REQUESTS, lines, request
from tests.cli.texts import PRICES
from tests.walk.test_otlp_json import EXAM

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str | Path, code: int = 0) -> str:
    ran = CliRunner().invoke(main, [*map(str, arguments)])
    assert ran.exit_code == code, ran.stderr
    return ran.stdout if code == 0 else ran.stderr


def test_sums_come_to_what_the_calls_come_to(tmp_path: Path) -> None:
    old, new, month, sums = (tmp_path / n for n in ("old.yaml", "new.yaml", "month", "sums"))
    old.write_text(PRICES)
    new.write_text(PRICES.replace("2.50", "2.25").replace("our-model", "gone"))
    calls = [*REQUESTS, request(9, "nobody"), REQUESTS[0], request(8, "our-model", 777)]
    month.write_bytes(lines(calls))
    sums.write_text(run("replay", month, "--json"))
    by_calls, by_sums = (
        json.loads(run("prices", "diff", old, new, "--usage", file, "--json"))["usage"]
        for file in (month, sums)
    )
    assert (by_sums.pop("summed"), by_sums.pop("recorded_usd")) == (5, "0.0078")
    assert (by_calls.pop("summed"), by_calls.pop("recorded_usd")) == (0, None)
    assert by_sums == by_calls
    assert by_sums["total"]["delta_usd"] == "-0.0008307"
    text = run("prices", "diff", old, new, "--usage", sums)
    assert "5 calls were read as sums" in text


def test_a_month_behind_our_service_is_compared_too(tmp_path: Path) -> None:
    old, new, month, stamped = (tmp_path / n for n in ("o.yaml", "n.yaml", "month", "stamped"))
    old.write_text(PRICES)
    new.write_text(PRICES.replace("2.50", "2.25"))
    month.write_bytes(lines(REQUESTS))
    run("replay", month, "-o", stamped)
    asked = ("prices", "diff", old, new, "--json", "--usage")
    assert json.loads(run(*asked, month)) == json.loads(run(*asked, stamped))


@pytest.mark.skipif(not EXAM.exists(), reason=f"NOT HELD: there is no exam corpus at {EXAM}")
def test_the_whole_corpus_in_sums_comes_to_the_same(tmp_path: Path) -> None:
    month, sums = tmp_path / "month", tmp_path / "sums"
    from tests.cli.stored import stream  # noqa: PLC0415

    month.write_bytes(stream([p.read_bytes() for p in sorted(EXAM.glob("*/traces-*.pb"))]))
    sums.write_text(run("replay", month, "--json"))
    by_calls, by_sums = (
        json.loads(run("prices", "diff", "builtin", "builtin", "--usage", file, "--json"))
        for file in (month, sums)
    )
    assert by_sums["usage"]["recorded_usd"] == by_calls["usage"]["total"]["old_usd"]
    single, summed = (
        {(row["provider"], row["model"]): row for row in told["usage"]["models"]}
        for told in (by_calls, by_sums)
    )
    differing = {model for model, row in single.items() if row != summed[model]}
    searched = {("anthropic", "claude-sonnet-4-5-20250929"), ("openai", "gpt-5.1-2025-11-13")}
    assert differing == searched  # searches are no tokens, and sums have tokens alone
