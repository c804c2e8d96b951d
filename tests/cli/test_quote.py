"""`genai-cost quote`: exact money, named reasons, wrong calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from pricing.money import to_text as exact
from pricing.usage import CLASSES
from processor.cli import main
from processor.cli.quote_options import unix_ns
from tests.cli.texts import BROKEN_PRICES, CONFIG, PRICES

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["quote", *arguments])


def answer(*arguments: str) -> dict[str, object]:
    ran = call(*arguments, "--json")
    assert ran.exit_code == 0, ran.stderr
    assert ran.stderr == ""
    read: dict[str, object] = json.loads(ran.stdout)
    return read


def test_the_contracts_calculation() -> None:
    ran = call("gpt-4o", "--input", "1420", "--output", "380", "--json")
    assert '"cost": 0.00735,' in ran.stdout
    quote = json.loads(ran.stdout)
    assert quote["cost_usd"] == "0.00735"
    assert quote["provider"] == "openai"
    assert quote["status"] == "priced"
    assert quote["row"].startswith("openai/gpt-4o")
    assert {name: part["cost_usd"] for name, part in quote["parts"].items()} == {
        "input": "0.00355",
        "output": "0.0038",
    }


def test_for_people_it_prints_the_same() -> None:
    ran = call("gpt-4o", "--input", "1420", "--output", "380")
    assert ran.exit_code == 0
    assert ran.stdout.splitlines()[0] == "$0.00735  priced"
    assert [line.split()[0] for line in ran.stdout.splitlines()[1:]] == [
        "input",
        "output",
        "row",
        "match",
        "provider",
        "prices",
    ]


@pytest.mark.parametrize("counts", [("--input", "1"), ()], ids=["counts", "no-counts"])
def test_a_model_nobody_sells(counts: tuple[str, ...]) -> None:
    ran = call("no-such-model", *counts, "--json")
    assert ran.exit_code == 1
    assert ran.stderr.startswith("error: no-such-model is not priced: unknown_model")
    assert json.loads(ran.stdout)["status"] == "unknown_model"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        pytest.param((), "Missing argument 'MODEL'", id="no-model"),
        pytest.param(("gpt-4o",), "give at least one count", id="no-counts"),
        pytest.param(
            ("gpt-4o", "--input", "-5"), "'-5' is no whole number from 0 up", id="sign"
        ),
        pytest.param(
            ("gpt-4o", "--input", "1.5"), "is no whole number from 0 up", id="fraction"
        ),
        pytest.param(("gpt-4o", "--audio-seconds", "nan"), "is no number from 0 up", id="nan"),
        pytest.param(("gpt-4o", "--input", "9" * 40), "is no whole number", id="huge"),
        pytest.param(("gpt-4o", "--inptu", "5"), "'--input'", id="misspelt"),
        pytest.param(
            ("gpt-4o", "--input", "5", "--at", "noon"), "'noon' is no time", id="time"
        ),
        pytest.param(
            ("gpt-4o", "--input", "5", "--attribute", "size"),
            "write NAME=VALUE",
            id="attribute",
        ),
    ],
)
def test_called_wrongly(arguments: tuple[str, ...], hint: str) -> None:
    ran = call(*arguments)
    assert ran.exit_code == 2
    assert hint in ran.stderr
    assert "--help" in ran.stderr
    assert ran.stdout == ""


def test_a_price_file_wins_over_the_built_in_table(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(PRICES.replace("input: 2.50", "input: 7"))
    assert answer("gpt-4o", "--input", "1000000", "--prices", str(file))["cost"] == 7.0
    ours = answer(
        "our-model", "--cache-read", "3", "--provider", "OpenAI", "--prices", str(file)
    )
    assert ours["cost_usd"] == "0.00000003"


def test_prices_of_a_configuration(tmp_path: Path) -> None:
    file, config = tmp_path / "prices.yaml", tmp_path / "c.yaml"
    file.write_text(PRICES)
    config.write_text(CONFIG % file)
    ours = ("our-model", "--output", "10", "--config", str(config))
    assert answer(*ours, "--provider", "openai")["cost_usd"] == "0.000003"
    assert answer(*ours)["provider"] == "openai"
    assert call("o1", "--input", "1", "--config", str(config)).exit_code == 1  # builtin: false


@pytest.mark.parametrize("option", ["--prices", "--config"])
def test_files_that_cannot_be_used(option: str, tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text(BROKEN_PRICES)
    ran = call("gpt-4o", "--input", "1", option, str(file))
    assert ran.exit_code == 1
    assert len([line for line in ran.stderr.splitlines() if line.startswith("error: ")]) >= 2


@pytest.mark.parametrize(
    ("at", "cost"),
    [
        ("2024-12-31T23:59:59Z", 5.0),
        ("2025-01-01", 4.0),
        ("2025-01-01T01:00:00+02:00", 5.0),
    ],
)
def test_a_price_is_that_of_its_time(at: str, cost: float, tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(PRICES)
    given = ("dated", "--provider", "openai", "--input", "1000000", "--prices", str(file))
    assert answer(*given, "--at", at)["cost"] == cost


def test_every_class_of_usage_has_an_option() -> None:
    text = call("--help").stdout
    assert all(f"--{name.replace('_', '-')} " in text for name in CLASSES)


@pytest.mark.parametrize(
    ("atto_usd", "text"),
    [
        (0, "0"),
        (1, "0.000000000000000001"),
        (7_350_000_000_000_000, "0.00735"),
        (10**18, "1"),
        (12 * 10**18 + 5 * 10**17, "12.5"),
        (-(10**17), "-0.1"),
    ],
)
def test_money_is_exact_text(atto_usd: int, text: str) -> None:
    assert exact(atto_usd) == text


def test_nanoseconds_are_exact() -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    at = datetime(2025, 3, 1, 0, 0, 0, 123457, UTC)
    assert unix_ns(at) == 1_740_787_200_123_457_000


def test_a_price_file_tells_who_sells_its_models(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(
        "genai-cost: 1\nproviders: {acme: {models: {house-7b: {prices: {input: 1, output: 2}}}}}"
    )
    arguments = ["quote", "house-7b", "--prices", str(file), "--input", "1000000"]
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 0, ran.stderr
    assert "provider acme" in ran.stdout


def test_the_nearest_name_is_its_makers() -> None:
    ran = CliRunner().invoke(main, ["quote", "gpt4o", "--input", "1"])
    assert ran.exit_code == 1
    assert "did you mean openai/gpt-4o " in ran.stderr


def test_a_multiplier_is_said_beside_the_amount_and_in_the_list() -> None:
    asked = (
        "claude-sonnet-4-5",
        "--provider",
        "vertex_ai",
        "--region",
        "us-east5",
        "--input",
        "1",
    )
    assert "  times    1.1 on tokens, for not region=global" in call(*asked).stdout
    assert answer(*asked)["multipliers"] == [{"times": "1.1", "when": "not region=global"}]
    seen = ("prices", "list", "--provider", "vertex_ai", "--model", "claude-sonnet-4-5")
    listed = CliRunner().invoke(main, [*seen, "--history"])
    assert "; tokens x 1.1 for not region=global" in listed.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        pytest.param(
            ("--input", "1", "--service-tier", "nonsense"),
            "priced_fallback",
            ["no price of input is for service_tier=nonsense: charged at the standard one"],
            id="tier",
        ),
        pytest.param(
            ("--cache-write", "1"),
            "priced_fallback",
            ["cache_write has no price of its own: charged at that of input"],
            id="parent",
        ),
        pytest.param(
            ("--input", "1", "--code-sessions", "1"),
            "priced_lower_bound",
            ["code_sessions has no price in openai/gpt-4o@2024-10-02"],
            id="no-price",
        ),
        pytest.param(("--input", "1"), "priced", [], id="priced"),
    ],
)
def test_what_is_in_doubt_says_why(
    arguments: tuple[str, ...], status: str, why: list[str]
) -> None:
    found = answer("gpt-4o", *arguments)
    assert (found["status"], found["why"]) == (status, why)
    text = call("gpt-4o", *arguments).stdout
    assert [line[11:] for line in text.splitlines() if line.startswith("  why ")] == why


@pytest.mark.parametrize("model", ["dall-e-3", "gpt-image-1"])
def test_pictures_ask_for_their_size_and_quality(model: str) -> None:
    told = call(model, "--images", "2").stderr
    assert "ask for size (1024x1024, " in told
    assert ") and quality (h" in told
