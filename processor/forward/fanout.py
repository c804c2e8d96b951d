"""Several next hops that answer as one: all must accept.

They are asked at the same time and all are heard. If any refuses, the sender hears a refusal that
may be retried as long as one of them may yet take the data: a retry costs duplicates where it was
taken, which OTLP accepts; giving up costs data, which it does not. (A Collector answers "permanent"
as soon as one of them does.) It ends by itself: once only permanent refusals are left, so is ours.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from processor.errors import Code, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.forward.next_hop import NextHop
    from processor.model import Batch, Terms


class FanOut:
    """All of *hops*; entering opens them in order, leaving closes them in reverse."""

    def __init__(self, hops: Sequence[NextHop]) -> None:
        self.name = ",".join(hop.name for hop in hops)
        self._hops = tuple(hops)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            for hop in self._hops:
                await stack.enter_async_context(hop)
            self._open = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        """Return the merged answer of all, or raise the refusal that stands for all of theirs."""
        sends = (hop.send(batch, terms) for hop in self._hops)
        answers = await asyncio.gather(*sends, return_exceptions=True)
        named = [(hop.name, answer) for hop, answer in zip(self._hops, answers, strict=True)]
        for _, answer in named:
            if isinstance(answer, BaseException) and not isinstance(answer, Refusal):
                raise answer
        refusals = [(name, answer) for name, answer in named if isinstance(answer, Refusal)]
        if refusals:
            raise joined(refusals)
        return merged([(name, answer) for name, answer in named if isinstance(answer, bytes)])


def joined(refusals: Sequence[tuple[str, Refusal]]) -> Refusal:
    """Return one refusal for several: a single one as it is; retryable while any of them is."""
    if len(refusals) == 1:
        return refusals[0][1]
    words = "; ".join(f"{name}: {refusal.message}" for name, refusal in refusals)
    retryable = [refusal for _, refusal in refusals if refusal.retryable]
    speaker = retryable[0] if retryable else refusals[0][1]
    delays = [
        refusal.retry_after_s for refusal in retryable if refusal.retry_after_s is not None
    ]
    return Refusal(speaker.code, words, retry_after_s=max(delays, default=None))


def merged(answers: Sequence[tuple[str, bytes]]) -> bytes:
    """Return one Export*ServiceResponse for several: a single partial success as it is.

    Two hops that each rejected some may have rejected the same ones, so the count is the largest:
    the sum could exceed what was sent.
    """
    partial = [(name, answer) for name, answer in answers if answer]
    if len(partial) < 2:
        return partial[0][1] if partial else b""
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - rare, and 20 ms to import
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as otlp  # noqa: PLC0415

    # The three signals' responses have the same fields by number; this one stands for all.
    response = otlp.ExportTraceServiceResponse()
    try:
        parts = [
            (name, response.FromString(answer).partial_success) for name, answer in partial
        ]
    except DecodeError as error:
        raise Refusal(Code.INTERNAL, f"a next hop's answer cannot be read: {error}") from error
    response.partial_success.rejected_spans = max(part.rejected_spans for _, part in parts)
    words = (f"{name}: {part.error_message}" for name, part in parts if part.error_message)
    response.partial_success.error_message = "; ".join(words)
    return response.SerializeToString()
