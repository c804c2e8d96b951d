"""The SQLite file of a queue: requests by key, written in transactions that end on the disk.

Blocks, so it belongs to one thread. The write-ahead log of SQLite has a checksum for every page: a
torn end of it is as if it had not been written. Invariants: no two processes have one file open; nothing is
taken that leaves no room to delete it (`disk_room.py`). https://www.sqlite.org/wal.html
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.errors import ConfigError
from processor.model import Signal
from processor.queue.disk_room import PAGE_BYTES, DiskRoom
from processor.queue.request import Entry, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Row = tuple[int, str, int, str, bytes]

logger = logging.getLogger("genai_cost")

JOURNAL_BYTES: Final = 64 * 1024 * 1024
"""The log is cut back to this once its pages are in the file."""
SPARE_PAGES: Final = 4096
"""Free pages that an empty queue keeps in its file."""
TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS requests (key INTEGER PRIMARY KEY, signal TEXT NOT NULL,"
    " items INTEGER NOT NULL, metadata TEXT NOT NULL, body BLOB NOT NULL)"
)
INSERT: Final = "INSERT INTO requests VALUES (?, ?, ?, ?, ?)"
ENTRIES: Final = (
    "SELECT key, signal, items, length(body) FROM requests"
    " WHERE signal IN ('traces', 'metrics', 'logs') ORDER BY key"
)
KEYS: Final = "SELECT key FROM requests"
FROM_THE_OLDEST: Final = "SELECT * FROM requests ORDER BY key"
FROM_THE_NEWEST: Final = "SELECT * FROM requests ORDER BY key DESC"


class Done(NamedTuple):
    """What became of one round of writing."""

    problems: list[str]
    """Of each request, empty where it is kept."""
    dropped: bool


class RequestFile:
    """Opened once, closed once; `write` says of each request whether it is kept."""

    def __init__(
        self, path: Path, setting: str, *, fsync: bool, create_directory: bool
    ) -> None:
        self._path = path
        self._create_directory = create_directory
        self._setting = setting
        self._fsync = fsync
        self._room = DiskRoom(path)
        self._db: sqlite3.Connection

    def open(self) -> Sequence[Entry]:
        """What is in the file, the oldest first. A damaged file is moved aside and read as far as it goes."""
        try:
            if self._create_directory:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
            try:
                return self._opened()
            except sqlite3.DatabaseError as damage:
                if isinstance(damage, sqlite3.OperationalError):
                    raise
                return self._repaired(damage)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError([f"{self._setting}: {self._why_not(error)}"]) from None

    def write(self, puts: Sequence[tuple[int, Request]], drops: Sequence[int]) -> Done:
        """Write all together; where that is not possible, first what makes room, then each by itself."""
        if self._fit(puts) and not self._problem(puts, drops):
            return Done([""] * len(puts), dropped=True)
        self._cut_log()  # deletions need room in it too
        dropped = self._dropped(drops) or self._began_anew(drops)
        return Done([self._put(put) for put in puts], dropped)

    def _dropped(self, drops: Sequence[int]) -> bool:
        """Delete; in halves where the disk has room for less at a time, as of a large batch."""
        if not drops or not self._problem((), drops):
            return True
        self._cut_log()
        middle = len(drops) // 2
        return middle > 0 and self._dropped(drops[:middle]) and self._dropped(drops[middle:])

    def _put(self, put: tuple[int, Request]) -> str:
        """Write one; empty once it is on the disk."""
        if not self._fit([put]):
            self._cut_log()
            if not self._fit([put]):
                return f"{self._path}: {self._room.words()}"
        return self._problem([put], ())

    def _fit(self, puts: Sequence[tuple[int, Request]]) -> bool:
        return not puts or self._room.takes((request for _, request in puts), self._free_pages)

    def _free_pages(self) -> int:
        try:
            pages: int = self._db.execute("PRAGMA freelist_count").fetchone()[0]
        except sqlite3.Error:
            return 0
        return pages

    def _cut_log(self) -> None:
        """Move what is in the log to the file, if the file can hold it."""
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _began_anew(self, drops: Sequence[int]) -> bool:
        """On a disk too full for deletions: with an empty file, once *drops* are all there is."""
        gone = set(drops)
        try:
            if any(key not in gone for (key,) in self._db.execute(KEYS)):
                return False
        except sqlite3.ProgrammingError:
            pass  # closed below, when a new file was not possible either
        except sqlite3.Error:
            return False
        with suppress(sqlite3.Error):
            self._db.close()
        try:
            for suffix in ("-wal", ""):  # without its log a file is older, never wrong
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
            self._path.touch(mode=0o600)
            self._opened()
        except (OSError, sqlite3.Error):
            self._db.close()
            return False
        return True

    def read(self, key: int) -> Request | None:
        """One request; None where its pages are damaged."""
        select = "SELECT key, signal, items, metadata, body FROM requests WHERE key = ?"
        try:
            row: Row | None = self._db.execute(select, (key,)).fetchone()
            return None if row is None else _request(row)
        except (sqlite3.Error, ValueError, TypeError):
            logger.exception("%s: a request cannot be read", self._path)
            return None

    def close(self) -> None:
        """Give room back to the file system where much of it is free, and close."""
        with closing(self._db), suppress(sqlite3.Error):  # the requests are safe either way
            if self._free_pages() > SPARE_PAGES:
                self._db.execute("VACUUM")

    def _opened(self) -> list[Entry]:
        self._db = sqlite3.connect(
            self._path, timeout=1.0, isolation_level=None, check_same_thread=False
        )
        for pragma in (
            f"page_size = {PAGE_BYTES}",
            "locking_mode = EXCLUSIVE",
            "journal_mode = WAL",
            f"journal_size_limit = {JOURNAL_BYTES}",
            f"synchronous = {'FULL' if self._fsync else 'NORMAL'}",
            # Where SQLite is built to overwrite what is deleted, each deletion is as large as its request.
            "secure_delete = OFF",
        ):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute("BEGIN IMMEDIATE")  # takes the lock now, not at the first request
        self._db.execute(TABLE)
        self._db.execute("COMMIT")
        return self._entries()

    def _entries(self) -> list[Entry]:
        rows = self._db.execute(ENTRIES).fetchall()
        return [Entry(key, Signal(name), items, size) for key, name, items, size in rows]

    def _problem(self, puts: Sequence[tuple[int, Request]], drops: Sequence[int]) -> str:
        """Do it in one transaction; empty once it is on the disk, else why it is as if never tried."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "DELETE FROM requests WHERE key = ?", [(key,) for key in drops]
            )
            self._db.executemany(INSERT, (_row(key, request) for key, request in puts))
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):  # some errors have rolled back already
                self._db.execute("ROLLBACK")
            return f"{self._path}: {error}"
        return ""

    def _repaired(self, damage: sqlite3.DatabaseError) -> list[Entry]:
        """Begin a new file with what the damaged one still tells."""
        self._db.close()
        aside = self._path.with_name(f"{self._path.name}.damaged-{time.time_ns()}")
        for suffix in ("", "-wal"):
            with suppress(FileNotFoundError):
                os.replace(f"{self._path}{suffix}", f"{aside}{suffix}")  # noqa: PTH105 - names, not paths
        self._path.touch(mode=0o600)
        self._opened()
        for row in _readable(aside):
            self._db.execute(INSERT, row)
        entries = self._entries()
        words = "%s is damaged (%s): %d requests could be read and are sent, the rest is in %s"
        logger.error(words, self._path, damage, len(entries), aside)
        return entries

    def _why_not(self, error: Exception) -> str:
        if "locked" in str(error):
            words = "is in use by another service; give each its own file_storage directory"
            return f"{self._path} {words}"
        return f"cannot use {self._path}: {error}; correct the directory of file_storage or its rights"


def _row(key: int, request: Request) -> Row:
    return (
        key,
        request.signal.value,
        request.items,
        json.dumps(request.metadata),
        request.body,
    )


def _request(row: Row) -> Request:
    _, signal, items, metadata, body = row
    pairs = tuple((str(name), str(value)) for name, value in json.loads(metadata))
    return Request(Signal(signal), body, items, pairs)


def _readable(path: Path) -> Iterator[Row]:
    """Rows of a damaged file: from its beginning and from its end, as far as each way goes."""
    seen: set[int] = set()
    with closing(sqlite3.connect(path)) as db:
        for select in (FROM_THE_OLDEST, FROM_THE_NEWEST):
            with suppress(sqlite3.Error):
                for row in db.execute(select):
                    if row[0] not in seen:
                        seen.add(row[0])
                        yield row
