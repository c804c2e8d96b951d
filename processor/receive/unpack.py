"""Content encodings of OTLP/HTTP, undone piece by piece: gzip, zstd, zlib (HTTP's `deflate`).

The caller counts pieces and stops when it has had enough: a bomb costs one piece more than the limit.
Invariant: no piece is larger than `MOST_BYTES`, and a body that ends too early is `Packed`.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENCODINGS: Final = ("gzip", "zstd", "zlib", "deflate")
"""As the Collector names them; `zlib` and `deflate` are one form."""
MOST_BYTES: Final = 5 * 1024 * 1024
"""Largest piece: what is yielded at, and the most that one slice of zstd can add to it."""
_PIECE_BYTES: Final = 1024 * 1024
_GZIP, _ZLIB = 31, 15  # zlib's words for the two headers, with the largest window
_SLICE_BYTES: Final = 256 * 1024
# zstd has no bound of its own on what a slice becomes: 128 KiB from every 4 bytes.
_ZSTD_SLICE_BYTES: Final = 128
_ZSTD_WINDOW_BYTES: Final = 64 * 1024 * 1024
# A frame (gzip: a member) may be empty, and each costs a new decoder.
_MAX_FRAMES: Final = 10_000


class Packed(ValueError):  # noqa: N818 - it is what the body is, not what we did
    """A body is not what its Content-Encoding says."""


def unpacked(body: bytes, encoding: str) -> Iterator[bytes]:
    """The pieces of *body* without its *encoding*, one of `ENCODINGS`; raises `Packed`."""
    if encoding == "zstd":
        return _frames(body, _zstd, _MAX_FRAMES, _ZSTD_SLICE_BYTES)
    if encoding == "gzip":
        return _frames(body, lambda: _Inflating(_GZIP), _MAX_FRAMES)
    return _frames(body, lambda: _Inflating(_ZLIB), 1)


class _Decoder(Protocol):
    """Unpacks one frame."""

    def decompress(self, some: memoryview) -> bytes: ...

    @property
    def hungry(self) -> bool:
        """Whether it needs more input for more output."""
        ...

    @property
    def unused(self) -> int | None:
        """Once the frame is over: how much of the input was not part of it."""
        ...


def _frames(
    body: bytes, decoder: Callable[[], _Decoder], most: int, slice_bytes: int = _SLICE_BYTES
) -> Iterator[bytes]:
    whole, at = memoryview(body), 0
    for _ in range(most):
        unpack = decoder()
        made, size = list[bytes](), 0
        while (unused := unpack.unused) is None:
            some = whole[at : at + slice_bytes] if unpack.hungry else whole[:0]
            at += len(some)
            piece = unpack.decompress(some)
            if not (some or piece):
                raise Packed("ends in the middle of what was packed")
            made.append(piece)
            size += len(piece)
            if size >= _PIECE_BYTES:
                yield b"".join(made)
                made, size = [], 0
        if size:
            yield b"".join(made)
        at -= unused
        if at == len(whole):
            return
    raise Packed("goes on after what was packed" if most == 1 else "has too many frames")


class _Inflating:
    """One gzip member, or what zlib made."""

    def __init__(self, window: int) -> None:
        self._zlib = zlib.decompressobj(window)

    def decompress(self, some: memoryview) -> bytes:
        try:
            return self._zlib.decompress(some or self._zlib.unconsumed_tail, _PIECE_BYTES)
        except zlib.error as bad:
            raise Packed(f"cannot be unpacked: {bad}") from None

    @property
    def hungry(self) -> bool:
        return not self._zlib.unconsumed_tail

    @property
    def unused(self) -> int | None:
        return len(self._zlib.unused_data) if self._zlib.eof else None


class _Unfreezing:
    """One zstd frame."""

    def __init__(self, frame: Any, error: type[Exception]) -> None:
        self.hungry = True
        self._frame = frame
        self._error = error

    def decompress(self, some: memoryview) -> bytes:
        try:
            piece: bytes = self._frame.decompress(some)
        except self._error as bad:
            raise Packed(f"cannot be unpacked: {bad}") from None
        return piece

    @property
    def unused(self) -> int | None:
        return len(self._frame.unused_data) if self._frame.eof else None


def _zstd() -> _Decoder:
    import zstandard  # noqa: PLC0415 - for senders of zstd only

    decoder = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
    return _Unfreezing(decoder.decompressobj(), zstandard.ZstdError)
