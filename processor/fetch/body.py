"""The body of an answer: whole, at most so large, also after decompression.

Only gzip was asked for. Invariant: never more than a chunk beyond the limit is held in memory.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, Protocol

from processor.fetch.failure import Ending, FetchError

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

_CHUNK: Final = 64 * 1024
_GZIP: Final = 16 + zlib.MAX_WBITS


def read_body(response: BaseHTTPResponse, most: int) -> bytes:
    """All of it; raises `FetchError`, or urllib3's errors where the connection breaks."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "", "gzip", "x-gzip"}:
        raise FetchError(
            Ending.BROKEN, f"answers in an encoding nobody asked for ({ascii(encoding)[:40]})"
        )
    announced = response.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:19]) > most:
        raise _too_large(most)
    unpack = zlib.decompressobj(_GZIP) if "gzip" in encoding else None
    pieces: list[bytes] = []
    held = came = 0
    for raw in response.stream(_CHUNK, decode_content=False):
        came += len(raw)
        piece = raw if unpack is None else _unpacked(unpack, raw, most + 1 - held)
        held += len(piece)
        if held > most or came > most:
            raise _too_large(most)
        pieces.append(piece)
    if unpack is not None and not unpack.eof:
        raise FetchError(Ending.BROKEN, "ends in the middle of its gzip; look at the server")
    if unpack is not None and unpack.unused_data:
        raise FetchError(Ending.BROKEN, "goes on after the end of its gzip; look at the server")
    body = b"".join(pieces)
    told = announced or unpack is not None or "transfer-encoding" in response.headers
    if not told and body.lstrip()[:1] not in {b"{", b"["}:  # JSON says itself where it ends
        raise FetchError(
            Ending.BROKEN,
            "does not say how long it is, so nobody could tell if it was cut; let the server send "
            "content-length",
        )
    return body


class _Unpacking(Protocol):
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _unpacked(unpack: _Unpacking, raw: bytes, most: int) -> bytes:
    try:
        return unpack.decompress(raw, most)
    except zlib.error:
        raise FetchError(
            Ending.BROKEN, "says that it is gzip and is not; look at the server"
        ) from None


def _too_large(most: int) -> FetchError:
    return FetchError(Ending.TOO_LARGE, f"is larger than {most:,} bytes; see `max_size`")
