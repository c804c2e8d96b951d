"""Workers that there are no more leave no request behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from processor.model import Signal
from processor.queue.disk_room import DiskRoom
from processor.queue.left import left_by_workers
from processor.queue.request import Request
from processor.queue.request_file import RequestFile
from processor.settings import ExporterSettings, Settings, StorageSettings
from processor.settings.values import QueueSettings

if TYPE_CHECKING:
    from pathlib import Path


def a_file(path: Path) -> RequestFile:
    return RequestFile(path, "file_storage", fsync=False, create_directory=True)


def keep(path: Path, *bodies: bytes) -> None:
    file = a_file(path)
    file.open()
    puts = [(n, Request(Signal.TRACES, body, 1)) for n, body in enumerate(bodies, 1)]
    assert not any(file.write(puts, ()).problems)
    file.close()


def kept(path: Path) -> list[bytes]:
    if not path.exists():
        return []
    file = a_file(path)
    found = [file.read(entry.key) for entry in file.open()]
    file.close()
    return [each.body for each in found if each is not None]


NOTHING: list[list[bytes]] = [[], [], []]


def queued(directory: Path, workers: int) -> Settings:
    storage = StorageSettings(directory=str(directory))
    exporter = ExporterSettings(
        "otlp_grpc", kind="grpc", sending_queue=QueueSettings(enabled=True, place=storage)
    )
    return Settings(exporters={"otlp_grpc": exporter}, workers=workers)


@pytest.mark.parametrize(
    ("workers", "own", "stay"),
    [
        pytest.param(1, [b"a", b"1", b"2", b"3"], NOTHING, id="one-process-sends-all"),
        pytest.param(2, [b"a", b"3"], [[b"1"], [b"2"], []], id="fewer-workers"),
        pytest.param(3, [b"a"], [[b"1"], [b"2"], [b"3"]], id="as-many-workers"),
    ],
)
async def test_what_they_left_is_sent_by_others(
    tmp_path: Path, workers: int, own: list[bytes], stay: list[list[bytes]]
) -> None:
    files = [tmp_path / f"worker-{place}" / "otlp_grpc.queue" for place in (1, 2, 3)]
    keep(tmp_path / "otlp_grpc.queue", b"a")
    for path, body in zip(files, (b"1", b"2", b"3"), strict=True):
        keep(path, body)
    settings = queued(tmp_path, workers)
    await left_by_workers(settings)
    await left_by_workers(settings)
    assert kept(tmp_path / "otlp_grpc.queue") == own
    assert [kept(path) for path in files] == stay


async def test_what_the_disk_has_no_room_for_waits_and_is_kept_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk keeps no service from starting, which alone would empty it."""
    left, own = tmp_path / "worker-2" / "otlp_grpc.queue", tmp_path / "otlp_grpc.queue"
    keep(left, b"1", b"2", b"3")
    answers = iter([True])

    def takes(*_: object) -> bool:
        return next(answers, False)

    with monkeypatch.context() as full:
        full.setattr(DiskRoom, "takes", takes)
        await left_by_workers(queued(tmp_path, 1))
    assert (kept(own), kept(left)) == ([b"1"], [b"2", b"3"])
    await left_by_workers(queued(tmp_path, 1))
    assert (kept(own), kept(left)) == ([b"1", b"2", b"3"], [])
