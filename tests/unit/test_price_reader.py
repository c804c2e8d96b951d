"""A price file read by another process is what it would be here; what befalls that process hurts nothing."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from pricing import PriceBook, PriceError, PriceSource
from pricing.book import judged_here
from processor.price_reader import PriceReader
from processor.prices import PriceWatch
from processor.telemetry import Telemetry

if TYPE_CHECKING:
    from pathlib import Path

OURS = b"""
genai-cost: 1
version: 2026-11-01
providers:
  openai:
    endpoints: ["*.example.com"]
    currency: EUR
    models:
      gpt-4o:
        prices: {input: 2.5, output: 10}
        whole: true
        aliases: [house, {name: moving, from: 2026-01-01, to: 2026-02-01}]
      gpt-4o-mnii:
        graded: true
        rows:
          - {from: 2026-01-01, when: {context_over: 1000, service_tier: ["!flex"]}, prices: {input: 1}}
          - {when: {hours: mon-fri 08:00-18:00 Europe/Berlin}, prices: {input: 2 per 1M tokens}}
        multipliers: [{times: 1.1, when: {region: eu}}]
"""
THEIRS = b"""
[{"id": "openai", "models": [{"id": "gpt-x", "match": {"starts_with": "gpt-x"},
  "prices": {"input_mtok": 1, "output_mtok": 2}}]}]
"""
MANY = OURS + b"".join(
    b"      m%d: {prices: {input: 1}, aliases: [a%d]}\n" % (i, i) for i in range(200)
)
BAD = OURS.replace(b"output:", b"outptu:")
SOURCE = PriceSource("prices.yaml")


@pytest.fixture
def reader() -> PriceReader:
    return PriceReader(small_bytes=0)


@pytest.mark.parametrize("data", [OURS, THEIRS, MANY], ids=["ours", "theirs", "in-pieces"])
@pytest.mark.parametrize("builtin", [1, 0], ids=["over-the-builtin", "alone"])
def test_it_reads_what_would_be_read_here(
    reader: PriceReader, data: bytes, builtin: int, caplog: pytest.LogCaptureFixture
) -> None:
    (here, said_here), (there, said_there) = (
        judge(SOURCE, data, bool(builtin)) for judge in (judged_here, reader)
    )
    assert said_there == said_here
    assert vars(there) == vars(here)
    assert list(there.models()) == list(here.models())
    assert not caplog.messages


def test_it_says_what_is_wrong(reader: PriceReader) -> None:
    with pytest.raises(PriceError) as here:
        judged_here(SOURCE, BAD, builtin=True)
    with pytest.raises(PriceError) as there:
        reader(SOURCE, BAD, builtin=True)
    assert "outptu" in str(there.value)
    assert there.value.problems == here.value.problems


def script(folder: Path, words: str) -> str:
    """Something else in the place of Python."""
    file = folder / "python"
    file.write_text(f"#!/bin/sh\n{words}\n")
    file.chmod(0o755)
    return str(file)


@pytest.mark.parametrize(
    ("words", "patience_s"),
    [
        pytest.param("exit 3", 60, id="ends-at-once"),
        pytest.param("exec cat", 60, id="answers-something-else"),
        pytest.param("exec sleep 600", 0.05, id="takes-too-long"),
    ],
)
def test_without_an_answer_it_is_read_here(
    tmp_path: Path, words: str, patience_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    reader = PriceReader(python=script(tmp_path, words), small_bytes=0, patience_s=patience_s)
    layer, _ = reader(SOURCE, OURS, builtin=False)
    assert layer.count == 3
    (message,) = caplog.messages
    assert "prices.yaml is read by this process" in message


def test_without_a_python_it_is_read_here(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = PriceReader(python=str(tmp_path / "none"), small_bytes=0)
    assert reader(SOURCE, OURS, builtin=False)[0].count == 3
    assert "No such file" in caplog.text


def test_what_the_kernel_killed_is_not_tried_here(tmp_path: Path) -> None:
    reader = PriceReader(python=script(tmp_path, "kill -9 $$"), small_bytes=0)
    with pytest.raises(PriceError, match="memory is short"):
        reader(SOURCE, OURS, builtin=False)


def test_what_is_small_needs_no_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = PriceReader(python=str(tmp_path / "none"))
    assert reader(SOURCE, OURS, builtin=False)[0].count == 3
    assert not caplog.messages


def test_closing_ends_what_it_reads(tmp_path: Path) -> None:
    reader = PriceReader(
        python=script(tmp_path, "cat >/dev/null; exec sleep 600"), small_bytes=0
    )
    found: list[str] = []

    def read() -> None:
        try:
            reader(SOURCE, OURS, builtin=False)
        except PriceError as problem:
            found.append(str(problem))

    thread = threading.Thread(target=read)
    thread.start()
    reader.close()
    thread.join(30)
    assert found == ["prices.yaml: not read any more, since this service stops"]


async def test_a_watch_reads_apart_while_it_runs(tmp_path: Path) -> None:
    book = PriceBook([PriceSource(str(tmp_path / "prices.yaml"))], builtin=False)
    told = asyncio.Event()
    watch = PriceWatch(book, Telemetry(), lambda _: told.set())
    watch.start()
    told.clear()
    assert book.judge is judged_here
    stopping = asyncio.Event()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(watch.run(stopping))
        watch.reload_soon()
        await told.wait()
        assert isinstance(book.judge, PriceReader)
        stopping.set()
    with pytest.raises(PriceError, match="this service stops"):
        book.judge(SOURCE, MANY * 2, False)  # noqa: FBT003 - as a `Judge` is asked
