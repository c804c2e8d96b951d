"""Requests at a rate of the generator's own, whatever the hop does: how long each took from when it was due.

Arrivals are as by chance (the same each time), and what waits because the one before it was slow has waited: a slow hop
can't hide behind a sender that pauses with it.
"""

from __future__ import annotations

import math
import random
import sys
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.bench.sending import senders

if TYPE_CHECKING:
    from tests.bench.traffic import Bodies

SENDERS: Final = 16


class Answer(NamedTuple):
    """When a request was due (by the monotonic clock), and how long its answer took from then."""

    due: float
    ms: float


def paced(
    transport: str, port: int, bodies: Bodies, per_second: float, seconds: float
) -> list[Answer]:
    """Sends for a while; every request that was due in it is answered and in the list."""
    arrivals = list(_arrivals(per_second, seconds))
    schedule = iter(arrivals)
    answers: list[Answer] = []
    turn = threading.Lock()

    def loop(number: int) -> None:
        while True:
            body = bodies.fresh()
            with turn:
                after = next(schedule, None)
            if after is None:
                return
            due = began + after
            time.sleep(max(0.0, due - time.monotonic()))
            ways[number](body)
            answers.append(Answer(due, (time.monotonic() - due) * 1e3))

    with ExitStack() as stack:
        ways = senders(transport, port, SENDERS, stack)
        for way in ways:
            way(bodies.fresh())
        threads = [threading.Thread(target=loop, args=(n,)) for n in range(SENDERS)]
        usual = sys.getswitchinterval()
        sys.setswitchinterval(0.0005)  # a thread that is due waits for no other's slice
        began = time.monotonic() + 0.05
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(usual)
    if len(answers) < len(arrivals):
        sys.exit(f"a sender was refused by the hop on port {port}")
    return answers


def _arrivals(per_second: float, seconds: float) -> _Arrivals:
    draw = random.Random(11)  # noqa: S311 - traffic, not secrets
    after = 0.0
    while (after := after + draw.expovariate(per_second)) < seconds:
        yield after


def quantile(values: list[float], share: float) -> float:
    """The smallest value that so many are not above."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


if TYPE_CHECKING:
    from collections.abc import Iterator

    _Arrivals = Iterator[float]
