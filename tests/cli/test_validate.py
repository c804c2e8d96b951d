"""`genai-cost validate`: configuration and price files, told apart by content."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from processor.cli import main
from tests.cli.texts import BROKEN_PRICES, CONFIG, PRICES

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["validate", *map(str, arguments)])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    prices, config = tmp_path / "prices.yaml", tmp_path / "config.yaml"
    prices.write_text(PRICES)
    config.write_text(CONFIG % prices)
    return config, prices


def test_good_files_are_named_with_their_kind(files: tuple[Path, Path]) -> None:
    config, prices = files
    ran = call(config, prices)
    assert ran.exit_code == 0
    assert ran.stdout == f"{config}: good (config)\n{prices}: good (prices)\n"


def test_all_problems_of_all_files_at_once(files: tuple[Path, Path]) -> None:
    config, prices = files
    prices.write_text(BROKEN_PRICES)
    config.write_text(
        (CONFIG % prices).replace("grpc: {}", "grcp: {}").replace("debug:", "debugx:")
    )
    ran = call(config, prices)
    assert ran.exit_code == 1
    assert ran.stdout == ""
    lines = ran.stderr.splitlines()
    assert all(line.startswith("error: ") for line in lines)
    assert any("did you mean `grpc`?" in line for line in lines)
    assert any("did you mean `debug`?" in line for line in lines)
    assert any("outputx" in line for line in lines)
    assert any("cheap" in line for line in lines)


def test_a_configuration_is_checked_with_its_price_files(files: tuple[Path, Path]) -> None:
    config, prices = files
    prices.write_text(BROKEN_PRICES)
    assert call(config).exit_code == 1


def test_a_price_file_that_is_elsewhere_is_a_warning(files: tuple[Path, Path]) -> None:
    config, prices = files
    prices.unlink()
    ran = call(config)
    assert ran.exit_code == 0
    assert "cannot be read here: No such file" in ran.stderr


def test_json(files: tuple[Path, Path]) -> None:
    config, prices = files
    ran = call("--json", config, prices, prices.with_name("gone"))
    assert ran.exit_code == 1
    found = json.loads(ran.stdout)
    assert found["ok"] is False
    assert [(one["kind"], len(one["problems"])) for one in found["files"]] == [
        ("config", 0),
        ("prices", 0),
        ("unknown", 1),
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("service: {}\n", "config", id="section"),
        pytest.param('{"exporters": {}}', "config", id="json-section"),
        pytest.param("# a comment\n\nreceivers:\n  otlp:", "config", id="after-a-comment"),
        pytest.param(
            '{"chat": {"gpt-4o": {"input": 0.0025, "output": 0.01}}}', "prices", id="openlit"
        ),
        pytest.param(PRICES, "prices", id="ours"),
        pytest.param("hello", "prices", id="neither"),
    ],
)
def test_content_says_what_a_file_is(text: str, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text(text)
    assert json.loads(call("--json", file).stdout)["files"][0]["kind"] == kind


def test_no_file_is_a_wrong_call() -> None:
    ran = call()
    assert ran.exit_code == 2
    assert "Missing argument 'FILE...'" in ran.stderr
