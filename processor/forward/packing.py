"""Compressing a body for HTTP. Bytes in, bytes out; what is large is packed off the event loop."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from processor.settings.values import HttpCompression

APART_BYTES: Final = 32 * 1024
"""From this size on a body is worth a thread: about a millisecond of packing."""


async def packed(body: bytes, compression: HttpCompression, level: int | None) -> bytes:
    """*body* as the content encoding of that name has it."""
    if compression == "none":
        return body
    if len(body) < APART_BYTES:
        return _packed(body, compression, level)
    return await asyncio.to_thread(_packed, body, compression, level)


def _packed(body: bytes, compression: HttpCompression, level: int | None) -> bytes:
    match compression:
        case "gzip":
            return gzip.compress(body, -1 if level is None else level, mtime=0)
        case "zstd":
            import zstandard  # noqa: PLC0415 - where it is asked for

            return zstandard.ZstdCompressor(level=3 if level is None else level).compress(body)
        case "zlib" | "deflate":  # HTTP's deflate is zlib's format (RFC 9110, 8.4.1.2)
            return zlib.compress(body, -1 if level is None else level)
        case "none":
            return body
