"""A next hop without a port: takes batches, remembers them, answers as told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from processor.model import Batch, Terms


@dataclass
class Hop:
    """Accepts unless `fails_with` is set; waits while `gate` is closed; `opened` says it is in use."""

    name: str = "hop"
    answer: bytes = b""
    fails_with: BaseException | None = None
    batches: list[Batch] = field(default_factory=list["Batch"])
    heard: list[Terms] = field(default_factory=list["Terms"])
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event | None = None
    opened: bool = False

    async def __aenter__(self) -> Self:
        self.opened = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.opened = False

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        """Remember the batch and answer as told."""
        self.heard.append(terms)
        self.batches.append(batch)
        self.asked.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.fails_with is not None:
            raise self.fails_with
        return self.answer
