"""Which keys are worth a look-up: a few machine instructions refuse most of the others.

In two generations, as `Window`: of what was put lately nothing is refused. Compiled by mypyc where
that works.
"""

from __future__ import annotations

from typing import final

from librt.strings import read_i64_le
from librt.vecs import vec
from mypy_extensions import i64


@final
class Sieve:
    """Holds at least the last `room` keys that were put, as two bits each.

    Some eight bits a key: full, one in ten of the others is let through.
    """

    def __init__(self, room: int) -> None:
        self._room: int = room
        self._put: int = 0
        size: i64 = 64
        while size * 8 < room:
            size *= 2
        self._last: i64 = size - 1
        self._words: vec[i64] = vec[i64]([0] * (2 * size))
        """Of both generations: a word of the young one, and the old one's behind it."""

    def __bool__(self) -> bool:
        return self._put > 0

    def put(self, hashed: i64) -> None:
        """One more key, by its hash of at least 40 bits, not below 0."""
        if self._put >= self._room:
            self._age()
        at = (hashed >> 9 & self._last) * 2
        self._words[at] |= _bits(hashed)
        self._put += 1

    def lets(self, hashed: i64) -> bool:
        """Whether a key of this hash may be one of them."""
        at = (hashed >> 9 & self._last) * 2
        bits = _bits(hashed)
        words = self._words
        return words[at] & bits == bits or words[at + 1] & bits == bits

    def _age(self) -> None:
        words = self._words
        for place in range(self._last + 1):
            words[place * 2 + 1] = words[place * 2]
            words[place * 2] = 0
        self._put = 0


def _bits(hashed: i64) -> i64:
    """One among the lower 32 and one above them."""
    low: i64 = 1
    high: i64 = 1 << 32
    return low << (hashed & 31) | high << (hashed >> 5 & 15)


def hash_of_id(body: bytes, at: i64) -> i64:
    """Of the eight bytes of a span's id that stand there. Raises `IndexError`."""
    number = read_i64_le(body, at)
    return ((number & 0xFFFFFFFF) * 0x5E3779B1 ^ (number >> 32 & 0xFFFFFFFF) * 0x45EBCA6B) >> 8
