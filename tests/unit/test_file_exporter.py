"""The `file` exporter: what stands in the file, full disks, full files, and that replay reads it."""

from __future__ import annotations

import asyncio
import json
import os
import resource
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from processor.errors import Code, ConfigError, Refusal
from processor.forward.file_exporter import FileExporter, record
from processor.forward.rotated import RotatedFile
from processor.model import Batch, Signal, Terms
from processor.settings.values import FileDetails, RotationSettings
from processor.stored.reading import Message, Stored
from processor.wire import otlp_json
from tests.service.calls import chat, sent

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

MIB = 1024 * 1024
BODIES = [sent(chat("gpt-4o")), sent(chat("claude"), chat("größer")), sent(chat("o3"))]


def batch(body: bytes, signal: Signal = Signal.TRACES) -> Batch:
    return Batch(signal, body)


@pytest.mark.parametrize("compression", ["", "zstd"])
@pytest.mark.parametrize("form", ["json", "proto"])
async def test_what_stands_in_the_file_is_what_was_sent(
    tmp_path: Path, form: Any, compression: Any
) -> None:
    """Read back by what `genai-cost replay` reads a Collector's files with."""
    path = tmp_path / "sub" / "otlp"
    details = FileDetails(str(path), form, compression=compression, create_directory=True)
    async with FileExporter("file", details) as hop:
        for body in BODIES:
            assert await hop.send(batch(body), Terms()) == b""
            assert len(path.read_bytes()) > 0  # before the next one comes
    with path.open("rb") as file:
        found = list(Stored(file, path.name))
    assert [each.raw for each in found if isinstance(each, Message)] == [
        otlp_json.text_of(otlp_json.to_json(body, Signal.TRACES)) if form == "json" else body
        for body in BODIES
    ]
    if (form, compression) == ("json", ""):
        lines = path.read_text().splitlines()
        assert [list(json.loads(line)) for line in lines] == [["resourceSpans"]] * 3
    assert path.stat().st_mode & 0o077 == 0


async def test_requests_at_once_are_whole_records(tmp_path: Path) -> None:
    path = tmp_path / "otlp.jsonl"
    async with FileExporter("file", FileDetails(str(path))) as hop, hop:
        await asyncio.gather(*(hop.send(batch(body), Terms()) for body in BODIES * 20))
    assert len(path.read_text().splitlines()) == 60
    assert all(json.loads(line) for line in path.read_text().splitlines())


@pytest.mark.parametrize(("append", "kept"), [(False, 1), (True, 2)])
async def test_a_start_begins_anew_unless_it_is_to_append(
    tmp_path: Path, *, append: bool, kept: int
) -> None:
    path = tmp_path / "otlp.jsonl"
    for _ in range(2):
        async with FileExporter("file", FileDetails(str(path), append=append)) as hop:
            await hop.send(batch(BODIES[0]), Terms())
    assert len(path.read_text().splitlines()) == kept


async def test_a_full_disk_is_a_refusal_that_says_so_and_may_be_tried_again() -> None:
    async with FileExporter("file", FileDetails("/dev/full")) as hop:
        with pytest.raises(Refusal) as caught:
            await hop.send(batch(BODIES[0]), Terms())
    assert (caught.value.code, caught.value.retryable) == (Code.UNAVAILABLE, True)
    assert caught.value.message == "cannot write to /dev/full: No space left on device"


async def test_half_a_record_is_cut_off_again(tmp_path: Path) -> None:
    """The system takes the beginning of a record and then no more; later there is room again."""
    path = tmp_path / "otlp.jsonl"
    async with FileExporter("file", FileDetails(str(path))) as hop:
        await hop.send(batch(BODIES[0]), Terms())
        before = path.read_bytes()
        with largest_file(len(before) + 50), pytest.raises(Refusal, match="File too large"):
            await hop.send(batch(BODIES[1]), Terms())
        assert path.read_bytes() == before
        await hop.send(batch(BODIES[1]), Terms())
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 2


@contextmanager
def largest_file(size: int) -> Generator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_what_cannot_be_said_in_json_is_refused_for_good(tmp_path: Path) -> None:
    path = tmp_path / "otlp.jsonl"
    async with FileExporter("file", FileDetails(str(path))) as hop:
        with pytest.raises(Refusal) as caught:
            await hop.send(batch(b"\xff"), Terms())
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert path.read_bytes() == b""


async def test_a_place_where_nothing_can_be_written_is_an_error_at_start() -> None:
    with pytest.raises(
        ConfigError, match=r"^exporters\.file\.path: cannot write to /nowhere/x: "
    ):
        await FileExporter("file", FileDetails("/nowhere/x")).__aenter__()


def test_a_full_file_is_put_aside_and_old_ones_go(tmp_path: Path) -> None:
    path = tmp_path / "otlp.jsonl"
    (tmp_path / "otlp-other.jsonl").write_text("not ours")
    rotation = RotationSettings(max_bytes=100, max_backups=2)
    began = datetime(2026, 11, 24, 1, 2, 3, 456_789, tzinfo=UTC)
    moments = (began + timedelta(milliseconds=number) for number in count())
    file = RotatedFile(path, rotation, append=False, now=lambda: next(moments))
    for number in range(8):
        file.write(bytes([48 + number]) * 49 + b"\n")
    file.write(b"8" * 500)  # larger than a file may be: it has one of its own
    file.close()
    names = sorted(each.name for each in tmp_path.iterdir())
    assert names == [
        "otlp-2026-11-24T01-02-03.458.jsonl",
        "otlp-2026-11-24T01-02-03.459.jsonl",
        "otlp-other.jsonl",
        "otlp.jsonl",
    ]
    assert (tmp_path / names[1]).read_bytes() == b"6" * 49 + b"\n" + b"7" * 49 + b"\n"
    assert path.read_bytes() == b"8" * 500


def test_a_restart_goes_on_in_a_file_that_is_rotated(tmp_path: Path) -> None:
    path = tmp_path / "otlp.jsonl"
    for _ in range(2):
        file = RotatedFile(path, RotationSettings(), append=False)
        file.write(b"x\n")
        file.close()
    assert path.read_bytes() == b"x\nx\n"


def test_backups_past_their_days_go(tmp_path: Path) -> None:
    old = tmp_path / "otlp-2020-01-01T00-00-00.000.jsonl"
    old.write_text("x")
    os.utime(old, (0, 0))
    file = RotatedFile(
        tmp_path / "otlp.jsonl", RotationSettings(max_bytes=1, max_days=1), append=False
    )
    file.write(b"one")
    file.write(b"two")
    file.close()
    assert not old.exists()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_record_of_protobuf_has_its_length_before_it() -> None:
    assert record(batch(b"abc"), FileDetails("x", "proto")) == b"\0\0\0\x03abc"


def test_two_full_files_of_one_moment_have_two_names(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)
    file = RotatedFile(
        tmp_path / "otlp", RotationSettings(max_bytes=1), append=False, now=lambda: moment
    )
    for _ in range(3):
        file.write(b"xx")
    file.close()
    assert len(list(tmp_path.iterdir())) == 3
