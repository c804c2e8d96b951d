"""Requests in the queues of workers that there are no more: moved to the service's own, and sent.

A start with fewer workers, or with one, leaves nobody's requests on the disk, but for those that it has no
room to move: they wait for the next. A crash on the way means that some are sent twice, which OTLP accepts.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from processor.queue.places import file_name
from processor.queue.request_file import RequestFile

if TYPE_CHECKING:
    from processor.settings import Settings, StorageSettings

logger = logging.getLogger("genai_cost")

FOLDER: Final = "worker-"
"""Of a worker's queues, before its number."""


async def left_by_workers(settings: Settings) -> None:
    """Take over what they left. Raises `ConfigError` where a file cannot be read or written."""
    for name, exporter in settings.exporters.items():
        place = exporter.sending_queue.place
        if place is None:
            continue
        for left in _left(Path(place.directory), file_name(name), settings.workers):
            moved = await asyncio.to_thread(_move, left, place, file_name(name))
            if moved:
                logger.info("%s: %d requests of a worker that is no more are sent", name, moved)


def _left(directory: Path, name: str, workers: int) -> list[Path]:
    used = (
        {f"{FOLDER}{place}" for place in range(1, workers + 1)} if workers > 1 else set[str]()
    )
    return [
        folder / name
        for folder in sorted(directory.glob(f"{FOLDER}*"))
        if folder.name not in used and (folder / name).exists()
    ]


def _move(left: Path, place: StorageSettings, name: str) -> int:
    """Each is in our file before it is gone from theirs; what ours has no room for stays where it is."""
    ours = RequestFile(
        Path(place.directory) / name, place.setting, fsync=place.fsync, create_directory=False
    )
    theirs = RequestFile(left, place.setting, fsync=place.fsync, create_directory=False)
    key = max((entry.key for entry in ours.open()), default=0)
    with closing(ours):
        entries = theirs.open()
        moved: list[int] = []
        problem = ""
        with closing(theirs):
            for entry in entries:
                request = theirs.read(entry.key)
                if request is not None:
                    key += 1
                    (problem,) = ours.write([(key, request)], ()).problems
                if problem:
                    theirs.write((), moved)
                    break
                moved.append(entry.key)
    if problem:
        words = "%s: %d requests of a worker that is no more wait for a start with room for them: %s"
        logger.error(words, left, len(entries) - len(moved), problem)
    else:
        left.unlink()
    return len(moved)
