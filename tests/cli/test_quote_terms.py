"""`genai-cost quote` on the operator's terms: the same table, contract and rates as the service has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from processor.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

TERMS = """\
receivers: {otlp: {protocols: {grpc: {}}}}
processors:
  genai_cost:
    pricing:
      adjustments:
        - {provider: openai, multiplier: 0.78}
        - {provider: openai, service: till, fixed: 0.001}
      currency: {code: EUR, rates: {EUR: [{from: 2026-01-01, usd: 1.25}]}}
exporters: {debug: {}}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [genai_cost], exporters: [debug]}
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "config.yaml"
    path.write_text(TERMS)
    return str(path)


def quote(*arguments: str) -> Result:
    words = ["quote", "gpt-4o", "--provider", "openai", "--at", "2026-11-23T12:00:00Z"]
    return CliRunner().invoke(main, [*words, *arguments])


def test_the_contract_the_list_and_the_other_money(config: str) -> None:
    ran = quote("--input", "10000", "--output", "1000", "--config", config, "--json")
    told = json.loads(ran.stdout)
    assert (told["cost_usd"], told["list_cost_usd"]) == ("0.0273", "0.035")
    assert (told["amount"], told["amount_currency"]) == ("0.02184", "EUR")


def test_people_see_them_too(config: str) -> None:
    ran = quote("--input", "10000", "--service", "till", "--config", config)
    assert ran.stdout.splitlines()[0] == "$0.0205  priced"
    assert "  list     $0.025" in ran.stdout
    assert "  amount   0.0164 EUR" in ran.stdout


def test_without_terms_neither_is_said() -> None:
    ran = quote("--input", "10000")
    assert "list " not in ran.stdout
    assert "amount" not in ran.stdout


def test_near_names_are_told() -> None:
    ran = CliRunner().invoke(
        main, ["quote", "gpt-4oo", "--provider", "openai", "--input", "1", "--json"]
    )
    assert ran.exit_code == 1
    assert json.loads(ran.stdout)["did_you_mean"][0] == "gpt-4o"
    assert "did you mean gpt-4o" in ran.stderr
