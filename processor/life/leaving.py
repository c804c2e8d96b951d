"""Asked to stop: not ready from that moment, but still serving for as long as the operator says.

Whoever sends to us learns late that we are leaving (a Service's endpoints, a proxy's health check), so
the doors stay open for `service.shutdown_delay`. A second SIGTERM or SIGINT ends the wait.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from processor.health import State

if TYPE_CHECKING:
    from processor.health import Readiness

logger = logging.getLogger("genai_cost")


class Leaving:
    """Waits for the signal, then for the delay."""

    def __init__(self, readiness: Readiness, delay_s: float) -> None:
        self._readiness = readiness
        self._delay_s = delay_s
        self._first = asyncio.Event()
        self._again = asyncio.Event()

    def asked(self) -> None:
        """A signal to stop came; on the event loop."""
        (self._again if self._first.is_set() else self._first).set()

    async def wait(self) -> None:
        """Return when the doors are to be closed; readiness is off by then."""
        await self._first.wait()
        self._readiness.become(State.STOPPING)
        if not self._delay_s:
            return
        logger.info(
            "asked to stop: not ready any more, serving on for %g s (service.shutdown_delay); a second "
            "signal ends that",
            self._delay_s,
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(self._delay_s):
                await self._again.wait()
