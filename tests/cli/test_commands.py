"""The command as a whole: help, versions, what waits, what it imports, and how a start fails."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from processor.cli import COMMANDS, main
from processor.cli.prices import PLACES
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


@pytest.mark.parametrize("command", PLACES)
def test_every_command_about_prices_has_help_with_an_example_and_json(command: str) -> None:
    if find_spec(PLACES[command].partition(":")[0]) is None:
        pytest.skip(f"prices {command} is not in this checkout yet")
    ran = call("prices", command, "--help")
    assert ran.exit_code == 0
    assert f"  genai-cost prices {command}" in ran.stdout
    assert "--json" in ran.stdout


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
        ("prices", "list", "--model", "gpt-4o"),
        ("prices", "diff", "builtin", "builtin"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
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


def test_the_service_never_imports_what_only_the_commands_show_with() -> None:
    code = (
        "import sys\nimport processor.service, processor.cli.run\n"
        "sys.exit(any(name in sys.modules for name in ('rich', 'zstandard', 'google.protobuf.json_format')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)  # noqa: S603
    assert ran.returncode == 0, ran.stderr
