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
    assert single == summed


@pytest.mark.parametrize(
    ("row", "facts"),
    [
        ("openai/gpt-4o", {}),
        ("openai/gpt-4o@2024-10-02[service_tier=flex]", {"service_tier": "flex"}),
        ("a/b[batch=true, >200000]", {"batch": "true"}),
        ("a/b[not region=x, size=1024x1024|512x512]", {"size": "1024x1024"}),
        ("a/b[endpoint=*.eu.example.com]", {}),
    ],
)
def test_the_conditions_of_a_row_are_told_by_its_name(row: str, facts: dict[str, str]) -> None:
    assert facts_of(row) == facts


GOOD = {"calls": 1, "tokens": {"input": 5}, "cost_usd": "0.1", "day": "2026-11-01"}
BAD: list[tuple[Any, str]] = [
    (None, "has sums without `usage`"),
    ([5], r"usage\[0\] is no sum"),
    ([GOOD, {**GOOD, "calls": -1}], r"usage\[1\] .* -1 is no count"),
    ([{**GOOD, "calls": True}], "True is no count"),
    ([{**GOOD, "cost_usd": "NaN"}], "is no sum.*NaN"),
    ([{**GOOD, "cost_usd": "1e-30"}], "its cost is no amount"),
    ([{**GOOD, "day": "yesterday"}], "is no sum.*yesterday"),
    ([{**GOOD, "tokens": {"apples": 1}}], "no class of usage called apples"),
    ([{**GOOD, "units": {"pears": "1"}}], "no class of usage called pears"),
    ([{**GOOD, "units": {"searches": 1}}], "'1' is no amount"),
    ([{**GOOD, "units": {"searches": "-1"}}], "'-1' is no amount"),
    ([{**GOOD, "units": {"searches": "NaN"}}], "'NaN' is no amount"),
    ([{**GOOD, "model": 5}], "a name is no text"),
]


@pytest.mark.parametrize(("usage", "words"), BAD, ids=[words for _, words in BAD])
def test_sums_of_others_are_not_trusted(usage: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        used_of({"totals": {}, "usage": usage})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


SUM = {"calls": JSON, "tokens": JSON, "units": JSON, "cost_usd": JSON, "day": JSON}


@given(st.fixed_dictionaries(SUM))
def test_any_sum_is_read_or_refused_in_words(entry: Any) -> None:
    try:
        used_of({"totals": {}, "usage": [entry]})
    except ValueError as bad:
        assert str(bad).startswith("usage[0] is no sum")  # noqa: PT017 - or it is read


def test_replay_names_who_reads_its_sums(tmp_path: Path) -> None:
    month, sums = tmp_path / "month", tmp_path / "sums"
    month.write_bytes(lines(REQUESTS))
    sums.write_text(run("replay", month, "--json"))
    assert "`prices diff --usage` reads it" in run("replay", sums, code=1)


def test_a_month_without_calls_is_no_amount(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    text = run("prices", "diff", "builtin", "builtin", "--usage", tmp_path / "empty")
    assert text.endswith("\nno calls were read\n")
