"""Sending the derived metrics on, every interval and once more at the end.

The room's only place that waits. A next hop that is away costs nothing but a counted failure: sums
are cumulative (and differences are kept), so the next export says what this one could not.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from processor.metrics.otlp import OtlpView
    from processor.telemetry import Telemetry

logger = logging.getLogger("genai_cost")

SEND_TIMEOUT_S: Final = 10.0
FLUSH_TIMEOUT_S: Final = 5.0
_APART_NS: Final = 1_000_000
"""Two exports differ by a millisecond at least: stores keep one sample of a series in each."""


class MetricsExporter:
    """Sends what a view has to say through *send*, which returns once the next hop has it."""

    def __init__(  # noqa: PLR0913 - what it reads, where it sends, how often, and the clock
        self,
        view: OtlpView,
        send: Callable[[bytes], Awaitable[object]],
        telemetry: Telemetry,
        *,
        name: str,
        interval_s: float = 15.0,
        clock_unix_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._view = view
        self._send = send
        self._telemetry = telemetry
        self._name = name
        self._interval_s = interval_s
        self._clock_unix_ns = clock_unix_ns
        self._last_unix_ns = 0
        self._failing = False

    async def run(self, stopping: asyncio.Event) -> None:
        """Export every interval until *stopping* is set, then flush."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._interval_s
        while not await _set_before(stopping, due):
            due = max(due + self._interval_s, loop.time())
            await self.export()
        await self.flush()

    async def flush(self) -> None:
        """Say everything: zeros of what is new, then its values. Gives up after a while."""
        try:
            async with asyncio.timeout(FLUSH_TIMEOUT_S):
                if await self.export():
                    await self.export()
        except TimeoutError:
            self._failed("no answer in time")

    async def export(self) -> bool:
        """Say what there is to say; return whether the next hop took it and values are withheld."""
        debut = False
        try:
            for request in self._view.requests(self._now_unix_ns()):
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await self._send(request.body)
                self._view.taken(request)
                debut = debut or request.debut
        except Exception as problem:  # noqa: BLE001 - whatever it is, the next export makes up for it
            self._failed(str(problem) or type(problem).__name__)
            return False
        self._succeeded()
        return debut

    def _now_unix_ns(self) -> int:
        """The clock, never standing still or going back."""
        self._last_unix_ns = max(self._clock_unix_ns(), self._last_unix_ns + _APART_NS)
        return self._last_unix_ns

    def _failed(self, why: str) -> None:
        self._telemetry.count("metrics_exports", 1, self._name, "failed")
        if not self._failing:
            self._failing = True
            logger.warning(
                "derived metrics could not be sent to %s (%s); nothing is lost, "
                "the next export says it all",
                self._name,
                why,
            )

    def _succeeded(self) -> None:
        self._telemetry.count("metrics_exports", 1, self._name, "sent")
        if self._failing:
            self._failing = False
            logger.info("derived metrics reach %s again", self._name)


async def _set_before(event: asyncio.Event, due: float) -> bool:
    """Wait for *event* until *due* on the loop's clock; return whether it is set."""
    try:
        async with asyncio.timeout_at(due):
            return await event.wait()
    except TimeoutError:
        return event.is_set()
