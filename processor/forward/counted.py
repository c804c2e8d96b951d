"""A next hop that counts what it was given, under the Collector's names."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final, Self, cast

from processor.errors import Refusal, is_about_data
from processor.forward.standing import Standing
from processor.model import ITEMS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from processor.forward.next_hop import NextHop
    from processor.model import Batch, Terms
    from processor.telemetry import CounterName, Telemetry


logger = logging.getLogger("genai_cost")

REMIND_S: Final = 60.0


class Counted:
    """Stands before one exporter; opens, closes and answers as it does.

    That it fails is said when it begins, once a minute while it lasts, and when it ends: senders hear
    of each refusal, but nobody reads their logs at three in the morning.
    """

    def __init__(
        self,
        hop: NextHop,
        telemetry: Telemetry,
        *,
        standing: Standing | None = None,
        queued: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`standing`: shared with what stands behind it and hears of refusals, too; its own if left out.

        `queued`: what is sent was acknowledged before, so its senders hear of nothing.
        """
        self._queued = queued
        self._hop = hop
        self._telemetry = telemetry
        self._clock = clock
        self._said_at = -REMIND_S
        self.name = hop.name
        self.standing = Standing(since_s=clock()) if standing is None else standing

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        """As the exporter answers."""
        outcome = "send_failed"
        self._in_flight(1)
        try:
            answer = await self._hop.send(batch, terms)
            outcome = "sent"
        except Exception as problem:
            if batch.divisible and is_about_data(problem):
                outcome = ""  # its parts have outcomes of their own
            elif isinstance(problem, Refusal):
                self._refused(problem)
            raise
        finally:
            self._in_flight(-1)
            if outcome:
                name = cast("CounterName", f"exporter_{outcome}_{ITEMS[batch.signal]}")
                self._telemetry.count(name, batch.items, self.name)
        if self.standing.state != "takes":
            self._taken()
        return answer

    def _in_flight(self, more: int) -> None:
        self.standing.in_flight += more
        self._telemetry.gauge("exporter_in_flight_requests", self.standing.in_flight, self.name)

    def _taken(self) -> None:
        standing, now = self.standing, self._clock()
        if standing.state == "refuses":
            self._said_at = -REMIND_S
            logger.info("%s takes data again, after %.0f s", self.name, now - standing.since_s)
        standing.state, standing.since_s = "takes", now

    def _refused(self, refusal: Refusal) -> None:
        now = self._clock()
        words = f"{refusal.code.name}: {refusal.message[:500]}"
        self.standing.refused(words, now)
        if now - self._said_at < REMIND_S:
            return
        self._said_at = now
        logger.error("%s refuses (%s): %s", self.name, self._fate(refusal), words)

    def _fate(self, refusal: Refusal) -> str:
        """What becomes of the data."""
        if self._queued:
            return "its senders were told that it was taken"
        return "senders may try again" if refusal.retryable else "for good: senders drop it"

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
