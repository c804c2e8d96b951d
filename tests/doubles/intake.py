"""What can stand behind a door in place of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from processor.errors import Refusal
from processor.model import Batch

if TYPE_CHECKING:
    from processor.forward.next_hop import NextHop
    from processor.model import Signal, Terms


@dataclass
class Echo:
    """Answers each request with its own bytes, or as it is told; remembers what it was asked."""

    fails_with: Exception | None = None
    answer: bytes | None = None
    asked: list[tuple[Signal, bytes, Terms]] = field(
        default_factory=list["tuple[Signal, bytes, Terms]"]
    )

    async def export(self, signal: Signal, body: bytes, terms: Terms) -> bytes:
        """Remember, then answer."""
        self.asked.append((signal, body, terms))
        if self.fails_with is not None:
            raise self.fails_with
        return body if self.answer is None else self.answer


@dataclass
class Relay:
    """Hands every request to the next hop as it is: a hop in which nothing is done."""

    hop: NextHop
    refusals: list[Refusal] = field(default_factory=list[Refusal])

    async def export(self, signal: Signal, body: bytes, terms: Terms) -> bytes:
        """Forward, and remember what was refused."""
        try:
            return await self.hop.send(Batch(signal, body), terms)
        except Refusal as refusal:
            self.refusals.append(refusal)
            raise
