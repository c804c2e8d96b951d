"""The files of a replay, one after the other, through one pricer and into one tally.

Whatever is wrong with a file is told on stderr as it is met and counted; nothing is raised for it.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from processor.cli.output import print_problems
from processor.cli.stored_files import Unusable, name_of, stored_file
from processor.model import ITEMS
from processor.stored.reading import Broken
from processor.stored.repricing import Refused, reprice
from processor.stored.writing import Wanted, Writer

if TYPE_CHECKING:
    from pathlib import Path

    from processor.cli.stored_files import StoredFile
    from processor.cli.tally import Tally
    from processor.stored.encoding import Encoding, Framing
    from processor.stored.pricer import Pricer
    from processor.stored.reading import Message
    from processor.stored.repricing import Repriced

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
    log_records: int = 0
    metric_points: int = 0
    faults: int = 0
    stamped: int = 0
    """Spans and log records that carried the stamp of a service."""
    unpriced: int = 0
    """Log records, metric points or spans that were passed, since their signal is not priced."""
    broken: int = 0
    problems: tuple[str, ...] = ()
    """The first of what is broken, in words."""
    output: str = ""
    output_encoding: str = ""


class _Count:
    """What one file has come to so far."""

    def __init__(self) -> None:
        self.broken = 0
        self.of: Counter[str] = Counter()
        self.problems: list[str] = []

    def add(self, made: Repriced) -> None:
        self.of["requests"] += 1
        self.of[ITEMS[made.signal]] += made.items
        self.of["faults"] += made.faults
        self.of["stamped"] += made.stamped
        self.of["unpriced"] += made.unpriced

    def refuse(self, problem: Broken) -> None:
        self.broken += 1
        if self.broken <= MAX_SHOWN:
            self.problems.append(str(problem))
            print_problems([str(problem)])


class Replay:
    """One run over files; what they come to is in *tally*."""

    def __init__(self, pricer: Pricer, tally: Tally, *, strict: bool = False) -> None:
        self._pricer = pricer
        self._tally = tally
        self._strict = strict

    def file(self, file: str, target: Path | None, wish: Wish) -> Done:
        """One file, `-` for stdin, priced into *target* if there is one."""
        try:
            with stored_file(file) as stored:
                return self._stored(stored, target, wish)
        except Unusable as problem:
            print_problems([str(problem)])
            return Done(name_of(file), broken=1, problems=(str(problem),))

    def _stored(self, stored: StoredFile, target: Path | None, wish: Wish) -> Done:
        count = _Count()
        with ExitStack() as stack:
            writer = None
            if target is not None:
                writer = stack.enter_context(Writer(target, wish.of(stored.encoding)))
            for message in stored:
                self._one(message, wish, writer, count)
                if count.broken and self._strict:
                    break
            if writer is not None and count.broken and self._strict:
                writer.drop()  # what is not whole does not appear
                target = None
        if count.broken > MAX_SHOWN:
            print_problems([f"{stored.name}: and {count.broken - MAX_SHOWN} more"])
        return Done(
            stored.name,
            str(stored.encoding),
            **count.of,
            broken=count.broken,
            problems=tuple(count.problems),
            output=str(target or ""),
            output_encoding=str(wish.of(stored.encoding)) if target else "",
        )

    def _one(
        self, message: Message | Broken, wish: Wish, writer: Writer | None, count: _Count
    ) -> None:
        if isinstance(message, Broken):
            count.refuse(message)
            return
        wanted = "nothing" if writer is None else wish.encoding
        try:
            made = reprice(message, self._pricer, wanted)
        except Refused as refused:
            count.refuse(Broken(message.place, str(refused)))
            return
        count.add(made)
        self._tally.add(made.charges)
        if writer is not None:
            writer.write(made.raw, message)
