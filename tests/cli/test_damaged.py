"""Packed files that end too early, go on too long, or are damaged: what is whole of them is priced."""

from __future__ import annotations

import gzip
import io
import random
import re
import zlib
from typing import TYPE_CHECKING

import pytest
import zstandard
from click.testing import CliRunner

from processor.cli import main
from processor.stored import unpacking
from processor.stored.reading import Broken, Message, Stored
from tests.cli.stored import lines, pretty, request, stream, zstd

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_TEXTS = random.Random(1)  # noqa: S311 - the same in every run
CALLS = [request(number, service=_TEXTS.randbytes(150).hex()) for number in range(2000)]
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstd,
    "gzip-members": lambda data: b"".join(
        gzip.compress(data[at : at + 5000]) for at in range(0, len(data), 5000)
    ),
    "zstd-frames": lambda data: b"".join(
        zstd(data[at : at + 5000]) for at in range(0, len(data), 5000)
    ),
}


def read(data: bytes) -> tuple[list[Message], list[Broken]]:
    found = list(Stored(io.BufferedReader(io.BytesIO(data)), "x"))
    broken = [each for each in found if isinstance(each, Broken)]
    return [each for each in found if isinstance(each, Message)], broken


def content(packed: bytes, kind: str) -> bytes:
    """As much as an unpacker that is given single bytes gets out of it."""
    came = b""
    try:
        while packed:
            one = (
                zlib.decompressobj(31)
                if kind.startswith("gzip")
                else zstandard.ZstdDecompressor().decompressobj()
            )
            while packed and not one.eof:
                came += one.decompress(packed[:64])
                packed = one.unused_data + packed[64:]
    except (zlib.error, zstandard.ZstdError):
        pass
    return came


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("part", [0.2, 0.5, 0.95])
@pytest.mark.parametrize("write", [lines, stream], ids=["lines", "stream"])
def test_all_that_is_whole_before_a_cut_is_read(
    write: Callable[[list[bytes]], bytes], part: float, kind: str
) -> None:
    packed = PACKED[kind](write(CALLS))
    cut = packed[: int(len(packed) * part)]
    whole, (broken,) = read(cut)
    there = content(cut, kind)
    count = there.count(b"\n") if write is lines else len(read(there)[0])
    assert 0 < count == len(whole) < len(CALLS)
    assert f"ends at byte {len(cut):,}: it is cut off" in str(broken)
    assert str(broken).endswith("; the rest of the file is not read")
    assert f"(read up to {whole[-1].place})" in str(broken)


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("write", [lines, stream, pretty], ids=["lines", "stream", "document"])
def test_garbage_behind_the_end_loses_nothing(
    write: Callable[[list[bytes]], bytes], kind: str
) -> None:
    packed = PACKED[kind](write(CALLS))
    whole, (broken,) = read(packed + b"garbage")
    assert len(whole) == (1 if write is pretty else len(CALLS))
    assert f"from byte {len(packed):,}, something follows that is no" in str(broken)
    assert f"head -c {len(packed)}" in str(broken)
    assert read(packed + bytes(1024)) == (whole, [])  # as tar fills up


@pytest.mark.parametrize("write", [lines, stream, pretty], ids=["lines", "stream", "document"])
def test_a_cut_before_the_first_end_says_that_nothing_is_whole(
    write: Callable[[list[bytes]], bytes],
) -> None:
    packed = gzip.compress(write(CALLS[:1]))
    whole, (broken,) = read(packed[: len(packed) // 2])
    assert whole == []
    assert "(nothing before that is whole)" in str(broken)


@pytest.mark.parametrize("kind", PACKED)
def test_damage_in_the_middle_keeps_what_came_before(kind: str) -> None:
    packed = bytearray(PACKED[kind](lines(CALLS)))
    at = len(packed) * 3 // 5
    packed[at : at + 600] = _TEXTS.randbytes(600)
    whole, broken = read(bytes(packed))
    assert len(whole) > len(CALLS) // 4
    assert re.search("damaged near byte|follows that is no", str(broken[-1]))


def test_a_last_line_without_its_line_feed_is_whole_or_is_not() -> None:
    packed = gzip.compress(lines(CALLS[:3])[:-1])
    whole, (broken,) = read(packed[:-8])  # the checksum is missing, the text is not
    assert len(whole) == 3
    assert "cut off" in str(broken)


def test_a_bomb_is_unpacked_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """1 GiB of one zstd frame of 32 KiB."""
    made = zstandard.ZstdCompressor(level=3).compressobj()
    bomb = b"".join([*(made.compress(bytes(1 << 20)) for _ in range(1024)), made.flush()])
    assert len(bomb) < 1 << 17
    pieces: list[int] = []
    some = unpacking.Unpacked._some  # pyright: ignore[reportPrivateUsage]

    def counted(self: unpacking.Unpacked) -> bytes:
        came = some(self)
        pieces.append(len(came))
        return came

    monkeypatch.setattr(unpacking.Unpacked, "_some", counted)
    with unpacking.Unpacked(io.BufferedReader(io.BytesIO(bomb)), "zstd") as unpacked:
        total = 0
        while came := unpacked.read(1 << 20):
            total += len(came)
    assert total == 1 << 30
    assert max(pieces) <= 64 << 20


def test_the_command_prices_what_is_whole_and_says_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "month.jsonl.gz"
    file.write_bytes(gzip.compress(lines(CALLS))[:-500])
    ran = CliRunner().invoke(main, ["replay", str(file)])
    assert ran.exit_code == 1
    assert ran.stderr.startswith(f"error: {file}: its gzip ends at byte ")
    assert len(ran.stderr.splitlines()) == 1
    assert "requests, " in ran.stdout
    assert " priced: $" in ran.stdout
