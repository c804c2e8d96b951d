"""The service's own log: one line an event on stderr, for people (`console`) or programs (`json`).

Never a word of telemetry content. Invariant: what happens often is counted, not logged, so a line
that repeats all the same is let through a few times and then only counted.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOGGER: Final = "genai_cost"
_LEVELS: Final[Mapping[str, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_BURST: Final = 10
_WINDOW_S: Final = 10.0
_MOST_SITES: Final = 1000


def set_up(level: str, encoding: str, stream: TextIO | None = None) -> None:
    """Send what the service logs to *stream* (stderr), and nothing to anybody else."""
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(Line(as_json if encoding == "json" else as_text))
    handler.addFilter(RateLimit())
    logger = logging.getLogger(LOGGER)
    logger.handlers[:] = [handler]
    logger.setLevel(_LEVELS[level])
    logger.propagate = False


class Line(logging.Formatter):
    """One record as one line, however many its message has."""

    def __init__(self, write: Callable[[logging.LogRecord, str], str]) -> None:
        super().__init__()
        self._write = write

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the exception if there is one."""
        words = record.getMessage()
        if record.exc_info:
            words = f"{words}: {self.formatException(record.exc_info)}"
        return self._write(record, words)


class RateLimit(logging.Filter):
    """Lets ten records of one place in the code through in ten seconds, and counts the rest."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written; the first after a silence says how many were not."""
        site = (record.pathname, record.lineno)
        since, count = self._seen.get(site, (record.created, 0))
        if record.created - since >= _WINDOW_S:
            if count > _BURST:
                record.msg = f"{record.msg} (and {count - _BURST} more like it before)"
            since, count = record.created, 0
        if len(self._seen) < _MOST_SITES or site in self._seen:
            self._seen[site] = (since, count + 1)
        return count < _BURST


def as_text(record: logging.LogRecord, words: str) -> str:
    """Return `time level message` for people."""
    time = _time(record).strftime("%H:%M:%S")
    return f"{time} {record.levelname.lower():<7} {words}".replace("\n", "\n    ")


def as_json(record: logging.LogRecord, words: str) -> str:
    """Return a JSON object on one line."""
    time = _time(record).isoformat(timespec="milliseconds")
    line = {"time": time, "level": record.levelname.lower(), "message": words}
    return json.dumps(line, ensure_ascii=False)


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
