"""Messages that gRPC senders packed (gzip, deflate): told by their first bytes, and unpacked here.

gRPC would unpack every message up to the largest before we see it, uncounted: a few KiB from a sender
would be 64 MiB each. So it is told to leave them. Invariant: no request of OTLP begins as these do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.errors import Code, Refusal
from processor.receive.http_body import Bodies, Form
from processor.receive.unpack import Packed, unpacked

if TYPE_CHECKING:
    from processor.model import Signal
    from processor.receive.admission import Hold

LEAVE_PACKED: Final = ("grpc.per_message_decompression", 0)
"""The option of a server whose messages stay as they were sent."""
SMALL_BYTES: Final = 4 * 1024 * 1024
"""No question of the services beside OTLP is as large; gRPC's own bound of a message."""
_GZIP: Final = b"\x1f\x8b"  # as protobuf: field 3 of a wire type that does not exist
_DEFLATE: Final = b"\x78"  # as protobuf: field 15, a number, which OTLP does not have


def encoding_of(message: bytes) -> str:
    """How a message is packed, one of `unpack.ENCODINGS`; empty for one that is not."""
    if message.startswith(_GZIP):
        return "gzip"
    # The first two bytes of zlib's form are a multiple of 31: RFC 1950, 2.2.
    if message.startswith(_DEFLATE) and int.from_bytes(message[:2], "big") % 31 == 0:
        return "deflate"
    return ""


async def plain(message: bytes, signal: Signal, bodies: Bodies, hold: Hold) -> bytes:
    """The message without its packing, counted by *hold* as it comes; raises `Refusal`."""
    encoding = encoding_of(message)
    if not encoding:
        return message
    try:
        return await bodies.message(message, Form(encoding=encoding), signal, hold)
    except Refusal as refusal:
        if encoding == "deflate" and refusal.code is Code.INVALID_ARGUMENT:
            return message  # it only looked like that
        raise


def small(message: bytes) -> bytes:
    """The message without its packing, or the first `SMALL_BYTES` and some; what is broken stays."""
    encoding = encoding_of(message)
    if not encoding:
        return message
    made = b""
    try:
        for piece in unpacked(message, encoding):
            made += piece
            if len(made) > SMALL_BYTES:
                break
    except Packed:
        return message
    return made
