"""How much of this process questions about prices may have: time, refusals in waiting, watchers.

Knows nothing of prices. Invariant: whatever strangers ask, and however many they are, the time, the
memory and the places that they take are bounded; what is too much ends as a `Refused` with its reason.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from processor.errors import Code

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import grpc

Reason: TypeAlias = Literal["invalid", "too_large", "busy", "stale_page", "watchers", "fault"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)

SHARE: Final = 0.2
"""Of one processor, on average, while spans want it too; 100 ms at most in one go."""
BURST_S: Final = 0.1
CALL_S: Final = 250e-6
"""What gRPC costs a call beside its answer; `tests.bench.quotes` measures it."""
PAUSE_S: Final = 0.1
"""Before a refusal is told: who asks again at once is slowed down, who has a deadline still hears it."""
MAX_PAUSED: Final = 256
MAX_WATCHERS: Final = 64
MAX_WATCHERS_OF_ONE: Final = 16
"""From one address: replicas behind one gateway have room, one program that leaks does not take all."""


class Refused(ValueError):  # noqa: N818 - an answer to a question
    """A question that gets no answer; says why, and how to mend it."""

    def __init__(
        self, words: str, reason: Reason, code: grpc.StatusCode = Code.RESOURCE_EXHAUSTED
    ) -> None:
        super().__init__(words)
        self.reason: Reason = reason
        self.code = code


class Budget:
    """Seconds of work that may be done now; they come back at a fixed share of real time."""

    def __init__(
        self,
        share: float = SHARE,
        burst_s: float = BURST_S,
        clock: Callable[[], float] = time.perf_counter,
        spent: Callable[[], float] = time.thread_time,
    ) -> None:
        """`spent` is CPU time: on a busy machine a question costs no more than elsewhere."""
        self._share = share
        self._burst_s = burst_s
        self._clock = clock
        self._spent = spent
        self._left_s = burst_s
        self._at = clock()

    def check(self) -> None:
        """Raise `Refused` when there is nothing left now."""
        now = self._clock()
        self._left_s = min(self._burst_s, self._left_s + (now - self._at) * self._share)
        self._at = now
        if self._left_s <= 0:
            words = "too many questions at once, spans come first; ask again in a moment"
            raise Refused(words, "busy")

    @contextmanager
    def work(self) -> Generator[None]:
        """Take what the call and the work inside cost; it may owe for a while. Await nothing inside."""
        began = self._spent()
        try:
            yield
        finally:
            self._left_s -= self._spent() - began + CALL_S


class Pauses:
    """Holds refusals back for a moment, a bounded number of them; those beyond it go out at once."""

    def __init__(self, pause_s: float = PAUSE_S, limit: int = MAX_PAUSED) -> None:
        self._pause_s = pause_s
        self._limit = limit
        self.held = 0

    async def pause(self) -> None:
        """Wait, if there is room to."""
        if self.held >= self._limit:
            return
        self.held += 1
        try:
            await asyncio.sleep(self._pause_s)
        finally:
            self.held -= 1


class Watchers:
    """Who watches now, by address; a place is free again as soon as its watch ends."""

    def __init__(
        self, limit: int = MAX_WATCHERS, limit_of_one: int = MAX_WATCHERS_OF_ONE
    ) -> None:
        self._limit = limit
        self._limit_of_one = limit_of_one
        self._of: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many there are."""
        return self._of.total()

    @contextmanager
    def place(self, peer: str) -> Generator[None]:
        """A place for a peer as gRPC names it (`ipv4:192.0.2.7:40001`); raises `Refused`."""
        address = peer.rpartition(":")[0]
        if len(self) >= self._limit:
            words = f"{len(self)} are watching already, more are not taken; ask again later"
            raise Refused(words, "watchers")
        if self._of[address] >= self._limit_of_one:
            words = (
                f"{self._of[address]} are watching from this address already, more are not taken; "
                "end one, or share its news"
            )
            raise Refused(words, "watchers")
        self._of[address] += 1
        try:
            yield
        finally:
            self._of[address] -= 1
            if not self._of[address]:
                del self._of[address]
