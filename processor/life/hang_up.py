"""SIGHUP: the operator's terms as the file has them now, then prices, then certificates and tokens.

A mistake in the file changes nothing. What needs a restart is named, not taken over.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NamedTuple, Protocol

from processor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pricing import PriceBook
    from processor.forward.replaced import Renewal
    from processor.prices import PriceWatch
    from processor.settings import Settings

logger = logging.getLogger("genai_cost")


class Looks(Protocol):
    """Has files that somebody replaces."""

    def look(self) -> None:
        """Take what is new and good."""
        ...


class HangUp(NamedTuple):
    """Who hears of a SIGHUP."""

    running: Settings
    reread: Callable[[], Settings] | None
    """The settings as their file has them; None where there is no file."""
    book: PriceBook
    prices: PriceWatch
    renewal: Renewal
    watched: Sequence[Looks]

    async def heard(self) -> None:
        """Take over what can be, in this order; raises nothing for what the operator wrote."""
        if self.reread is not None:
            try:
                fresh = await asyncio.to_thread(self.reread)
            except ConfigError as bad:
                for problem in bad.problems:
                    logger.error("configuration kept as it was: %s", problem)  # noqa: TRY400 - not our fault
            else:
                self._agree(fresh)
        self.prices.reload_soon()
        self.renewal.ask()
        for each in self.watched:
            each.look()

    def _agree(self, fresh: Settings) -> None:
        from processor.settings.again import needs_restart  # noqa: PLC0415 - at a SIGHUP

        self.book.agree(fresh.pricing.aliases, fresh.pricing.terms)
        for warning in fresh.warnings:
            if warning not in self.running.warnings:
                logger.warning("%s", warning)
        places = needs_restart(self.running, fresh)
        if places:
            logger.warning(
                "changed in %s, and in effect after a restart: %s",
                fresh.origin,
                ", ".join(places),
            )
