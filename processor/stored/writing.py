"""Requests into a file, in the encoding of the one they came from or another.

Invariant: a file that could not be finished does not appear: it is written beside its name and moved
there whole.
"""

from __future__ import annotations

import gzip
import struct
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, Literal, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from types import TracebackType

    from processor.stored.encoding import Compression, Encoding
    from processor.stored.reading import Message

Wanted = Literal["same", "jsonl", "proto", "nothing"]
_SIZE: Final = struct.Struct(">I")


class Sink(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Take some; how many were taken is not asked."""
        ...


class Writer:
    """Enter it to write; leaving without an exception makes the file appear under its name."""

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._encoding = encoding
        self._stack = ExitStack()
        self._file: Sink | None = None
        self._dropped = False

    def __enter__(self) -> Self:
        self._file = self._stack.enter_context(packing(self._part, self._encoding.compression))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._stack.__exit__(kind, problem, trace)
        except BaseException:
            self._part.unlink(missing_ok=True)
            raise
        if kind is None and not self._dropped:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)

    def drop(self) -> None:
        """Let nothing appear."""
        self._dropped = True

    def write(self, raw: bytes, message: Message) -> None:
        """One request that came as *message*, in the bytes it has now."""
        if self._file is None:
            raise ValueError("enter the writer first")
        if self._encoding.framing != "stream":
            self._file.write(raw if self._encoding.framing == "message" else raw + b"\n")
            return
        if message.packed:
            import zstandard  # noqa: PLC0415

            raw = zstandard.ZstdCompressor().compress(raw)
        self._file.write(_SIZE.pack(len(raw)))
        self._file.write(raw)


@contextmanager
def packing(path: Path, compression: Compression) -> Generator[Sink]:
    """A file opened for writing that packs what it is given; the same bytes for the same content."""
    with path.open("wb") as file:
        if compression == "gzip":
            with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                yield packed
        elif compression == "zstd":
            import zstandard  # noqa: PLC0415 - only where somebody packs

            with zstandard.ZstdCompressor().stream_writer(file, closefd=False) as writer:
                yield writer
        else:
            yield file
