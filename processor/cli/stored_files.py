"""Files of stored OTLP as commands are given them: opened, told of by a progress bar, refused in words."""

from __future__ import annotations

import io
import os
import stat
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from processor.cli.output import print_problems
from processor.cli.progress import progress
from processor.stored.encoding import NotOtlp
from processor.stored.reading import Stored
from processor.stored.unpacking import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from processor.stored.reading import Broken, Message
    from processor.stored.unpacking import Buffered


class Unusable(ValueError):  # noqa: N818 - an answer about the file
    """A file of which nothing could be read, or whose output could not be written; in words."""


class StoredFile:
    """An open file; iterating it moves the progress bar."""

    def __init__(self, stored: Stored, source: Buffered, tell: Callable[[int], None]) -> None:
        self.name = stored.name
        self.encoding = stored.encoding
        self._stored = stored
        self._source = source
        self._tell = tell

    def __iter__(self) -> Iterator[Message | Broken]:
        """Messages in their order, and what is broken."""
        for message in self._stored:
            yield message
            if self._source.seekable():
                self._tell(self._source.tell())


@contextmanager
def stored_file(file: str) -> Generator[StoredFile]:
    """A file, or stdin for `-`; raises `Unusable`, also for an `OSError` of what is done meanwhile."""
    name = name_of(file)
    try:
        with _opened(file) as source:
            stored = Stored(source, name)
            if stored.empty:
                print_problems([f"{name}: is empty"], "warning")
            with progress(name, _size(source)) as tell:
                yield StoredFile(stored, source, tell)
    except NotOtlp as problem:
        raise Unusable(f"{name}: {problem}") from None
    except OSError as problem:
        words = problem.strerror or str(problem)
        raise Unusable(f"{problem.filename or name}: cannot be used: {words}") from None


def name_of(file: str) -> str:
    """What a file is called in words."""
    return "stdin" if file == "-" else file


def _opened(file: str) -> Buffered:
    if file == "-":
        return io.BufferedReader(io.FileIO(os.dup(sys.stdin.fileno())), CHUNK)
    if Path(file).is_dir():
        raise IsADirectoryError(21, "it is a folder; name the files in it", file)
    return io.BufferedReader(io.FileIO(file), CHUNK)


def _size(file: Buffered) -> int | None:
    """How many bytes lie on disk; None for a pipe."""
    status = os.fstat(file.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None
