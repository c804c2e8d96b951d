"""`retry_on_failure`: a next hop that is asked again while its refusals are retryable.

The sender waits meanwhile and its bytes stay admitted, so nothing is queued here. Invariant: a refusal
goes up as the next hop gave it, in time for the sender to hear it, and at once when this service stops.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from typing import TYPE_CHECKING, Final, Self

from processor.errors import Refusal
from processor.forward.standing import Standing
from processor.forward.time_left import MARGIN_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from processor.forward.next_hop import NextHop
    from processor.model import Batch, Terms
    from processor.settings import RetrySettings

logger = logging.getLogger("genai_cost")

REMIND_S: Final = 60.0


class Retried:
    """Stands before one exporter; opens, closes and answers as it does, only later."""

    def __init__(  # noqa: PLR0913 - what it stands before, how it asks, who hears of it, and the clock
        self,
        hop: NextHop,
        settings: RetrySettings,
        stopping: asyncio.Event,
        *,
        standing: Standing | None = None,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = hop.name
        self._hop = hop
        self._settings = settings
        self._stopping = stopping
        self._standing = Standing() if standing is None else standing
        self._clock = clock
        self._chance = chance
        self._said_at = -math.inf

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        """The next hop's answer, or the last of its refusals."""
        gives_up_at = self._end(terms.deadline)
        interval_s = self._settings.initial_interval_s
        while True:
            try:
                return await self._hop.send(batch, terms)
            except Refusal as refusal:
                pause_s = pause(interval_s, self._settings, refusal, self._chance())
                late = self._clock() + pause_s >= gives_up_at
                if not refusal.retryable or late or await self._stops_within(pause_s, refusal):
                    raise
            interval_s = min(
                interval_s * self._settings.multiplier, self._settings.max_interval_s
            )

    def _end(self, deadline: float | None) -> float:
        """When trying again is no use any more: what is configured, or the sender's deadline if earlier."""
        longest_s = self._settings.max_elapsed_time_s or math.inf
        configured = self._clock() + longest_s
        return configured if deadline is None else min(configured, deadline - MARGIN_S)

    async def _stops_within(self, pause_s: float, refusal: Refusal) -> bool:
        """Wait out the pause; whether the service stops meanwhile."""
        self._say(pause_s, refusal)
        try:
            async with asyncio.timeout(pause_s):
                return await self._stopping.wait()
        except TimeoutError:
            return False

    def _say(self, pause_s: float, refusal: Refusal) -> None:
        now = self._clock()
        words = f"{refusal.code.name}: {refusal.message[:500]}"
        first = self._standing.refused(words, now)
        if not self._stopping.is_set() and (first or now - self._said_at >= REMIND_S):
            self._said_at = now
            said = "%s is asked again in %.1f s, since it refuses: %s"
            logger.warning(said, self.name, pause_s, words)

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


def pause(interval_s: float, settings: RetrySettings, refusal: Refusal, chance: float) -> float:
    """The interval, more or less by the randomization factor; what was asked for only lengthens it.

    *chance* is in [0, 1).
    """
    spread = settings.randomization_factor * interval_s
    jittered_s = interval_s - spread + 2 * spread * chance
    return max(jittered_s, refusal.retry_after_s or 0.0)
