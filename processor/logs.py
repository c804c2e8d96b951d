"""The service's own log: one line an event on stderr, for people (`console`) or programs (`json`).

Never a word of telemetry content. Invariant: what happens often is counted, not logged, so a line
that repeats all the same is written a few times a minute, and then only how often it was not.
"""

from __future__ import annotations

import json
import logging
import math
import sys
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

LOGGER: Final = "genai_cost"
_LEVELS: Final[Mapping[str, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
WINDOW_S: Final = 60.0
SAME: Final = 10
"""Lines of the same words in a window."""
SITE: Final = 60
"""Lines from one place in the code in a window, whatever their words."""
MOST_WINDOWS: Final = 1000
_WORDS: Final = 300


def set_up(level: str, encoding: str, stream: TextIO | None = None) -> None:
    """Send what the service logs to *stream* (stderr), and nothing to anybody else.

    What libraries warn of goes there too, in the same form, where nobody else listens to it.
    """
    handler = Limited(stream if stream is not None else sys.stderr)
    handler.setFormatter(Line(as_json if encoding == "json" else as_text))
    logger = logging.getLogger(LOGGER)
    logger.handlers[:] = [handler]
    logger.setLevel(_LEVELS[level])
    logger.propagate = False
    logging.lastResort = handler


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


class Limited(logging.StreamHandler[TextIO]):
    """Writes what the rate limit lets through, and how much it did not."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._limit = RateLimit()

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, or count it; first what was held back in windows that are over."""
        self._tell(self._limit.over(record.created))
        if self._limit.admits(record):
            super().emit(record)

    def close(self) -> None:
        """Say what was held back and never told: the process ends."""
        self._tell(self._limit.over())
        super().close()

    def _tell(self, held: Iterable[Held]) -> None:
        for level, words, times in held:
            told = f"{words} (and {times} more like it before)"
            super().emit(logging.LogRecord(LOGGER, level, "", 0, told, None, None))


class Held(NamedTuple):
    """What was not written."""

    level: int
    words: str
    times: int


@dataclass(slots=True)
class _Window:
    """What one key came to since a moment."""

    since_unix_s: float
    level: int
    words: str
    written: int = 0
    held: int = 0


class RateLimit:
    """At most `SAME` lines of the same words and `SITE` from one place in `WINDOW_S`; the rest is counted.

    Invariant: never more than `MOST_WINDOWS` things are remembered, each of a few hundred bytes.
    """

    def __init__(self) -> None:
        self._windows: OrderedDict[tuple[str, int, str], _Window] = OrderedDict()

    def __len__(self) -> int:
        """How many things are remembered."""
        return len(self._windows)

    def admits(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written."""
        words = record.getMessage()[:_WORDS]
        site = self._window(record, "", words)
        if site.written >= SITE:
            site.held += 1
            return False
        same = self._window(record, words, words)
        if same.written >= SAME:
            same.held += 1
            return False
        site.written += 1
        same.written += 1
        return True

    def over(self, now_unix_s: float = math.inf) -> Iterator[Held]:
        """What was held back in windows that have ended, or that there is no room for; each once."""
        windows = self._windows
        while windows:
            first = next(iter(windows.values()))  # they stand in the order of their beginnings
            ended = now_unix_s - first.since_unix_s >= WINDOW_S
            if not ended and len(windows) <= MOST_WINDOWS - 2:  # a record may open two
                return
            windows.popitem(last=False)
            if first.held:
                yield Held(first.level, first.words, first.held)

    def _window(self, record: logging.LogRecord, key: str, words: str) -> _Window:
        full = (record.pathname, record.lineno, key)
        found = self._windows.get(full)
        if found is None:
            found = _Window(record.created, record.levelno, words)
            self._windows[full] = found
        return found


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
