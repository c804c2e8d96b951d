"""`service.workers`: how many processes, and what several cannot have together."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from processor.settings.cores import usable_cores
from tests.settings.texts import WHOLE, problem, read, with_

if TYPE_CHECKING:
    from pathlib import Path

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


@pytest.mark.parametrize(("written", "workers"), [("1", 1), ("2", 2), ("auto", usable_cores())])
def test_workers_are_a_number_or_as_many_as_there_are_cores(written: str, workers: int) -> None:
    assert read(f"{WHOLE}  workers: {written}\n").workers == workers


@pytest.mark.parametrize("written", ["0", "-1", "1.5", "many"])
def test_anything_else_is_no_number_of_workers(written: str) -> None:
    found = problem(f"{WHOLE}  workers: {written}\n")
    assert "service.workers" in found
    assert found.endswith("write a whole number from 1 to 1024, or auto")


def test_several_cannot_share_a_unix_socket() -> None:
    text = with_("grpc: {}", "grpc: {endpoint: 'unix:/run/otlp.sock'}") + "  workers: 2\n"
    assert "is a Unix socket, which service.workers: 2 processes cannot share" in problem(text)


def test_several_cannot_write_one_file() -> None:
    text = WHOLE.replace(
        "exporters:\n", "exporters:\n  file: {path: /tmp/spans.json}\n"
    ).replace("exporters: [otlp_grpc]", "exporters: [file, otlp_grpc]")
    assert read(text).workers == 1
    assert "is one file, which service.workers: 2" in problem(text + "  workers: 2\n")


def test_other_systems_share_no_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert "SO_REUSEPORT as Linux has it" in problem(WHOLE + "  workers: 2\n")
    assert read(WHOLE + "  workers: auto\n").workers == 1


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        pytest.param({}, CORES, id="no-groups"),
        pytest.param({"a/b/cpu.max": "max 100000"}, CORES, id="no-quota"),
        pytest.param({"a/b/cpu.max": "100000 100000"}, 1, id="one-core"),
        pytest.param(
            {"a/cpu.max": "150000 100000", "a/b/cpu.max": "max 1"}, 1, id="outer-group"
        ),
        pytest.param({"cpu.max": "50000 100000"}, 1, id="less-than-one-is-one"),
        pytest.param(
            {
                "cpu,cpuacct/a/b/cpu.cfs_quota_us": "100000",
                "cpu,cpuacct/a/b/cpu.cfs_period_us": "100000",
            },
            1,
            id="version-1",
        ),
        pytest.param(
            {
                "cpu,cpuacct/a/b/cpu.cfs_quota_us": "-1",
                "cpu,cpuacct/a/b/cpu.cfs_period_us": "100000",
            },
            CORES,
            id="version-1-no-quota",
        ),
    ],
)
def test_cores_are_those_that_may_be_used(
    tmp_path: Path, files: dict[str, str], cores: int
) -> None:
    of_process = tmp_path / "cgroup"
    of_process.write_text("0::/a/b\n4:cpu,cpuacct:/a/b\n3:memory:/a\n")
    for name, text in files.items():
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    assert usable_cores(tmp_path / "root", of_process) == cores
