"""The whole path of a request on one screen: price it, hand it to the next hop, then count it.

Who prices and counts is one of two: the books of this process, or of the one that started it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar, cast

import grpc

from processor.errors import Refusal
from processor.model import ITEMS, Batch

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from processor.forward.next_hop import NextHop
    from processor.model import Charge, Signal, Terms
    from processor.telemetry import CounterName, Telemetry

OUTCOMES: Final = {"accepted": "success", "refused": "refused", "failed": "failure"}
"""A receiver's words for items, and those for requests."""
_PASSING: Final[tuple[CounterName, ...]] = (
    "processor_incoming_items",
    "processor_outgoing_items",
)


class Priced(Protocol):
    """A request as it is to go on."""

    body: bytes
    items: int

    @property
    def charges(self) -> list[Charge]:
        """For `debug` to print."""
        ...


P = TypeVar("P", bound=Priced)


class Books(Protocol[P]):
    """Prices requests, and counts each once it is known what became of it."""

    @property
    def priced_signals(self) -> Collection[Signal]:
        """Those whose items are priced."""
        ...

    async def price(self, signal: Signal, body: bytes, terms: Terms) -> P:
        """The request as it is to go on. Raises the `Refusal` of what is no request, and nothing else."""
        ...

    async def count(self, priced: P) -> None:
        """It has arrived, or was refused for good: the money was spent."""
        ...

    def forget(self, priced: P) -> None:
        """It has not: the sender may send it again, and its charges stay owed."""
        ...


class Pipeline(Generic[P]):
    """What both doors call: price a request, hand it to the next hop, then count it."""

    def __init__(
        self,
        books: Books[P],
        hops: Mapping[Signal, NextHop],
        telemetry: Telemetry,
    ) -> None:
        self._books = books
        self._passing = frozenset(books.priced_signals)
        self._hops = hops
        self._telemetry = telemetry

    async def export(self, signal: Signal, body: bytes, terms: Terms) -> bytes:
        """The next hop's answer; raises its `Refusal`. Calls count once it has answered for good."""
        hop = self._hops.get(signal)
        if hop is None:
            raise Refusal(
                grpc.StatusCode.UNIMPLEMENTED,
                f"no {signal} pipeline here: add service.pipelines.{signal} to the configuration",
            )
        priced = await self._books.price(signal, body, terms)
        del body
        batch = Batch(signal, priced.body, priced.charges, priced.items)
        outcome = "failed"
        for_good = False
        try:
            answer = await hop.send(batch, terms)
            outcome = "accepted"
            for_good = True
        except Refusal as refusal:
            outcome = "refused"
            for_good = not refusal.retryable  # the money was spent all the same
            raise
        finally:
            self._received(outcome, batch, terms)
            if for_good:
                await self._books.count(priced)
            else:
                self._books.forget(priced)
        return answer

    def _received(self, outcome: str, batch: Batch, terms: Terms) -> None:
        """Counted as a Collector's receiver and processor count, under their names."""
        name = cast("CounterName", f"receiver_{outcome}_{ITEMS[batch.signal]}")
        self._telemetry.count(name, batch.items, "otlp", terms.transport)
        ending = OUTCOMES[outcome]
        self._telemetry.count("receiver_requests", 1, "otlp", terms.transport, ending)
        if batch.signal in self._passing:
            for passing in _PASSING:
                self._telemetry.count(passing, batch.items, "genai_cost", batch.signal)
