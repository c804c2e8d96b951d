"""What the operating system knows of a process, and what is told of the machine beside each result."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Final

_MIB: Final = 2**20


def cpu_s(pid: int) -> float:
    """User and system time of a process, threads that ended included, to the nanosecond.

    Linux has a clock for every process: its number is the inverted pid, and 2 asks for what was run.
    """
    return time.clock_gettime((~pid << 3) | 2)


def rss_mib(pid: int) -> float:
    """Resident memory now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / _MIB


def facts(collector: Path) -> dict[str, str]:
    """What a reader needs to judge the numbers, and nothing that names the machine."""
    return {
        "day": time.strftime("%Y-%m-%d", time.gmtime()),
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "kernel": platform.release().split("-")[0],
        "Python": platform.python_version(),
        "grpcio": version("grpcio"),
        "Go": _first_line("go", "env", "GOVERSION").removeprefix("go"),
        "Collector": _first_line(str(collector), "--version").rpartition(" ")[2],
        "commit": _first_line("git", "describe", "--always", "--dirty"),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return "none"
    return done.stdout.strip().partition("\n")[0]
