"""The six workloads, and requests that differ each time they are sent: ids of traces, spans and answers, and token counts.

A request is cut once where it is to differ, and joined again for each sending: the cheapest way there is in
Python, so that the generator stays ahead of what it measures.
"""

from __future__ import annotations

import itertools
import random
import re
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.bench.load import MARK, SPAN_MARK, TEXT_MARK, USER_MARK, request

# Counts of two bytes on the wire; what was read from a cache is below 1,100 in load.py.
_INPUT: Final = range(1_100, 16_000)
_OUTPUT: Final = range(128, 8_000)
_DIFFERS: Final = re.compile(
    rb"(?P<id>" + re.escape(MARK) + rb")|(?P<text>" + TEXT_MARK + rb")"
    rb"|(?P<span>" + re.escape(SPAN_MARK) + rb")"
    rb"|(?P<user>" + re.escape(USER_MARK) + rb")"
    rb"|(?<=gen_ai\.usage\.input_tokens\x12\x03\x18)(?P<input>..)"
    rb"|(?<=gen_ai\.usage\.output_tokens\x12\x03\x18)(?P<output>..)"
    # A Collector writes the value before the key.
    rb"|(?<=\x12\x03\x18)(?P<input_first>..)(?=\n.gen_ai\.usage\.input_tokens)"
    rb"|(?<=\x12\x03\x18)(?P<output_first>..)(?=\n.gen_ai\.usage\.output_tokens)",
    re.DOTALL,
)
_serial: Final = itertools.count(1)

if TYPE_CHECKING:
    from collections.abc import Callable


class Workload(NamedTuple):
    """What a request is made of."""

    title: str
    spans: int
    share: float
    message_bytes: int
    users: int = 0
    """So many take turns in `user.id`; 0: no such attribute."""

    def bodies(self, written: Callable[[bytes], bytes] = bytes) -> Bodies:
        """Requests of this kind: enough of them that no two sent in a row are alike; `written` may write them anew."""
        draw = partial(
            request, self.spans, self.share, self.message_bytes, users=self.users > 0
        )
        count = 3 if self.spans > 4000 else max(4, min(100, 8000 // self.spans))
        users = [b"u-%08d" % user for user in range(self.users)]
        return Bodies(self, [Body(written(draw(seed)), users) for seed in range(count)])


WORKLOADS: Final = {
    "a": Workload("1,000 spans, half gen_ai, 1.5 KB", 1000, 0.5, 1500),
    "b": Workload("1,000 spans, all gen_ai, 6 KB", 1000, 1.0, 6000),
    "c": Workload("1,000 spans, 2 % gen_ai", 1000, 0.02, 1500),
    "d": Workload("1,000 spans, no gen_ai", 1000, 0.0, 0),
    "e": Workload("10 spans, half gen_ai, 1.5 KB", 10, 0.5, 1500),
    "f": Workload("8,192 spans, half gen_ai, 1.5 KB", 8192, 0.5, 1500),
}


class Body:
    """One request, cut where it differs."""

    def __init__(self, body: bytes, users: list[bytes]) -> None:
        self.users = users
        self.pieces: list[bytes] = []
        self.places: dict[str, list[int]] = defaultdict(list)
        end = 0
        for found in _DIFFERS.finditer(body):
            self.pieces += (body[end : found.start()], b"")
            self.places[str(found.lastgroup).removesuffix("_first")].append(
                len(self.pieces) - 1
            )
            end = found.end()
        self.pieces.append(body[end:])

    def fresh(self, number: int) -> bytes:
        """As it was never sent before."""
        pieces, places = self.pieces.copy(), self.places
        new = number.to_bytes(8, "big")
        for each in places["id"]:
            pieces[each] = new
        part = new[4:]
        for each in places["span"]:
            pieces[each] = part
        text = new.hex().encode()
        for each in places["text"]:
            pieces[each] = text
        for name, pool in _POOLS.items():
            start = number * 7_919 % (len(pool) - len(places[name]))
            for each, count in zip(places[name], pool[start:], strict=False):
                pieces[each] = count
        for turn, each in enumerate(places["user"], number * len(places["user"])):
            pieces[each] = self.users[turn % len(self.users)]
        return b"".join(pieces)


class Bodies(NamedTuple):
    """A workload's requests; `fresh` may be called from any thread."""

    workload: Workload
    made: list[Body]

    def fresh(self) -> bytes:
        """The next one."""
        number = next(_serial)
        return self.made[number % len(self.made)].fresh(number)


def _varints(numbers: range, count: int) -> list[bytes]:
    draw = random.Random(7)  # noqa: S311 - traffic, not secrets
    return [bytes((n & 127 | 128, n >> 7)) for n in draw.choices(numbers, k=count)]


# Of lengths that share no factor: the same two counts seldom meet again.
_POOLS: Final = {"input": _varints(_INPUT, 100_003), "output": _varints(_OUTPUT, 65_537)}
