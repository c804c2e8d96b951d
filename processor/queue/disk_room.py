"""Whether a file system has room for a request, twice: in the log, and in the file it is moved to.

SQLite deletes by writing to its log, and empties the log into the file: on a disk that is full to the last
byte neither is possible, and what was delivered could not be deleted. So some room is left for that.
Quotas and limits of a file's size do not show here; SQLite then says that it cannot write.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from processor.queue.request import Request

PAGE_BYTES: Final = 16384
RESERVE_PAGES: Final = 32
"""To delete with: each of ten consumers' requests changes one or two, their tree and the list of free ones a few."""
_LOGGED_BYTES: Final = PAGE_BYTES + 24
"""A page in the log, with its head."""
_MORE_PAGES: Final = 3
"""Of a request beyond those that its body fills: the page with its row, the tree above, a started page."""


class DiskRoom:
    """The room around one SQLite file and its log."""

    def __init__(self, path: Path) -> None:
        self._directory = path.parent
        self._log = Path(f"{path}-wal")

    def takes(self, requests: Iterable[Request], free_pages: Callable[[], int]) -> bool:
        """Whether these can be written and deleted again; *free_pages* are those within the file."""
        pages = sum(len(each.body) // PAGE_BYTES + _MORE_PAGES for each in requests)
        free = self._free_bytes() - (pages + RESERVE_PAGES) * _LOGGED_BYTES
        in_the_file = self._log_bytes() + pages * PAGE_BYTES
        return free >= in_the_file or free >= max(0, in_the_file - free_pages() * PAGE_BYTES)

    def words(self) -> str:
        """Why one is not taken, for people."""
        kept = RESERVE_PAGES * _LOGGED_BYTES // 1024
        return f"the disk is full ({self._free_bytes() // 1024} KiB free, of which {kept} are for deletions)"

    def _free_bytes(self) -> int:
        try:
            found = os.statvfs(self._directory)
        except OSError:
            return sys.maxsize  # SQLite finds out
        return found.f_bavail * found.f_frsize

    def _log_bytes(self) -> int:
        try:
            return self._log.stat().st_size
        except OSError:
            return 0
