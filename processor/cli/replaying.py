"""The files of a replay, one after the other, through one enricher and into one tally.

Whatever is wrong with a file is told on stderr as it is met and counted; nothing is raised for it.
"""

from __future__ import annotations

import io
import os
import stat
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from processor.cli.output import print_problems
from processor.cli.progress import progress
from processor.stored.encoding import NotOtlp
from processor.stored.reading import Broken, Stored
from processor.stored.repricing import Refused, reprice
from processor.stored.unpacking import CHUNK
from processor.stored.writing import Wanted, Writer

if TYPE_CHECKING:
    from pricing import PriceTable
    from processor.cli.tally import Tally
    from processor.enrich import Enricher
    from processor.stored.encoding import Encoding, Framing
    from processor.stored.reading import Message
    from processor.stored.repricing import Repriced
    from processor.stored.unpacking import Buffered

MAX_SHOWN: Final = 20
Packing = Literal["same", "none", "gzip", "zstd"]
_FRAMING: Final[dict[str, Framing]] = {"jsonl": "lines", "proto": "stream"}


class Wish(NamedTuple):
    """What the output is to look like."""

    encoding: Wanted = "same"
    compress: Packing = "same"

    def of(self, encoding: Encoding) -> Encoding:
        """The encoding of the output of a file in this one."""
        return encoding._replace(
            framing=_FRAMING.get(self.encoding, encoding.framing),
            compression=encoding.compression if self.compress == "same" else self.compress,
        )


class Done(NamedTuple):
    """What became of one file."""

    file: str
    encoding: str = ""
    requests: int = 0
    spans: int = 0
    faults: int = 0
    broken: int = 0
    problems: tuple[str, ...] = ()
    """The first of what is broken, in words."""
    output: str = ""


class _Enough(Exception):  # noqa: N818 - a way out, not a fault
    """The first thing broken ends a strict run."""


class _Count:
    """What one file has come to so far."""

    def __init__(self) -> None:
        self.requests = self.spans = self.faults = self.broken = 0
        self.problems: list[str] = []

    def add(self, made: Repriced) -> None:
        self.requests += 1
        self.spans += made.spans
        self.faults += made.faults

    def refuse(self, problem: Broken) -> None:
        self.broken += 1
        if self.broken <= MAX_SHOWN:
            self.problems.append(str(problem))
            print_problems([str(problem)])


class Replay:
    """One run over files; what they come to is in *tally*."""

    def __init__(
        self, enricher: Enricher, table: PriceTable, tally: Tally, *, strict: bool = False
    ) -> None:
        self._enricher = enricher
        self._table = table
        self._tally = tally
        self._strict = strict

    def file(self, file: str, target: Path | None, wish: Wish) -> Done:
        """One file, `-` for stdin, priced into *target* if there is one."""
        name = "stdin" if file == "-" else file
        try:
            with opened(file) as source:
                return self._stored(Stored(source, name), source, target, wish)
        except NotOtlp as problem:
            words = f"{name}: {problem}"
        except OSError as problem:
            words = f"{problem.filename or name}: cannot be used: {problem.strerror or problem}"
        print_problems([words])
        return Done(name, broken=1, problems=(words,))

    def _stored(
        self, stored: Stored, source: Buffered, target: Path | None, wish: Wish
    ) -> Done:
        count = _Count()
        try:
            self._through(stored, source, target, wish, count)
        except _Enough:
            target = None  # what is not whole does not appear
        if count.broken > MAX_SHOWN:
            print_problems([f"{stored.name}: and {count.broken - MAX_SHOWN} more"])
        return Done(
            stored.name,
            str(stored.encoding),
            count.requests,
            count.spans,
            count.faults,
            count.broken,
            tuple(count.problems),
            str(target or ""),
        )

    def _through(
        self,
        stored: Stored,
        source: Buffered,
        target: Path | None,
        wish: Wish,
        count: _Count,
    ) -> None:
        size = size_of(source)
        with ExitStack() as stack:
            writer = None
            if target is not None:
                writer = stack.enter_context(Writer(target, wish.of(stored.encoding)))
            tell = stack.enter_context(progress(stored.name, size))
            for message in stored:
                self._one(message, wish, writer, count)
                if count.broken and self._strict:
                    raise _Enough
                if size is not None:
                    tell(source.tell())

    def _one(
        self, message: Message | Broken, wish: Wish, writer: Writer | None, count: _Count
    ) -> None:
        if isinstance(message, Broken):
            count.refuse(message)
            return
        now = time.time_ns()
        wanted = "nothing" if writer is None else wish.encoding
        try:
            made = reprice(message, self._enricher, self._table, now, wanted)
        except Refused as refused:
            count.refuse(Broken(message.place, str(refused)))
            return
        count.add(made)
        self._tally.add(made.charges)
        if writer is not None:
            writer.write(made.raw, message)


def opened(file: str) -> Buffered:
    """A file to be read, or stdin; raises `OSError`."""
    if file == "-":
        return io.BufferedReader(io.FileIO(os.dup(sys.stdin.fileno())), CHUNK)
    if Path(file).is_dir():
        raise IsADirectoryError(21, "it is a folder; name the files in it", file)
    return io.BufferedReader(io.FileIO(file), CHUNK)


def size_of(file: Buffered) -> int | None:
    """How many bytes lie on disk; None for a pipe."""
    status = os.fstat(file.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None
