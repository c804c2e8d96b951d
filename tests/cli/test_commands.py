"""The command as a whole: help, versions, what waits, what it imports, and how a start fails."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from processor.cli import COMMANDS, main
from tests.cli.texts import CONFIG

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_json(command: str) -> None:
    ran = call(command, "--help")
    assert ran.exit_code == 0
    assert f"  genai-cost {command}" in ran.stdout
    assert "--json" in ran.stdout


def test_the_help_names_every_command() -> None:
    text = call("--help").stdout
    assert all(f"\n  {command} " in text for command in COMMANDS)
    assert "Examples:" in text


def test_the_version() -> None:
    assert call("--version").stdout.startswith("genai-cost, version ")


@pytest.mark.parametrize(
    "arguments",
    [("replay", "a.jsonl", "--out", "b"), ("prices", "diff", "a", "b")],
    ids=" ".join,
)
def test_commands_that_wait_say_so(arguments: tuple[str, ...]) -> None:
    ran = call(*arguments, "--json")
    assert ran.exit_code == 2
    assert "waits for a later release; meanwhile " in ran.stderr
    assert "waits for a later release" in json.loads(ran.stdout)["error"]


@pytest.mark.parametrize("arguments", [("runx",), ("run", "--confg", "x")], ids=" ".join)
def test_called_wrongly(arguments: tuple[str, ...]) -> None:
    ran = call(*arguments)
    assert ran.exit_code == 2
    assert "--help" in ran.stderr


def test_a_bad_configuration_is_told_before_anything_starts(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("receivers: {}\nexporters: {debugx: {}}\n")
    ran = call("run", "--config", str(file))
    assert ran.exit_code == 1
    assert ran.stdout == ""
    assert len(ran.stderr.splitlines()) == 3
    assert all(line.startswith(f"error: {file}:") for line in ran.stderr.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [
        ("quote", "gpt-4o", "--input", "1"),
        ("validate", "{config}"),
        ("run", "--config", "{missing}"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_neither_grpc_nor_protobuf_is_imported(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(CONFIG % (tmp_path / "prices.yaml"))
    given = [a.format(config=config, missing=tmp_path / "missing.yaml") for a in arguments]
    code = (
        "import sys\nfrom processor.cli import main\n"
        f"try: main({given!r})\nexcept SystemExit: pass\n"
        "sys.exit(any(name in sys.modules for name in ('grpc', 'google.protobuf', 'asyncio')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)  # noqa: S603
    assert ran.returncode == 0, ran.stderr
