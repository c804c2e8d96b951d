"""Requests out of a file, one at a time; what is broken is said with its place, and the rest goes on.

A line that cannot be read costs itself; a size or a packing that makes no sense costs the rest of the
file, since nobody knows where the next message begins; what was whole before it is given all the same.
"""

from __future__ import annotations

import io
import json
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.stored.encoding import (
    MAX_MESSAGE_BYTES,
    ZSTD,
    Encoding,
    compression_of,
    framing_of,
)
from processor.stored.unpacking import CHUNK, WINDOW, Unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from processor.stored.unpacking import Buffered

_SIZE: Final = struct.Struct(">I")
_HEAD: Final = 4096
_TOO_LONG: Final = (
    f"is longer than {MAX_MESSAGE_BYTES >> 20} MiB, more than the service takes; split it, JSON for "
    "example with jq -c '.resourceSpans[] | {resourceSpans: [.]}'"
)


class Message(NamedTuple):
    """One request as it lies in the file, unpacked."""

    raw: bytes
    place: str
    """`file:line`, or the file with the message's number and offset."""
    is_json: bool
    packed: bool = False
    """It was a zstd frame of its own."""


class Broken(NamedTuple):
    """What cannot be read, and why."""

    place: str
    words: str
    rest_lost: bool = False
    """Nothing after it can be read either."""

    def __str__(self) -> str:
        lost = "; the rest of the file is not read" if self.rest_lost else ""
        return f"{self.place}: {self.words}{lost}"


class Stored:
    """A file of OTLP. Opening it raises `NotOtlp` or `OSError`; iterating never does."""

    def __init__(self, file: Buffered, name: str) -> None:
        self.name = name
        compression = compression_of(file.peek(_HEAD)[:_HEAD])
        self._packing = None if compression == "none" else Unpacked(file, compression)
        self._file = file if self._packing is None else io.BufferedReader(self._packing, CHUNK)
        head = self._file.peek(_HEAD)[:_HEAD]
        if not head and self._broken:
            raise OSError(f"is no whole {compression} file: {self._broken}")
        self.empty = not head
        self.encoding = Encoding(framing_of(head), compression)

    @property
    def _broken(self) -> str:
        """Why the packed file cannot be read to its end, once that is known."""
        return "" if self._packing is None else self._packing.broken

    @property
    def _cut(self) -> bool:
        """Whether what was read last may end in its middle because the packing did."""
        return self._packing is not None and self._packing.cut

    def __iter__(self) -> Iterator[Message | Broken]:
        """Messages in their order."""
        inside = {
            "lines": self._lines,
            "document": self._whole,
            "message": self._whole,
            "stream": self._stream,
        }[self.encoding.framing]
        place = ""
        try:
            for each in inside():
                place = each.place
                yield each
        except OSError as bad:
            why = f"cannot be read: {bad.strerror or bad}"
            yield Broken(place or self.name, why, rest_lost=True)
        if self._broken:
            read = f"read up to {place}" if place else "nothing before that is whole"
            yield Broken(self.name, f"{self._broken} ({read})", rest_lost=True)

    def _lines(self) -> Iterator[Message | Broken]:
        number = 0
        while line := self._file.readline(MAX_MESSAGE_BYTES + 2):
            number += 1
            place = f"{self.name}:{number}"
            if len(line) > MAX_MESSAGE_BYTES and not line.endswith(b"\n"):
                yield Broken(place, _TOO_LONG)
                while line and not line.endswith(b"\n"):
                    line = self._file.readline(CHUNK)
                continue
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if text and (line.endswith(b"\n") or not self._cut or _is_whole(text)):
                yield Message(text, place, is_json=True)

    def _whole(self) -> Iterator[Message | Broken]:
        body = self._file.read(MAX_MESSAGE_BYTES + 1)
        if len(body) > MAX_MESSAGE_BYTES:
            yield Broken(self.name, _TOO_LONG, rest_lost=True)
        elif self.encoding.framing == "document":
            text = body.removeprefix(b"\xef\xbb\xbf").strip()
            if not self._cut or _is_whole(text):
                yield Message(text, self.name, is_json=True)
        elif not self._cut:
            yield Message(body, self.name, is_json=False)

    def _stream(self) -> Iterator[Message | Broken]:
        number = offset = 0
        while head := self._file.read(4):
            number += 1
            place = f"{self.name}: message {number} at byte {offset}"
            size = _SIZE.unpack(head)[0] if len(head) == 4 else MAX_MESSAGE_BYTES + 1
            if len(head) == 4 and size > MAX_MESSAGE_BYTES:
                yield Broken(place, f"its size of {size} bytes {_TOO_LONG}", rest_lost=True)
                return
            body = self._file.read(size) if len(head) == 4 else b""
            if len(body) < size and self._cut:
                return  # the packing says so
            if len(body) < size:
                words = "ends in its middle; the writer was cut off, or is still at it"
                yield Broken(place, words, rest_lost=True)
                return
            offset += 4 + size
            yield _unpacked_message(body, place)


def _unpacked_message(body: bytes, place: str) -> Message | Broken:
    if not body.startswith(ZSTD):
        return Message(body, place, _looks_json(body))
    import zstandard  # noqa: PLC0415 - only where somebody packed

    unpacking = zstandard.ZstdDecompressor(max_window_size=WINDOW)
    try:
        with unpacking.stream_reader(body) as reader:
            raw = reader.read(MAX_MESSAGE_BYTES + 1)
    except zstandard.ZstdError as bad:
        return Broken(place, f"cannot be unpacked (zstd): {bad}")
    if len(raw) > MAX_MESSAGE_BYTES:
        return Broken(place, _TOO_LONG)
    return Message(raw, place, _looks_json(raw), packed=True)


def _looks_json(raw: bytes) -> bool:
    """No protobuf request begins so."""
    return raw[:1] in {b"{", b"["}


def _is_whole(text: bytes) -> bool:
    """Whether JSON at a cut ends where it should: no beginning of an object is one."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
