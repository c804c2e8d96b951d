"""The operator's guide is whole: every word of ours has a line, every promise a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from processor.telemetry import COUNTERS, GAUGES, INFOS, PREFIX
from tests.docs import said

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "operating.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows(mark: str) -> list[str]:
    """The lines of the table below a mark, its head left out."""
    _, _, below = GUIDE.partition(f"<!-- {mark} -->\n")
    table = re.match(r"(?:\|.*\n)+", below)
    assert table, mark
    return table[0].splitlines()[2:]


def told(mark: str) -> set[str]:
    """The words in the first cell of each row; they may hold backquotes."""
    return {line.split("|")[1].strip()[1:-1] for line in rows(mark)}


def test_every_warning_and_error_of_the_log_is_explained() -> None:
    assert told("said: log") == said.logged()


def test_every_refusal_of_ours_is_explained() -> None:
    assert told("said: refusals") == said.refused()


SHOWN = {f"{PREFIX}{name}_total" for name in COUNTERS} | {f"{PREFIX}{name}" for name in GAUGES}
DERIVED = {f"genai_cost_{name}" for name in ("spans_total", "tokens_total", "late_total")} | {
    "genai_cost_model_first_seen_seconds"
}
LABELS = {"genai_cost_status", "genai_cost_source", "genai_cost_token_class"}
RULES = (ROOT / "deploy" / "prometheus" / "genai-cost.rules.yml").read_text()
METRIC = re.compile(r"\bgenai_cost_[a-z_]+[a-z]\b(?![(_])")


@pytest.mark.parametrize("text", [GUIDE, RULES], ids=["guide", "rules"])
def test_every_metric_that_is_named_exists(text: str) -> None:
    infos = {f"{PREFIX}{name}_info" for name in INFOS}
    found = set(METRIC.findall(text))
    assert len(found) > 5
    assert found - SHOWN - DERIVED - LABELS - infos == set()


PROMISES = [match for line in rows("promises") for match in NAMED.findall(line)]


@pytest.mark.parametrize(("file", "test"), PROMISES, ids=[test for _, test in PROMISES])
def test_the_test_of_a_promise_exists(file: str, test: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    names = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert test in names


def test_every_promise_names_one_test() -> None:
    assert all(len(NAMED.findall(line)) == 1 for line in rows("promises"))
    assert len(PROMISES) > 40
