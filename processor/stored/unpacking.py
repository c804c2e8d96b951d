"""A packed file read as a plain one, piece by piece; where its packing breaks, what came before stays.

Invariant: memory is bounded by one piece whatever the file unpacks to, and nothing that was unpacked
is lost: reading ends where the packing breaks, and `broken` says where that is and how to mend it.
"""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, cast

from processor.stored.encoding import GZIP, ZSTD

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.stored.encoding import Compression

Buffered: TypeAlias = "io.BufferedReader[Any]"
CHUNK: Final = 256 * 1024
"""What is asked of a file at once."""
WINDOW: Final = 128 * 1024 * 1024
"""Largest window of a zstd frame that is unpacked, `zstd --long`'s own."""
_PIECE: Final = {"gzip": 8192, "zstd": 512}
"""Packed bytes unpacked at once: of gzip at most 8 MiB come of them, of zstd (128 KiB a block) 16."""
_MAGIC: Final = {"gzip": GZIP, "zstd": ZSTD}
_CUT: Final = (
    "it is cut off: its writer was stopped, is still at it, or it was copied in part; "
    "copy it again whole, or wait until it is closed"
)


class _Unpacker(Protocol):
    """One gzip member or zstd frame."""

    @property
    def eof(self) -> bool:
        """Whether its end was read."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What came behind its end."""
        ...

    def decompress(self, data: bytes, /) -> bytes:
        """What comes of more of it."""
        ...


class Unpacked(io.RawIOBase):
    """The content of a packed file, as far as it can be unpacked."""

    broken: str = ""
    """Why the rest of the file is lost, in words with the offset in the packed file; empty at its end."""
    cut: bool = False
    """Whether its last bytes end in the middle of something."""

    def __init__(self, file: Buffered, compression: Compression) -> None:
        super().__init__()
        self._file = file
        self._kind = compression
        self._new = _new_unpacker(compression)
        self._unpacker: _Unpacker | None = None
        self._members = 0
        self._packed = b""
        self._at = 0
        """How many packed bytes were unpacked."""
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill some of the buffer; 0 at the end, whole or not. Raises `OSError` of the file itself."""
        while not self._ready and not self.broken:
            if not self._packed:
                self._packed = self._file.read1(_PIECE[self._kind])
            if not self._packed:
                self._end()
                break
            self._ready = memoryview(self._some())
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _some(self) -> bytes:
        """What comes of the next piece; may be nothing yet."""
        if self._unpacker is None:
            if self._members and not self._packed.strip(
                b"\0"
            ):  # tapes and tar fill up with them
                self._took(len(self._packed))
                return b""
            self._unpacker = self._new()
            self._members += 1
        unpacker, piece = self._unpacker, self._packed
        before = cast("Any", unpacker).copy() if self._kind == "gzip" else None
        try:
            came = unpacker.decompress(piece)
        except _failures() as bad:
            return self._fail(str(bad), before, piece)
        self._took(len(piece) - len(unpacker.unused_data))
        if unpacker.eof:
            self._unpacker = None
        return came

    def _took(self, size: int) -> None:
        self._at += size
        self._packed = self._packed[size:]

    def _end(self) -> None:
        if self._unpacker is not None:
            self.cut = True
            self.broken = f"its {self._kind} ends at byte {self._at:,}: {_CUT}"

    def _fail(self, why: str, before: Any, piece: bytes) -> bytes:
        """Note why; what comes of the piece before it breaks."""
        came: list[bytes] = []
        taken = 0
        if before is not None:
            for taken in range(len(piece)):
                try:
                    came.append(before.decompress(piece[taken : taken + 1]))
                except zlib.error:
                    break
        if self._members > 1 and not piece.startswith(_MAGIC[self._kind]):
            self.broken = (
                f"behind its end, from byte {self._at:,}, something follows that is no "
                f"{self._kind}; copy it again, or make a copy without that by `head -c {self._at}`"
            )
        else:
            self.cut = True
            self.broken = (
                f"its {self._kind} is damaged near byte {self._at + taken:,} ({why}); "
                "copy it again from where it came from"
            )
        return b"".join(came)


def _new_unpacker(compression: Compression) -> Callable[[], _Unpacker]:
    if compression == "gzip":
        return lambda: zlib.decompressobj(wbits=31)
    import zstandard  # noqa: PLC0415 - only where somebody packed

    made = zstandard.ZstdDecompressor(max_window_size=WINDOW)
    return lambda: cast("_Unpacker", made.decompressobj())


def _failures() -> tuple[type[Exception], ...]:
    """What unpacking raises; zstd's only where it was imported."""
    import sys  # noqa: PLC0415

    zstd = sys.modules.get("zstandard")
    return (zlib.error,) if zstd is None else (zlib.error, zstd.ZstdError)
