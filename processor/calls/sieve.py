"""Which span ids are worth a look-up: a few machine instructions refuse most of the others.

In two generations, as `Window`: of what was put lately nothing is refused. Compiled by mypyc where
that works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

if TYPE_CHECKING:
    from mypy_extensions import i64

WORDS: Final = 16_384
"""Of 16 bits each: so many that 30,000 ids let one in ten of the others through."""


@final
class Sieve:
    """Holds at least the last `room` ids that were put, as one bit each."""

    def __init__(self, room: int) -> None:
        self._room: int = room
        self._put: int = 0
        self._young: list[int] = [0] * WORDS
        self._old: list[int] = [0] * WORDS

    def __bool__(self) -> bool:
        return self._put > 0

    def put(self, key: bytes) -> None:
        """A span's identity, 24 bytes of which the last three matter."""
        if self._put >= self._room:
            self._old = self._young
            self._young = [0] * WORDS
            self._put = 0
        word = (key[21] & 63) << 8 | key[22]
        self._young[word] |= 1 << (key[23] & 15)
        self._put += 1

    def lets(self, high: i64, middle: i64, low: i64) -> bool:
        """Whether an id that ends in these bytes may be one of them."""
        word = (high & 63) << 8 | middle
        held: i64 = self._young[word] | self._old[word]
        return held >> (low & 15) & 1 == 1
