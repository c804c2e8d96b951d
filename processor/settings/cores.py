"""How many processors this process may use: what it is bound to, and what its control groups allow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

ROOT: Final = Path("/sys/fs/cgroup")
OF_PROCESS: Final = Path("/proc/self/cgroup")


def usable_cores(root: Path = ROOT, of_process: Path = OF_PROCESS) -> int:
    """Whole ones, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, int(min([float(cores), *_quotas(root, of_process)])))


def _quotas(root: Path, of_process: Path) -> list[float]:
    """Of every control group that this process is in, version 2 or 1; a container sees its own as the root."""
    quotas: list[float] = []
    for line in _words(of_process):
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        base = root / controllers if controllers else root
        group = base / path.lstrip("/")
        for each in (group, *group.parents):
            quotas += _quota(each)
            if each == base:
                break
    return quotas


def _quota(group: Path) -> list[float]:
    both = " ".join(_words(group / "cpu.max")).split()
    if not both:
        both = [*_words(group / "cpu.cfs_quota_us"), *_words(group / "cpu.cfs_period_us")]
    try:
        quota, period = (float(word) for word in both)
    except ValueError:  # "max", or nothing that we know
        return []
    return [quota / period] if quota > 0 and period > 0 else []


def _words(path: Path) -> list[str]:
    try:
        return path.read_text("ascii").splitlines()
    except (OSError, ValueError):
        return []
