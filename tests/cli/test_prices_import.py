"""`genai-cost prices import`: published files in, one file of ours out, conflicts on stderr."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from pricing.formats import detect
from processor.cli.prices_import import import_prices
from tests.pricing.test_formats import GENAI_PRICES, LITELLM, OPENLIT

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    made = {"litellm": LITELLM, "openlit": OPENLIT, "genai-prices": GENAI_PRICES, "broken": "{"}
    made["tokencost"] = json.dumps(
        {
            "demo-1": {
                "max_tokens": 1,
                "litellm_provider": "openai",
                "input_cost_per_token": 9e-06,
            }
        }
    )
    for name, text in made.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {name: str(tmp_path / name) for name in made}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(import_prices, list(arguments))


def test_one_published_file_becomes_one_of_ours(files: dict[str, str]) -> None:
    done = run("--from", "litellm", files["litellm"], "--version", "w47")
    loaded = detect.read(done.stdout.encode(), "out.yaml")
    assert (done.exit_code, loaded.format, loaded.layer.version) == (0, "genai-cost", "w47")
    assert loaded.layer.entry("openai", "demo-1") is not None
    assert "0 conflicts" in done.stderr


def test_several_forms_are_told_apart_by_their_content(files: dict[str, str]) -> None:
    named = ("openlit", "tokencost", "litellm", "genai-prices")
    done = run("--from", ",".join(named), *(files[name] for name in named), "--json")
    answer = json.loads(done.stdout)
    assert [file["format"] for file in answer["files"]] == list(named)
    taken = {(c["row"], c["name"], c["first"], c["taken"]) for c in answer["conflicts"]}
    assert ("openai/demo-1", "input", "9", "2") in taken
    assert (
        detect.read(json.dumps(answer["prices"]).encode(), "p.json").layer.count
        == answer["models"]
    )


def test_into_a_file(files: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "ours.yaml"
    done = run(files["openlit"], "-o", str(out))
    assert (done.exit_code, done.stdout) == (0, "")
    assert detect.read(out.read_bytes(), "ours.yaml").format == "genai-cost"


def test_strict_ends_with_one_where_files_differ(files: dict[str, str]) -> None:
    done = run("--strict", files["tokencost"], files["litellm"])
    assert done.exit_code == 1
    assert "conflict: openai/demo-1 input: 9 in" in done.stderr
    assert run(files["tokencost"], files["litellm"]).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(
            ["--from", "openlitt", "openlit"], 2, "known: genai-cost", id="no-such-form"
        ),
        pytest.param([], 2, "Missing argument", id="no-file"),
        pytest.param(["broken"], 1, "broken", id="no-price-file"),
        pytest.param(["absent"], 1, "cannot be read", id="no-such-file"),
        pytest.param(
            ["--from", "litellm,openlit", "genai-prices"], 1, "--from names", id="another-form"
        ),
        pytest.param(["openlit", "-o", "/nowhere/x"], 1, "cannot be written", id="no-place"),
    ],
)
def test_called_wrongly_or_with_what_is_none(
    files: dict[str, str], arguments: list[str], code: int, words: str
) -> None:
    done = run(*(files.get(argument, argument) for argument in arguments))
    assert done.exit_code == code
    assert words in done.stderr
