"""The service's log: one line an event, for people or for programs, never a flood."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from processor import logs
from processor.recent import MAX_CHARS, MOST, Event, Recent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    yield logging.getLogger(logs.LOGGER)
    logging.getLogger(logs.LOGGER).handlers.clear()


def test_text_is_time_level_and_words_on_one_line(logger: logging.Logger) -> None:
    stream = io.StringIO()
    logs.set_up("info", "console", stream)
    logger.info("ready\nset %s", "go")
    logger.debug("not this")
    time, level, words = stream.getvalue().split(maxsplit=2)
    assert len(time) == 8
    assert level == "info"
    assert words == "ready\n    set go\n"


def test_json_is_an_object_a_line(logger: logging.Logger) -> None:
    stream = io.StringIO()
    logs.set_up("debug", "json", stream)
    logger.debug("déjà\nvu")
    (line,) = stream.getvalue().splitlines()
    read = json.loads(line)
    assert (read["level"], read["message"]) == ("debug", "déjà\nvu")
    assert read["time"].endswith("+00:00")


def test_what_libraries_warn_of_is_in_the_same_form() -> None:
    said = subprocess.run(  # noqa: S603
        [sys.executable, "-c", LIBRARY], capture_output=True, text=True, check=True
    ).stderr
    assert [json.loads(line)["message"] for line in said.splitlines()] == ["of another"]


LIBRARY = """
import logging
from processor import logs
logs.set_up("info", "json")
logging.getLogger("uvicorn.error").warning("of %s", "another")
logging.getLogger("uvicorn.error").info("not this")
"""


def test_exceptions_are_in_the_line(logger: logging.Logger) -> None:
    stream = io.StringIO()
    logs.set_up("info", "json", stream)
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        logger.exception("failed")
    assert "ZeroDivisionError" in json.loads(stream.getvalue())["message"]


def record(created: float, words: str = "again", line: int = 1) -> logging.LogRecord:
    made = logging.LogRecord("x", logging.INFO, "f.py", line, words, None, None)
    made.created = created
    return made


class Log:
    """What a log comes to hold, its lines without their times."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.handler = logs.Limited(self.stream)

    def take(self, *records: logging.LogRecord) -> None:
        for one in records:
            self.handler.handle(one)

    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


def test_what_repeats_is_written_ten_times_a_minute_and_then_counted() -> None:
    log = Log()
    log.take(*(record(100.0 + n) for n in range(25)), record(130.0, "other", line=2))
    assert log.lines() == ["again"] * 10 + ["other"]
    log.take(record(161.0))
    assert log.lines()[11:] == ["again (and 15 more like it before)", "again"]


def test_what_was_held_back_is_told_by_whatever_comes_next() -> None:
    log = Log()
    log.take(*(record(100.0) for _ in range(12)), record(200.0, "other", line=2))
    assert log.lines()[10:] == ["again (and 2 more like it before)", "other"]


def test_what_was_held_back_is_told_at_the_end() -> None:
    log = Log()
    log.take(*(record(100.0) for _ in range(12)))
    log.handler.close()
    assert log.lines()[10:] == ["again (and 2 more like it before)"]


def test_other_words_from_the_same_place_are_not_held_back_with_them() -> None:
    """One next hop's refusals do not hide another's."""
    log = Log()
    log.take(*(record(100.0, "a refuses") for _ in range(50)), record(100.0, "b refuses"))
    assert log.lines() == ["a refuses"] * 10 + ["b refuses"]


def test_words_that_always_differ_are_bounded_by_their_place() -> None:
    log = Log()
    log.take(*(record(100.0, f"stranger {n}") for n in range(5000)))
    assert len(log.lines()) == logs.SITE
    log.take(record(161.0))
    assert log.lines()[logs.SITE] == f"stranger 0 (and {5000 - logs.SITE} more like it before)"


def test_whatever_comes_nothing_is_lost_uncounted_and_little_is_remembered() -> None:
    limit = logs.RateLimit()
    told = written = 0
    for n in range(20_000):
        one = record(100.0 + n / 1000, f"words {n % 7}", line=n % 900)
        told += sum(held.times for held in limit.over(one.created))
        written += limit.admits(one)
        assert len(limit) <= logs.MOST_WINDOWS
    told += sum(held.times for held in limit.over())
    assert written + told == 20_000


def test_the_last_of_a_process_is_told_too(tmp_path: Path) -> None:
    """Python closes handlers at the end; nobody has to think of it."""
    code = (
        "import logging; from processor import logs; logs.set_up('info', 'console')\n"
        "for _ in range(13): logging.getLogger(logs.LOGGER).info('again')"
    )
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stderr.splitlines()[-1].endswith("again (and 3 more like it before)")


@pytest.fixture
def recent() -> Recent:
    return Recent()


def warned(words: str, at: float = 100.0, level: int = logging.WARNING) -> logging.LogRecord:
    made = logging.LogRecord("x", level, "f.py", 1, words, None, None)
    made.created = at
    return made


def test_recent_warnings_are_counted_the_latest_first(recent: Recent) -> None:
    for one in (warned("a", 1.0), warned("b", 2.0), warned("a", 3.0)):
        recent.handle(one)
    assert recent.events() == [
        Event("warning", "a", 2, 1.0, 3.0),
        Event("warning", "b", 1, 2.0, 2.0),
    ]


def test_recent_warnings_are_few_and_short(recent: Recent) -> None:
    for n in range(1000):
        recent.handle(warned(f"{n} " + "x" * 10_000))
    events = recent.events()
    assert len(events) == MOST
    assert events[0].message.startswith("999 ")
    assert max(len(event.message) for event in events) == MAX_CHARS


def test_of_an_exception_its_type_is_kept_and_not_its_words(
    logger: logging.Logger, recent: Recent
) -> None:
    """They may quote what was being read."""
    logger.addHandler(recent)
    try:
        int("a prompt of somebody's")
    except ValueError:
        logger.exception("failed")
    (event,) = recent.events()
    assert (event.level, event.message) == ("error", "failed: ValueError")


def test_what_is_no_warning_is_not_kept(logger: logging.Logger, recent: Recent) -> None:
    logs.set_up("info", "console", io.StringIO())
    logger.addHandler(recent)
    logger.info("ready")
    assert recent.events() == []
