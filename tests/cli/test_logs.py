"""The service's log: one line an event, for people or for programs, never a flood."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING

import pytest

from processor import logs

if TYPE_CHECKING:
    from collections.abc import Iterator


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


def test_exceptions_are_in_the_line(logger: logging.Logger) -> None:
    stream = io.StringIO()
    logs.set_up("info", "json", stream)
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        logger.exception("failed")
    assert "ZeroDivisionError" in json.loads(stream.getvalue())["message"]


def record(created: float, line: int = 1) -> logging.LogRecord:
    made = logging.LogRecord("x", logging.INFO, "f.py", line, "again", None, None)
    made.created = created
    return made


def test_what_repeats_is_let_through_ten_times_and_then_counted() -> None:
    limit = logs.RateLimit()
    passed = sum(limit.filter(record(100.0)) for _ in range(25))
    assert passed == 10
    assert limit.filter(record(100.0, line=2))
    later = record(111.0)
    assert limit.filter(later)
    assert later.getMessage() == "again (and 15 more like it before)"
