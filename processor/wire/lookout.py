"""Where a mark may stand in a request: what an interpreter asks before it walks a span's attributes.

It is quicker at having the standard library search than at walking: one pass over the bytes of ordinary
spans. What is found is a reason to look, never a finding: a prompt may hold any bytes. What is not found
is not there: in front of a key stands its length of one byte, and in front of that the tag 0x0a, or, where
somebody wrote one of the two longer than need be, the 0x00 that such a number ends with.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.wire.keys import KeyTable


@final
class Lookout:
    """Says where the next bytes stand that begin like a mark."""

    def __init__(self, body: bytes, table: KeyTable) -> None:
        self.body: bytes = body
        self._usual: re.Pattern[bytes] = table.usual_mark
        self._longer: re.Pattern[bytes] = table.longer_mark
        self._nearest: int = -1

    def after(self, at: int) -> int:
        """The first place at or behind `at` where a mark may stand; where there is none, the body's end."""
        if self._nearest < at:
            hit = self._usual.search(self.body, at)
            nearest = len(self.body) if hit is None else hit.start()
            hit = self._longer.search(self.body, at, nearest)
            self._nearest = nearest if hit is None else hit.start()
        return self._nearest


def searches(keys: Iterable[bytes]) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """What finds the beginnings of these keys, written as usual and written longer than need be."""
    by_first: dict[bytes, set[bytes]] = {}
    for key in keys:
        root = b"".join(key.partition(b".")[:2])
        by_first.setdefault(root[:1], set()).add(root[1:])
    # The first letter decides what is compared: twice as quick as one long list.
    roots = b"|".join(
        re.escape(first) + b"(?:" + b"|".join(map(re.escape, sorted(rests))) + b")"
        for first, rests in sorted(by_first.items())
    )
    wanted = b"(?:" + (roots or b"(?!)") + b")"
    return (
        re.compile(rb"\n[\x01-\x7f]" + wanted),
        re.compile(rb"\x00[\x01-\x7f]?" + wanted),
    )
