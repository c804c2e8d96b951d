"""Numbered requests and what became of them. A request is one call whose span id is its number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from processor.errors import Code
from tests.service.calls import chat, sent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from tests.wire.senders import GrpcReply


@dataclass
class Tally:
    """Every number ever sent, and those that the service said it took."""

    sent: int = 0
    accepted: set[int] = field(default_factory=set[int])
    refused: Counter[str] = field(default_factory=Counter[str])

    async def send(self, send: Callable[[bytes], Awaitable[GrpcReply]]) -> GrpcReply:
        """Send the next request once."""
        self.sent += 1
        number = self.sent
        reply = await send(numbered(number))
        if reply.code is Code.OK:
            self.accepted.add(number)
        else:
            self.refused[reply.code.name] += 1
        return reply

    def figures(self, bodies: Iterable[bytes]) -> Figures:
        """Held against what arrived."""
        arrived = Counter(number for body in bodies for number in numbers(body))
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


def numbered(number: int) -> bytes:
    """The request of a number."""
    span = chat()
    span.span_id = number.to_bytes(8, "big")
    return sent(span)


def numbers(body: bytes) -> list[int]:
    """The numbers in a request."""
    request = ExportTraceServiceRequest.FromString(body)
    return [
        int.from_bytes(span.span_id, "big")
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
