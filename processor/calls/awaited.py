"""Which spans are looked for: those that stand above a billed one and were not seen yet.

Known by their span ids alone, which is a reason to look and no more. A sieve says it to compiled code in
a few machine instructions; an interpreter is quicker at asking a set. Both in two generations, as `Window`.
"""

from __future__ import annotations

from typing import final

from processor.calls.sieve import Sieve, hash_of_id
from processor.wire.fields import COMPILED


@final
class Awaited:
    """At least the last `room` that were put."""

    def __init__(self, room: int) -> None:
        self._room: int = room
        self.sieve: Sieve = Sieve(room)
        """What compiled code asks."""
        self.young: set[bytes] = set()
        self.old: set[bytes] = set()
        """What an interpreter asks: span ids."""

    def __bool__(self) -> bool:
        return bool(self.sieve) if COMPILED else bool(self.young)

    def put(self, key: bytes) -> None:
        """One more, by its trace and span id."""
        if COMPILED:
            self.sieve.put(hash_of_id(key, 16))
            return
        if len(self.young) >= self._room:
            self.young, self.old = set(), self.young
        self.young.add(key[16:])
