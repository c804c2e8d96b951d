"""A carrier's side of the books: it asks for each request what to write, and says what became of it.

Promise 2: whatever happens to the books, the request goes on, unpriced if it must, and is counted so.
"""

from __future__ import annotations

import asyncio
import json
import logging
import struct
import time
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from processor.errors import Code, Refusal
from processor.model import Charge, Labels, Origin, Signal, Status
from processor.wire.splice import patched
from processor.workers.link import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from processor.books import LocalBooks
    from processor.model import Terms
    from processor.telemetry import Telemetry
    from processor.workers.link import Link

    Answer = tuple[Kind, int, bytes]

logger = logging.getLogger("genai_cost")

PATIENCE_S: Final = 5.0
"""The books answer in milliseconds; a sender that waits shorter has half of its time for them."""
SIGNALS: Final = tuple(Signal)
CODES: Final = {code.value[0]: code for code in Code}
_PRICED: Final = struct.Struct("<II")
_NOTHING: Final[list[Charge]] = []


class Carried:
    """A request as it is to go on; `number` is 0 where nothing is owed for it."""

    __slots__ = ("body", "charges", "items", "number")

    def __init__(
        self, body: bytes, items: int, charges: list[Charge] = _NOTHING, number: int = 0
    ) -> None:
        self.body = body
        self.items = items
        self.charges = charges
        self.number = number


class RemoteBooks:
    """Prices and counts elsewhere. *plain* counts the items of what is not asked about."""

    def __init__(  # noqa: PLR0913 - what it knows of the books
        self,
        link: Link,
        plain: LocalBooks,
        telemetry: Telemetry,
        *,
        priced_signals: Collection[Signal],
        read_signals: Collection[Signal],
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = link
        self._plain = plain
        self._telemetry = telemetry
        self.priced_signals = priced_signals
        self._read_signals = read_signals
        self._patience_s = patience_s
        self._clock = clock
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}

    async def price(self, signal: Signal, body: bytes, terms: Terms) -> Carried:
        """What the books make of it; as it came where they do not answer."""
        if signal not in self._read_signals:
            return self._as_it_came(signal, body)
        number = next(self._numbers)
        try:
            async with asyncio.timeout(self._patience(terms)):
                kind, detail, payload = await self._asked(number, signal, body)
        except (TimeoutError, ConnectionError):
            self._telemetry.count("pricing_faults")
            logger.error("a request goes on unpriced: the books did not answer")  # noqa: TRY400 - said enough
            return self._as_it_came(signal, body, number)
        except asyncio.CancelledError:  # nobody sends it on
            self._link.send(Kind.FORGET, number=number)
            raise
        if kind is Kind.REFUSED:
            raise Refusal(CODES[detail], payload.decode())
        items, told_bytes = _PRICED.unpack_from(payload)
        steps_at = _PRICED.size + told_bytes
        told = payload[_PRICED.size : steps_at]
        return Carried(
            patched(body, payload[steps_at:]),
            items,
            read_charges(told) if told else _NOTHING,
            number if detail else 0,
        )

    async def count(self, priced: Carried) -> None:
        """The books hear of it before the sender does, so that it counts even if we are killed now."""
        if priced.number:
            self._link.send(Kind.COUNT, number=priced.number)
            if self._link.behind:
                with suppress(TimeoutError):  # books that stand still keep no sender waiting
                    async with asyncio.timeout(self._patience_s):
                        await self._link.flushed()

    def forget(self, priced: Carried) -> None:
        """Its charges stay owed."""
        if priced.number:
            self._link.send(Kind.FORGET, number=priced.number)

    def heard(self, kind: Kind, detail: int, number: int, payload: bytes) -> None:
        """An answer of the books; one that nobody waits for any more came too late to be written."""
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result((kind, detail, payload))

    def lost(self) -> None:
        """There will be no answer any more."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError())

    async def _asked(self, number: int, signal: Signal, body: bytes) -> Answer:
        await self._link.room()
        if self._link.lost.is_set():
            raise ConnectionError
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        try:
            self._link.send(Kind.PRICE, body, detail=SIGNALS.index(signal), number=number)
            return await waiting
        finally:
            del self._waiting[number]

    def _patience(self, terms: Terms) -> float:
        if terms.deadline is None:
            return self._patience_s
        return min(self._patience_s, max(0.0, terms.deadline - self._clock()) / 2)

    def _as_it_came(self, signal: Signal, body: bytes, number: int = 0) -> Carried:
        """Unpriced. What the books make of it too late for the span is counted all the same."""
        enriched = self._plain.enriched(signal, body)
        return Carried(enriched.body, enriched.items, number=number)


def priced_payload(items: int, told: bytes, steps: bytes) -> tuple[bytes, bytes, bytes]:
    """What the books answer with: how many items, calls for `debug` to print, what is to be done."""
    return _PRICED.pack(items, len(told)), told, steps


def written_charges(charges: Iterable[Charge]) -> bytes:
    """What `debug` prints of them."""
    rows = [
        (
            charge.labels.origin.service_name,
            charge.labels.provider,
            charge.labels.request_model,
            charge.labels.response_model,
            charge.status,
            charge.atto_usd,
            charge.tokens,
            charge.end_unix_ns,
            charge.row,
        )
        for charge in charges
    ]
    return json.dumps(rows).encode()


def read_charges(told: bytes) -> list[Charge]:
    """The same, as `debug` takes them."""
    rows: list[Any] = json.loads(told)
    return [_charge(*row) for row in rows]


def _charge(  # noqa: PLR0913, PLR0917 - as they are written
    service: str,
    provider: str,
    asked: str,
    answered: str,
    status: str,
    atto_usd: int,
    tokens: list[tuple[str, int]],
    end_ns: int,
    row: str,
) -> Charge:
    labels = Labels(Origin(service, "", ()), "", provider, asked, answered, "", ())
    names, counts = tuple(name for name, _ in tokens), [n for _, n in tokens]
    return Charge(labels, Status(status), atto_usd, names, counts, end_ns, b"", b"", row)
