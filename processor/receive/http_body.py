"""From the body of an OTLP/HTTP request to the bytes of its protobuf message: unpacked, JSON read.

What is large is done in a thread, piece by piece, so that other requests go on. Invariant: never
more than the limit is unpacked, and what is unpacked is counted by admission as it comes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.errors import Code, Refusal
from processor.receive.unpack import Packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from processor.model import Signal
    from processor.receive.admission import Hold

LARGE_BYTES: Final = 32 * 1024
"""From here on a thread does it: JSON of this size takes about 1 ms. Not less: a thread costs 0.1 ms."""
UNCOUNTED_BYTES: Final = 1024 * 1024
"""What is made of one body before it is counted, the small ones' first of it without a thread: gzip makes so much
in 1 to 3 ms."""
MAX_JSON_VALUES: Final = 4_000_000
"""Commas and opening brackets outside of texts; each is up to 100 bytes of memory while it is read."""


class Form(NamedTuple):
    """How a body was sent."""

    json: bool = False
    encoding: str = ""
    """Of `unpack.ENCODINGS`; empty for a body as it is."""


PLAIN: Final = Form()


def too_large(limit: int) -> Refusal:
    """Return the refusal of a body over the limit: permanent, 413."""
    return Refusal(
        Code.RESOURCE_EXHAUSTED, f"request is larger than the limit of {limit} bytes"
    )


class Bodies:
    """Undoes what senders did to their bodies; one large JSON text at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._one = asyncio.Lock()

    async def message(self, body: bytes, form: Form, signal: Signal, hold: Hold) -> bytes:
        """Return the protobuf message in *body*, or raise `Refusal`; *hold* has the body already."""
        if form.encoding:
            body = await self._unpacked(body, form.encoding, hold)
        if form.json:
            body = await self._from_json(body, signal, hold)
        return body

    async def _unpacked(self, body: bytes, encoding: str, hold: Hold) -> bytes:
        pieces = unpacked(body, encoding)
        made: list[bytes] = []
        size, at_once = 0, len(body) <= LARGE_BYTES  # a small one mostly becomes a small one
        over = False
        try:
            while not over:
                if at_once:
                    some, over = _some(pieces)
                else:
                    some, over = await asyncio.to_thread(_some, pieces)
                at_once = False
                more = sum(map(len, some))
                size += more
                if size > self._limit:
                    raise too_large(self._limit)
                hold.take(more)
                made += some
        except Packed as bad:
            words = f"the body is not {encoding}, as its content-encoding says: it {bad}"
            raise Refusal(Code.INVALID_ARGUMENT, words) from None
        hold.give_back(len(body))
        return b"".join(made)

    async def _from_json(self, text: bytes, signal: Signal, hold: Hold) -> bytes:
        if len(text) <= LARGE_BYTES:
            message = _from_json(text, signal)
        else:
            async with self._one:  # they would share one processor, and each needs memory
                message = await asyncio.to_thread(_from_json, text, signal, aside=True)
        hold.take(len(message))
        hold.give_back(len(text))
        return message


def _some(pieces: Iterator[bytes]) -> tuple[list[bytes], bool]:
    """The next pieces, until they are enough to be counted, and whether that is all."""
    some: list[bytes] = []
    size = 0
    for piece in pieces:
        some.append(piece)
        size += len(piece)
        if size >= UNCOUNTED_BYTES:
            return some, False
    return some, True


def _from_json(text: bytes, signal: Signal, *, aside: bool = False) -> bytes:
    from processor.wire.otlp_json import (  # noqa: PLC0415 - for senders of JSON only
        Unreadable,
        has_more_values,
        parse,
        to_protobuf,
    )

    if has_more_values(text, MAX_JSON_VALUES):
        words = (
            f"the JSON has more than {MAX_JSON_VALUES} values; send less at once, or protobuf"
        )
        raise Refusal(Code.RESOURCE_EXHAUSTED, words)
    try:
        return to_protobuf(parse(text, aside=aside), signal)
    except Unreadable as bad:
        raise Refusal(Code.INVALID_ARGUMENT, f"this is no OTLP/JSON: {bad}") from None
