"""A next hop that counts what it was given, under the Collector's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast

from processor.model import ITEMS

if TYPE_CHECKING:
    from types import TracebackType

    from processor.forward.next_hop import NextHop
    from processor.model import Batch, Terms
    from processor.telemetry import CounterName, Telemetry


class Counted:
    """Stands before one exporter; opens, closes and answers as it does."""

    def __init__(self, hop: NextHop, telemetry: Telemetry) -> None:
        self._hop = hop
        self._telemetry = telemetry
        self.name = hop.name

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        """As the exporter answers."""
        taken = False
        try:
            answer = await self._hop.send(batch, terms)
            taken = True
            return answer
        finally:
            outcome = "sent" if taken else "send_failed"
            name = cast("CounterName", f"exporter_{outcome}_{ITEMS[batch.signal]}")
            self._telemetry.count(name, batch.items, self.name)

    async def __aenter__(self) -> Self:
        await self._hop.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        await self._hop.__aexit__(exc_type, exc, traceback)
