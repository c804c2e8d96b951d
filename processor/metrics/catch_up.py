"""Late prices: when a table brings the price of calls that had none, the counters catch up.

Beside the data path and in small steps, since a new table may price thousands of calls at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from pricing import PriceBook, ReloadOutcome
    from processor.metrics.ledger import Ledger

logger = logging.getLogger("genai_cost")

AGAIN_S: Final = 15.0
STEP: Final = 100
"""Calls between two turns of the event loop: about a millisecond."""


class CatchUp:
    """Asks for the price of remembered calls again, once for each table that is new."""

    def __init__(
        self,
        ledger: Ledger,
        book: PriceBook,
        clock_unix_ns: Callable[[], int] = time.time_ns,
        *,
        again_s: float = AGAIN_S,
    ) -> None:
        self._ledger = ledger
        self._book = book
        self._clock_unix_ns = clock_unix_ns
        self._again_s = again_s
        self._new = asyncio.Event()

    def reloaded(self, outcome: ReloadOutcome) -> None:
        """To be called with every outcome of a reload, on the event loop."""
        if outcome.result in {"changed", "partial"}:
            self._new.set()

    async def run(self) -> None:
        """Until cancelled; now and then without a reload.

        A call may be counted after the table that refused it was replaced, however long its request
        was on the way.
        """
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._new.wait(), self._again_s)
            if self._new.is_set() or self._ledger.behind(self._book.current.version):
                self._new.clear()
                await self.once()

    async def once(self) -> None:
        """One pass over what is remembered, by the table of now."""
        calls = atto_usd = 0
        steps = self._ledger.catch_up(self._book.current, self._clock_unix_ns())
        for step, added in enumerate(steps, 1):
            calls += added > 0
            atto_usd += added
            if step % STEP == 0:
                await asyncio.sleep(0)
        if calls:
            logger.info(
                "%d calls that came before their price are counted now: $%.6f, also in genai_cost.late",
                calls,
                atto_usd / 10**18,
            )
