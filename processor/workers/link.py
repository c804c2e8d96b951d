"""Messages between two processes over a socket pair: a kind, a small number, a number, bytes.

Many may be on their way at once; who asks and who answers agree by number. Invariant: a message that
`flushed` was awaited after is read by the other end even if this process is killed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from contextlib import suppress
from enum import IntEnum
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("genai_cost")

HEAD: Final = struct.Struct("<BBxxIQ")
BUFFER_BYTES: Final = 256 * 1024
"""Messages that fit are read together, those that do not by themselves."""
SOCKET_BYTES: Final = 4 * 1024 * 1024
"""A request of this size leaves in one step, where the system allows so much."""
JOINED_BYTES: Final = 64 * 1024
FULL_BYTES: Final = 1024 * 1024


class Kind(IntEnum):
    """What a message is; who sends it."""

    # a carrier
    PRICE = 1
    COUNT = 2
    FORGET = 3
    ASK = 4
    LEAVE = 5
    NEWS = 6
    LOG = 7
    OPEN = 8
    PROBLEMS = 9
    SERVING = 10
    DRAINED = 11
    # the books
    PRICED = 20
    REFUSED = 21
    ANSWER = 22
    END = 23
    DECLINED = 24
    HELLO = 25
    SERVE = 26
    STATE = 27
    LOOK = 28
    DRAIN = 29


class Link(asyncio.BufferedProtocol):
    """One end. *heard* is called with each message: kind, detail, number, payload."""

    def __init__(self, heard: Callable[[Kind, int, int, bytes], None]) -> None:
        self._heard = heard
        self._transport: asyncio.Transport | None = None
        self._closed = False
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._large: bytearray | None = None
        self._large_filled = 0
        self._large_head = (0, 0, 0)
        self._free = asyncio.Event()
        self._free.set()
        self.lost = asyncio.Event()
        """The other end is gone, and everything it sent was heard."""

    def send(self, kind: Kind, *parts: bytes, detail: int = 0, number: int = 0) -> None:
        """Send a message; nothing where nobody hears it any more."""
        transport = self._transport
        if transport is None or self.lost.is_set():
            return
        size = sum(map(len, parts))
        head = HEAD.pack(kind, detail, size, number)
        if size <= JOINED_BYTES:
            transport.write(b"".join((head, *parts)))
            return
        transport.write(head)
        for part in parts:
            transport.write(part)

    async def flushed(self) -> None:
        """Return once the system has everything that was sent."""
        await self._free.wait()

    @property
    def behind(self) -> bool:
        """Whether something waits that the system has not taken."""
        return not self._free.is_set()

    @property
    def full(self) -> bool:
        """Whether so much of it waits that what can be said elsewhere should be."""
        return (
            self._transport is not None and self._transport.get_write_buffer_size() > FULL_BYTES
        )

    async def room(self) -> None:
        """Return once nothing waits: who asks for it first adds no more than a message to what does."""
        while self.behind:
            await self._free.wait()

    def close(self) -> None:
        """Send what is still to be sent, then end; nothing is heard any more."""
        self._closed = True
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - gone is gone
        """End, with what came before: an answer that nobody takes ends the transport, not what it has yet to read."""
        transport, self._transport = self._transport, None
        if transport is not None and not self._closed:
            self._read_the_rest(transport.get_extra_info("socket").fileno())
        self.lost.set()
        self._free.set()

    def _read_the_rest(self, descriptor: int) -> None:
        """What the other end had sent when it went."""
        with suppress(OSError):  # it stays silent, or says only now that it is gone
            while some := os.readv(descriptor, [self.get_buffer(-1)]):
                self.buffer_updated(some)

    def pause_writing(self) -> None:
        """Something waits that the system has not taken."""
        self._free.clear()

    def resume_writing(self) -> None:
        """Nothing waits."""
        self._free.set()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - we know better
        """Where the next bytes go."""
        if self._large is not None:
            return memoryview(self._large)[self._large_filled :]
        return self._view[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """More bytes are there."""
        if self._large is None:
            self._filled += nbytes
            self._read()
            return
        self._large_filled += nbytes
        if self._large_filled == len(self._large):
            payload, self._large = bytes(self._large), None
            self._deliver(*self._large_head, payload)

    def _read(self) -> None:
        at, filled = 0, self._filled
        while filled - at >= HEAD.size:
            kind, detail, size, number = HEAD.unpack_from(self._buffer, at)
            begins = at + HEAD.size
            if begins + size <= filled:
                at = begins + size
                self._deliver(kind, detail, number, bytes(self._view[begins:at]))
                continue
            if HEAD.size + size > BUFFER_BYTES:
                self._large = bytearray(size)
                self._large_filled = filled - begins
                self._large[: self._large_filled] = self._view[begins:filled]
                self._large_head = kind, detail, number
                at = filled
            break
        self._filled = filled - at
        if at and self._filled:
            self._buffer[: self._filled] = self._buffer[at:filled]

    def _deliver(self, kind: int, detail: int, number: int, payload: bytes) -> None:
        try:
            self._heard(Kind(kind), detail, number, payload)
        except Exception:  # one message's fault is not the others'
            logger.exception("a message between the processes of this service failed")


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends, each with room for a large request."""
    ends = socket.socketpair()
    for end in ends:
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
    return ends


async def linked(link: Link, end: socket.socket) -> None:
    """Have the link speak through this end from now on."""
    end.setblocking(False)  # noqa: FBT003
    await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=end)
