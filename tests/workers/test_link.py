"""Whatever its size, a message arrives whole, once and in order."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from processor.workers.link import BUFFER_BYTES, HEAD, Kind, Link, linked, pair

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    Heard = list[tuple[Kind, int, int, bytes]]


def deaf(_kind: Kind, _detail: int, _number: int, _payload: bytes) -> None:
    """Take no notice."""


@asynccontextmanager
async def both() -> AsyncGenerator[tuple[Link, Link, Heard]]:
    """A sender, a listener, and what that has heard."""
    heard: Heard = []
    sender = Link(deaf)

    def hear(kind: Kind, detail: int, number: int, payload: bytes) -> None:
        heard.append((kind, detail, number, payload))

    listener = Link(hear)
    for link, end in zip((sender, listener), pair(), strict=True):
        await linked(link, end)
    try:
        yield sender, listener, heard
    finally:
        sender.close()
        await asyncio.gather(sender.lost.wait(), listener.lost.wait())


@pytest.mark.parametrize("seed", range(3))
async def test_messages_of_all_sizes_arrive_in_order(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - sizes, not secrets
    sizes = [0, 1, BUFFER_BYTES - 17, BUFFER_BYTES - 16, BUFFER_BYTES - 15, 9_000_000]
    sizes += [draw.choice((draw.randrange(300), draw.randrange(600_000))) for _ in range(60)]
    draw.shuffle(sizes)
    sent = [
        (Kind.PRICE, number % 256, number << 33, draw.randbytes(size))
        for number, size in enumerate(sizes)
    ]
    async with both() as (sender, _, heard):
        for kind, detail, number, payload in sent:
            half = len(payload) // 2
            sender.send(kind, payload[:half], payload[half:], detail=detail, number=number)
        await sender.flushed()
    assert heard == sent


async def test_what_was_flushed_is_heard_though_the_sender_is_gone() -> None:
    async with both() as (sender, _, heard):
        sender.send(Kind.PRICE, bytes(1_000_000))
        sender.send(Kind.COUNT, number=7)
        await sender.flushed()
        transport = sender._transport
        assert transport is not None
        transport.abort()
        await sender.lost.wait()
        sender.send(Kind.COUNT, number=8)
    assert [number for _, _, number, _ in heard] == [0, 7]


async def test_it_is_heard_though_an_answer_to_what_came_before_finds_nobody() -> None:
    """A worker is killed with requests on their way, behind them the news that another one has arrived."""
    heard: list[int] = []

    def hear(kind: Kind, _detail: int, number: int, _payload: bytes) -> None:
        heard.append(number)
        if kind is Kind.PRICE:
            listener.send(Kind.PRICED, number=number)

    listener = Link(hear)
    ours, theirs = pair()
    large = bytes(BUFFER_BYTES)
    with theirs:
        theirs.sendall(HEAD.pack(Kind.PRICE, 0, len(large), 1) + large)
        theirs.sendall(HEAD.pack(Kind.PRICE, 0, 0, 2) + HEAD.pack(Kind.COUNT, 0, 0, 3))
    await linked(listener, ours)
    await listener.lost.wait()
    assert heard == [1, 2, 3]


async def test_a_message_that_fails_does_not_end_the_others() -> None:
    heard: list[int] = []

    def hear(_kind: Kind, _detail: int, number: int, _payload: bytes) -> None:
        heard.append(number)
        if number == 1:
            raise ZeroDivisionError

    sender, listener = Link(deaf), Link(hear)
    for link, end in zip((sender, listener), pair(), strict=True):
        await linked(link, end)
    for number in range(3):
        sender.send(Kind.COUNT, number=number)
    sender.close()
    await asyncio.gather(sender.lost.wait(), listener.lost.wait())
    assert heard == [0, 1, 2]
