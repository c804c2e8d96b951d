"""HTTP/2 abused by hand-written frames: the attacker is cut off or ignored, everybody else is served.

What gRPC answers differs with its version and is printed; that memory stays bounded, that connections
are let go and that others are served meanwhile is what is asserted.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from tests.faults.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    REQUEST,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Frame,
    connected,
    frame,
    headers,
    literal,
    message,
)

if TYPE_CHECKING:
    from tests.faults.frames import Peer
    from tests.faults.hostile import Target

pytestmark = pytest.mark.asyncio(loop_scope="module")

CANCEL: Final = (8).to_bytes(4, "big")
BOUND_MIB: Final = 96
ODD: Final = range(1, 20_001, 2)


def half(stream: int) -> bytes:
    """A call that promises a body and sends none of it."""
    return headers(stream) + frame(DATA, message(bytes(100))[:50], stream=stream)


KNOWN: Final = bytes([0x80 | 62])
"""The newest field that the peer remembers, in one byte."""

ATTACKS: Final[dict[str, bytes]] = {
    "rapid-reset": b"".join(headers(n) + frame(RST_STREAM, CANCEL, stream=n) for n in ODD),
    "calls-that-never-end": b"".join(half(n) for n in ODD),
    "settings-flood": frame(SETTINGS, b"\x00\x03\x00\x00\x00\x64") * 50_000,
    "ping-flood": frame(PING, b"12345678") * 100_000,
    "empty-data-flood": headers(1) + frame(DATA, stream=1) * 100_000,
    "window-update-flood": frame(WINDOW_UPDATE, b"\x00\x00\x00\x01") * 100_000,
    "window-overflow": frame(WINDOW_UPDATE, b"\x7f\xff\xff\xff") * 2,
    "giant-metadata": headers(1, REQUEST + literal(b"x-a", b"y" * 12_000)),
    "metadata-without-end": headers(1, flags=0)
    + frame(CONTINUATION, literal(b"x-a", b"y" * 16_000), stream=1) * 2_000,
    "empty-continuations": headers(1, flags=0) + frame(CONTINUATION, stream=1) * 100_000,
    "a-field-again-and-again": headers(
        1, REQUEST + literal(b"x-a", b"y" * 4_000, remember=True) + KNOWN * 10_000
    ),
    "a-frame-too-large": frame(HEADERS, bytes(2**20), flags=END_HEADERS, stream=1),
    "a-message-of-4-gib": headers(1)
    + frame(DATA, b"\x00\xff\xff\xff\xff" + bytes(9), stream=1),
    "data-without-a-call": frame(DATA, b"x" * 100, stream=99),
    "broken-header-block": headers(1, b"\xff" * 100),
    "no-frames": b"\x00" * 100_000,
    "http-1": b"POST /v1/traces HTTP/1.1\r\nhost: here\r\n\r\n" * 1_000,
}


async def drained(peer: Peer, seen: list[Frame]) -> None:
    """Read what it says until it ends the connection, as few attackers would."""
    while (got := await peer.read()) is not None:
        if len(seen) < 100_000:
            seen.append(got)


@pytest.mark.parametrize("reads", [True, False], ids=["reads", "deaf"])
@pytest.mark.parametrize("attack", ATTACKS)
async def test_attack(target: Target, attack: str, *, reads: bool) -> None:
    seen: list[Frame] = []
    async with target.stays_well(f"HTTP/2 {attack}", BOUND_MIB) as tally:
        async with connected(target.grpc) as peer:
            reading = asyncio.ensure_future(drained(peer, seen) if reads else asyncio.sleep(0))
            try:
                async with asyncio.timeout(5):
                    whole = await peer.write(ATTACKS[attack])
            except TimeoutError:
                whole = False  # nobody reads on the other side, as it should be
            await target.serves()
            reading.cancel()
        tally.heard = len(seen)
        tally.refused["cut off" if not whole else "ignored"] += 1
        for got in seen:
            if got.kind == GOAWAY:
                tally.refused[f"GOAWAY {int.from_bytes(got.payload[4:8], 'big')}"] += 1


async def test_a_thousand_calls_at_once_on_one_connection(target: Target) -> None:
    """All of one connection's calls are answered, however many begin together."""
    from tests.faults.tally import numbered  # noqa: PLC0415 - used here alone

    async with target.stays_well("HTTP/2 1,000 calls at once", BOUND_MIB) as tally:
        async with connected(target.grpc) as peer:
            for n in range(1, 2_001, 2):
                data = frame(DATA, message(numbered(n)), flags=END_STREAM, stream=n)
                assert await peer.write(headers(n) + data)
            ended = set[int]()
            async with asyncio.timeout(30):
                while len(ended) < 1_000 and (got := await peer.read()) is not None:
                    if got.kind == RST_STREAM or (
                        got.kind == HEADERS and got.flags & END_STREAM
                    ):
                        ended.add(got.stream)
                        tally.heard += 1
                        tally.refused["RST"] += got.kind == RST_STREAM
        assert len(ended) == 1_000
