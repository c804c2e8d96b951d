"""What stands behind a door. The pipeline is one; a test's echo is another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from processor.model import Signal, Terms


class Intake(Protocol):
    """Takes one request of a sender and waits until it is known what became of it."""

    async def export(self, signal: Signal, body: bytes, terms: Terms) -> bytes:
        """Return the bytes of the Export*ServiceResponse (empty: all taken), or raise `Refusal`."""
        ...
