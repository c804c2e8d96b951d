"""A carrier's log, written by the process that started it: one log, one rate limit, one status page.

Where nobody hears it, or not now, it goes to stderr. Never a word of telemetry content, as everywhere.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from typing import TYPE_CHECKING

from processor.workers.link import Kind

if TYPE_CHECKING:
    from processor.workers.link import Link

logger = logging.getLogger("genai_cost")


class Told(logging.Handler):
    """Hands each record on."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link
        self._loop = asyncio.get_running_loop()

    def emit(self, record: logging.LogRecord) -> None:
        """Hand it on, its exception written out."""
        words = self.format(record)
        aside = f"{record.levelname.lower()} {words}\n"
        if self._link.lost.is_set():
            sys.stderr.write(aside)
            return
        told = [record.levelno, words, record.pathname, record.lineno]
        # A transport is the loop's alone, and some records come from threads.
        self._loop.call_soon_threadsafe(self._tell, json.dumps(told).encode(), aside)

    def _tell(self, told: bytes, aside: str) -> None:
        if self._link.full:  # nobody reads it, for now
            sys.stderr.write(aside)
        else:
            self._link.send(Kind.LOG, told)


def write(place: int, told: bytes) -> None:
    """Write a carrier's record as its own: the rate limit goes by where it was said."""
    level, words, path, line = json.loads(told)
    if logger.isEnabledFor(level):
        said = f"worker {place}: {words}"
        logger.handle(logging.LogRecord(logger.name, level, path, line, said, None, None))
