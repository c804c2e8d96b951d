"""What a running process holds, as the system tells it: resident memory, its peak, open files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PEAK: Final = "VmHWM"
RESIDENT: Final = "VmRSS"


def mib(pid: int, what: str = RESIDENT) -> float:
    """Resident memory now, or since `forget_peak` at most."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"no {what} of {pid}")


def forget_peak(pid: int) -> None:
    """Let the peak begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def open_files(pid: int) -> int:
    """How many files and connections it has."""
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
