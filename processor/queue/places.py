"""Which place a queue has: memory, or a file of its own in the directory of a `file_storage`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from processor.queue.disk_store import DiskStore
from processor.queue.memory_store import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.queue.request import Store
    from processor.settings import ExporterSettings, StorageSettings

SUFFIX: Final = ".queue"


def place_for(exporter: str, storage: StorageSettings | None) -> Store:
    """Where the requests of an exporter's queue are kept."""
    if storage is None:
        return MemoryStore()
    path = Path(storage.directory) / file_name(exporter)
    return DiskStore(
        path, storage.setting, fsync=storage.fsync, create_directory=storage.create_directory
    )


def file_name(exporter: str) -> str:
    """The name of the file of an exporter's queue: its id, what is no letter or digit in it quoted."""
    return quote(exporter, safe="") + SUFFIX


def left_behind(exporters: Iterable[ExporterSettings]) -> list[Path]:
    """Files beside those of the exporters' queues that are no exporter's: what is in them is not sent."""
    used: dict[str, set[str]] = {}
    for exporter in exporters:
        place = exporter.sending_queue.place
        if place is not None:
            used.setdefault(place.directory, set()).add(file_name(exporter.name))
    return [
        path
        for directory, names in used.items()
        for path in sorted(Path(directory).glob(f"**/*{SUFFIX}"))
        if path.name not in names
    ]
