"""A bounded memory of what passed lately, in two generations.

Looking up and adding cost a dictionary's price, nothing is ever searched for what to forget: when
the young generation is full it becomes the old one, and what was old is gone. So between half and
all of `capacity` entries are remembered, those looked up again among them. Most of what is looked up
was never there, and a look into a large dictionary costs what the memory of the machine takes: a sieve
answers first. Compiled by mypyc where that works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast, final

from processor.calls.sieve import Sieve, hash_of_id
from processor.wire.fields import COMPILED

if TYPE_CHECKING:
    from mypy_extensions import i64

ID_AT: Final = 16
"""Where in a span's identity its own id begins, of 8 bytes."""


@final
class Window:
    """The last `capacity` // 2 to `capacity` entries by key; None is no entry."""

    def __init__(self, capacity: int, *, spans: bool = False) -> None:
        """`spans`: by identities of spans, 24 bytes each, whose own ids are mostly chance."""
        if capacity < 2:
            raise ValueError("a window holds at least two entries")
        self._half: int = capacity // 2
        self._young: dict[object, object] = {}
        self._old: dict[object, object] = {}
        self._spans: bool = spans
        self._sieve: Sieve = Sieve(self._half)

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: object) -> object | None:
        """The entry, which thereby stays; None where it is not remembered."""
        if COMPILED and not self._sieve.lets(self._hash_of(key)):
            return None
        found = self._young.get(key)
        if found is None and self._old:
            found = self._old.pop(key, None)
            if found is not None:
                self.put(key, found)
        return found

    def holds(self, key: object) -> bool:
        """Whether it is remembered; does not keep it."""
        return key in self._young or key in self._old

    def put(self, key: object, kept: object) -> None:
        """Remember it, and forget the oldest half where there is no room."""
        if len(self._young) >= self._half:
            self._old = self._young
            self._young = {}
        known = len(self._young)
        self._young[key] = kept
        if COMPILED and len(self._young) > known:
            # Once a key, so that both grow old at once. An interpreter is quicker without.
            self._sieve.put(self._hash_of(key))

    def _hash_of(self, key: object) -> i64:
        if self._spans:
            return hash_of_id(cast("bytes", key), ID_AT)
        hashed: i64 = hash(key)
        return hashed & 0x3FFFFFFFFFFFFFFF
