"""A file that requests are appended to, and what becomes of it when it is full.

Plain blocking code, to be called from one thread. Invariant: the file holds whole records only: one that
could not be written to its end is cut off again. Nothing is synced to the disk: what was written
survives the end of this process, not a loss of power.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from processor.settings.values import RotationSettings

_STAMP: Final = "%Y-%m-%dT%H-%M-%S"
_STAMP_CHARACTERS: Final = 23  # with milliseconds


class RotatedFile:
    """Opened at once; without rotation what was there is gone unless it is to be appended to."""

    def __init__(
        self,
        path: Path,
        rotation: RotationSettings | None,
        *,
        append: bool,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._path = path
        self._rotation = rotation
        self._now = now
        keep = append or rotation is not None
        self._file = self._opened(0 if keep else os.O_TRUNC)
        self._size = os.fstat(self._file).st_size

    def write(self, record: bytes) -> None:
        """Append a whole record or raise `OSError` and leave the file as it was."""
        rotation = self._rotation
        if (
            rotation is not None
            and self._size
            and self._size + len(record) > rotation.max_bytes
        ):
            self._rotate()
        try:
            self._write_whole(record)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(record)

    def close(self) -> None:
        """Close it."""
        os.close(self._file)

    def _opened(self, more: int) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | more
        return os.open(self._path, flags, 0o600)

    def _write_whole(self, record: bytes) -> None:
        left = memoryview(record)
        while left:
            left = left[os.write(self._file, left) :]

    def _rotate(self) -> None:
        """Name the full file after the moment, as a Collector does, and begin a new one."""
        rotated = self._free_name()
        self._path.rename(rotated)
        try:
            fresh = self._opened(0)
        except OSError:
            rotated.rename(self._path)
            raise
        os.close(self._file)
        self._file, self._size = fresh, 0
        self._remove_old()

    def _free_name(self) -> Path:
        moment = self._now()
        while True:
            shown = (
                moment.astimezone() if self._rotation and self._rotation.localtime else moment
            )
            stamp = f"{shown.strftime(_STAMP)}.{shown.microsecond // 1000:03d}"
            name = self._path.with_name(f"{self._path.stem}-{stamp}{self._path.suffix}")
            if not name.exists():
                return name
            moment += timedelta(milliseconds=1)

    def _remove_old(self) -> None:
        rotation = self._rotation
        if rotation is None:
            return
        backups = sorted(self._backups(), reverse=True)
        too_many = backups[rotation.max_backups :] if rotation.max_backups else []
        oldest_s = time.time_ns() / 1e9 - rotation.max_days * 86400
        for backup in backups:
            with suppress(OSError):
                old = rotation.max_days and backup.stat().st_mtime < oldest_s
                if old or backup in too_many:
                    backup.unlink()

    def _backups(self) -> list[Path]:
        """Files that are named as we name them; their names sort by age."""
        prefix, suffix = f"{self._path.stem}-", self._path.suffix
        length = len(prefix) + _STAMP_CHARACTERS + len(suffix)
        return [
            each
            for each in self._path.parent.iterdir()
            if len(each.name) == length
            and each.name.startswith(prefix)
            and each.name.endswith(suffix)
            and each.name[len(prefix) : len(prefix) + 4].isdigit()
        ]
