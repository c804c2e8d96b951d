"""Numbered requests and what became of them. A request is one call whose span id is its number."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from processor.errors import RETRYABLE, Code
from tests.doubles.rpc_status import delay_s
from tests.service.calls import chat, sent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from tests.wire.senders import GrpcReply

    Sending = Callable[[bytes], Awaitable[GrpcReply]]

TRIES: Final = 200
"""Of one request: about a minute, where an SDK has ten seconds; a slow machine changes no figure."""
PAUSE_S, LONGEST_PAUSE_S = 0.02, 0.32
_RUNS = count(1)


@dataclass
class Tally:
    """Every number ever sent, and those that the service said it took; no two runs share one."""

    text_bytes: int = 0
    """Of a message that each request carries."""
    sent: int = 0
    heard: int = 0
    """Answers, of whatever kind."""
    accepted: set[int] = field(default_factory=set[int])
    refused: Counter[str] = field(default_factory=Counter[str])
    _first: int = field(default_factory=lambda: next(_RUNS) << 32)

    async def send(self, send: Sending) -> GrpcReply:
        """Send the next request once."""
        self.sent += 1
        number = self._first + self.sent
        return await self._try(send, number, numbered(number, self.text_bytes))

    async def send_until_taken(self, send: Sending) -> GrpcReply:
        """Send the next request as an SDK does: again while it may be, and not before it may be."""
        self.sent += 1
        number = self._first + self.sent
        body, pause_s = numbered(number, self.text_bytes), PAUSE_S
        for _ in range(TRIES):
            reply = await self._try(send, number, body)
            asked_s = delay_s(reply.details) if reply.details else None
            if reply.code not in RETRYABLE and asked_s is None:
                return reply
            await asyncio.sleep(max(pause_s, asked_s or 0.0))
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        raise AssertionError(f"not taken after {TRIES} tries: {self.refused}")

    async def _try(self, send: Sending, number: int, body: bytes) -> GrpcReply:
        reply = await send(body)
        self.heard += 1
        if reply.code is Code.OK:
            self.accepted.add(number)
        else:
            self.refused[reply.code.name] += 1
        return reply

    def figures(self, bodies: Iterable[bytes]) -> Figures:
        """Held against what arrived."""
        ours = range(self._first, self._first + self.sent + 1)
        arrived = Counter(
            number for body in bodies for number in numbers(body) if number in ours
        )
        return Figures(
            sent=self.sent,
            accepted=len(self.accepted),
            arrived=len(arrived),
            duplicated=sum(times - 1 for times in arrived.values()),
            lost=len(self.accepted - arrived.keys()),
        )


@dataclass(frozen=True)
class Figures:
    """How a run ended; `lost` are those that were accepted and never arrived."""

    sent: int
    accepted: int
    arrived: int
    duplicated: int
    lost: int

    def __str__(self) -> str:
        return ", ".join(f"{value} {name}" for name, value in vars(self).items())


def numbered(number: int, text_bytes: int = 0) -> bytes:
    """The request of a number."""
    span = chat(more={"gen_ai.input.messages": "m" * text_bytes} if text_bytes else None)
    span.span_id = number.to_bytes(8, "big")
    return sent(span)


@lru_cache(
    50_000
)  # asked again and again while a run waits, on the loop that next hops answer on
def numbers(body: bytes) -> tuple[int, ...]:
    """The numbers in a request."""
    request = ExportTraceServiceRequest.FromString(body)
    return tuple(
        int.from_bytes(span.span_id, "big")
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    )


def tell(what: str, figures: object) -> None:
    """A line of figures, which is what these runs are for."""
    print(f"{what}: {figures}", flush=True)  # noqa: T201
