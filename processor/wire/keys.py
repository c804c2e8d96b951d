"""Attribute keys that somebody wants, and a filter that refuses most others before they are sliced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from mypy_extensions import i64  # noqa: TC002 - mypyc has it from here

from processor.wire.fields import COMPILED, head_at
from processor.wire.lookout import searches

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

BLOOM_SIZE: Final = 4096
SHORTEST: Final = 4
"""Bytes of a key that passes the filter; those of shorter ones are looked up."""
SEVERAL: Final = 1
"""In a slot of the filter where keys of several hashes stand."""
SPANS: Final = 0x4A
"""Tag of Span.attributes = 9."""
LOG_RECORDS: Final = 0x32
"""Tag of LogRecord.attributes = 6."""


FILTERED: Final = COMPILED
"""Whether keys pass the filters first: a few machine instructions, but slow byte code, so that an
interpreter is better off slicing every key and searching the request for marks beforehand."""


def hash_at(body: bytes, at: i64, length: i64) -> i64:
    """Of the key of `length` bytes, `SHORTEST` or more, that stands there: by its ends and its length."""
    return _hash_of(head_at(body, at) & 0xFFFFFF, head_at(body, at + length - 4) >> 8, length)


def _hash_of(first: i64, last: i64, length: i64) -> i64:
    """By its first three bytes and its last, the lowest first."""
    return (last * 0x9E3779B1 + first * 0x45EBCA6B + length * 0x85EBCA6B) >> 15


def lets(passing: bytes, hashed: i64) -> bool:
    """Whether a key of this hash may be one of those that the filter was made of."""
    held: i64 = passing[hashed & 4095]
    return held == (hashed >> 12 & 127 | 128) or held == SEVERAL


@final
class KeyTable:
    """Attribute keys that are wanted, and those among them that make a span worth reading.

    `wanted` maps a key's bytes to its text; `marks` are the keys of which one must be present.
    Most keys of most spans are refused by the one-byte-a-slot filters before they are sliced.
    """

    def __init__(
        self, wanted: Iterable[str], marks: Iterable[str], attributes_tag: int = SPANS
    ) -> None:
        self.attributes_tag: i64 = attributes_tag
        """Of the field that has the attributes: a span's 9, a log record's 6."""
        self.marks: frozenset[bytes] = frozenset(key.encode() for key in marks)
        texts = sorted({*wanted, *(key.decode() for key in self.marks)})
        self.wanted: dict[bytes, str] = {key.encode(): key for key in texts if key}
        self.wanted_filter: bytes = filter_of(self.wanted)
        self.mark_filter: bytes = filter_of(self.marks)
        self.last_mark: bytes = b""
        """The one that was found last."""
        usual, longer = searches(self.marks)
        self.usual_mark: re.Pattern[bytes] = usual
        self.longer_mark: re.Pattern[bytes] = longer
        """What an interpreter searches a request for (`lookout.py`)."""


def filter_of(keys: Iterable[bytes]) -> bytes:
    """One byte a slot: more of the hash of the key that stands there. Raises `ValueError` for a key that fits none."""
    slots = bytearray(BLOOM_SIZE)
    for key in keys:
        if not 0 < len(key) < 128:
            message = f"attribute keys of interest have 1 to 127 bytes: {key!r}"
            raise ValueError(message)
        if len(key) >= SHORTEST:
            ends = int.from_bytes(key[:3], "little"), int.from_bytes(key[-3:], "little")
            hashed = _hash_of(*ends, len(key))
            slot, held = hashed & 4095, hashed >> 12 & 127 | 128
            slots[slot] = held if slots[slot] in (0, held) else SEVERAL
    return bytes(slots)


def only_key(body: bytes, at: i64, end: i64) -> bool:
    """Whether a key that ends at `at` is inside its KeyValue and not followed by another one."""
    return at == end or (at < end and body[at] != 0x0A)
