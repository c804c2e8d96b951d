"""The last warnings and errors of the service's own log, for its status page: few, counted, short.

What is in the log is here, and no more: no telemetry content, of an exception its type alone.
Invariant: at most `MOST` different ones of at most `MAX_CHARS` characters, whatever happens.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import Final, NamedTuple

MOST: Final = 50
MAX_CHARS: Final = 500


class Event(NamedTuple):
    """One warning or error, however often it came."""

    level: str
    message: str
    times: int
    first_unix_s: float
    last_unix_s: float


class Recent(logging.Handler):
    """Keeps them; those that came last longest. Safe in any thread, as every handler."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._events: OrderedDict[tuple[str, str], Event] = OrderedDict()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one more, or count it where it is there already."""
        words = record.getMessage()
        if record.exc_info and record.exc_info[0] is not None:
            words = f"{words}: {record.exc_info[0].__name__}"
        level, words = record.levelname.lower(), words[:MAX_CHARS]
        known = self._events.pop((level, words), None)
        count, first = (1, record.created) if known is None else (known.times + 1, known[3])
        self._events[level, words] = Event(level, words, count, first, record.created)
        if len(self._events) > MOST:
            self._events.popitem(last=False)

    def events(self) -> list[Event]:
        """A copy, the latest first."""
        self.acquire()
        try:
            return list(reversed(self._events.values()))
        finally:
            self.release()
