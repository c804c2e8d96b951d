"""Whoever closes the pipe has seen enough: no command complains of it, however much it had to say."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.cli.stored import lines, request

ROOT: Final = Path(__file__).parents[2]
STORED: Final = "tests/golden/langfuse/langfuse-v3-py/request.json"
COMMANDS: Final = (
    "prices list",
    "prices list --json",
    "prices diff builtin tests/golden/prices.json",
    "prices diff builtin tests/golden/prices.json --json",
    f"replay {STORED}",
    f"replay {STORED} --json",
    "quote gpt-4o --input 1",
    "quote nobody --input 1 --json",
    "validate tests/golden/prices.json",
)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("lines", [0, 1])
def test_a_closed_pipe_ends_quietly(command: str, lines: int) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        ran = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "processor", *command.split()],
            stdout=writing,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        os.close(writing)
        if lines:
            assert pipe.read(1)
    _, errors = ran.communicate()
    assert b"Traceback" not in errors
    assert b"BrokenPipe" not in errors
    assert ran.returncode == 0 or b"error: nobody is not priced" in errors


def test_a_full_disk_is_no_closed_pipe() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        ran = subprocess.run(
            [sys.executable, "-m", "processor", "prices", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            check=False,
        )
    assert ran.returncode == 1


def test_a_progress_bar_moves_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    month = tmp_path / "month"
    month.write_bytes(lines([request(number) for number in range(3000)]))
    reading, terminal = pty.openpty()
    ran = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "processor", "replay", str(month)],
        stdout=subprocess.DEVNULL,
        stderr=terminal,
        cwd=ROOT,
    )
    os.close(terminal)
    seen = b""
    try:
        while came := os.read(reading, 65536):
            seen += came
    except OSError:  # Linux says so at the end of a terminal
        pass
    os.close(reading)
    assert ran.wait() == 0
    assert month.name.encode() in seen
    assert len(set(re.findall(rb"([\d.]+)/[\d.]+ [kM]?B", seen))) > 1
