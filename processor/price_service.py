"""`genai_cost.v1.PriceService`: quotes, rows and news of the price table, for other programs.

Stands on the gRPC port beside OTLP and never in its way: small messages, a share of the processor's
time that it cannot exceed, a memo of its own, and a bounded number of watchers; what is too much is
refused at once with RESOURCE_EXHAUSTED. What has no price is an answer; errors name the field.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from pricing import NotPriced
from pricing.money import to_double, to_text
from processor.errors import Code
from processor.price_questions import BadRequest, asked, parsed, wanted_rows
from processor.price_rows import Pages, page
from processor.receive.raw_service import raw_service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Generator

    from pricing import Offer, PriceBook, PriceTable, Question, Quote
    from processor.receive.raw_service import Context, Service

logger = logging.getLogger("genai_cost")

NAME: Final = "genai_cost.v1.PriceService"
MAX_MESSAGE_BYTES: Final = 64 * 1024
MAX_WATCHERS: Final = 64
MEMO_LIMIT: Final = 1024
SHARE: Final = 0.2
"""Of one processor, on average, while spans want it too; 100 ms at most in one go."""
BURST_S: Final = 0.1


class Budget:
    """Seconds of work that may be done now; they come back at a fixed share of real time."""

    def __init__(
        self,
        share: float = SHARE,
        burst_s: float = BURST_S,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._share = share
        self._burst_s = burst_s
        self._clock = clock
        self._left_s = burst_s
        self._at = clock()

    def spent(self) -> bool:
        """Whether there is nothing left now."""
        now = self._clock()
        self._left_s = min(self._burst_s, self._left_s + (now - self._at) * self._share)
        self._at = now
        return self._left_s <= 0

    @contextmanager
    def work(self) -> Generator[None]:
        """Take what the work inside costs; it may owe for a while. Nothing is to be awaited inside."""
        began = self._clock()
        try:
            yield
        finally:
            self._left_s -= self._clock() - began


class PriceService:
    """Answers from the book's current table. `reloaded` after a reload, `stop` before the door closes."""

    def __init__(
        self,
        book: PriceBook,
        *,
        budget: Budget | None = None,
        max_watchers: int = MAX_WATCHERS,
        now_unix_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._book = book
        self._budget = budget or Budget()
        self._max_watchers = max_watchers
        self._now_unix_ns = now_unix_ns
        self._table: PriceTable | None = None
        self._found: dict[Question, Offer | NotPriced] = {}
        self._pages = Pages()
        self._changed = asyncio.Event()
        self._stopping = False
        self.watchers = 0

    @property
    def service(self) -> Service:
        """For the gRPC door."""
        unary = {"Quote": self._guarded(self._quote), "ListPrices": self._guarded(self._list)}
        return raw_service(NAME, unary, {"WatchTable": self._watch})

    def reloaded(self) -> None:
        """The book may have another table now; from the loop's thread."""
        self._changed.set()
        self._changed = asyncio.Event()

    def stop(self) -> None:
        """End every watch."""
        self._stopping = True
        self.reloaded()

    def _guarded(
        self, answer: Callable[[bytes], Awaitable[Any]]
    ) -> Callable[[bytes, Context], Awaitable[bytes]]:
        async def guarded(request: bytes, context: Context) -> bytes:
            if len(request) > MAX_MESSAGE_BYTES:
                words = f"a request of {len(request)} bytes is larger than {MAX_MESSAGE_BYTES}"
                await context.abort(Code.RESOURCE_EXHAUSTED, words)
            if self._budget.spent():
                words = "too many questions at once, spans come first; ask again in a moment"
                await context.abort(Code.RESOURCE_EXHAUSTED, words)
            try:
                written: bytes = (await answer(request)).SerializeToString()
            except BadRequest as bad:
                await context.abort(bad.code, str(bad))
            except Exception:
                logger.exception("a question about prices failed inside this service")
                words = "internal error; the log of this service says more"
                await context.abort(Code.INTERNAL, words)
            return written

        return guarded

    async def _quote(self, request: bytes) -> Any:
        with self._budget.work():
            return self._quoted(request)

    def _quoted(self, request: bytes) -> Any:
        from proto_gen import price_service_pb2 as messages  # noqa: PLC0415 - protobuf, once asked

        question, usage, at = asked(parsed(messages.QuoteRequest, request))
        table = self._book.current
        offer = self._offer(table, question)
        if isinstance(offer, NotPriced):
            answer: Quote | NotPriced = offer
        else:
            answer = offer.charge(usage, at or self._now_unix_ns())
        if isinstance(answer, NotPriced):
            return messages.QuoteResponse(
                status=str(answer.reason),
                detail=answer.detail,
                provider=answer.provider,
                table_version=table.version,
            )
        return messages.QuoteResponse(**_priced(answer), table_version=table.version)

    def _offer(self, table: PriceTable, question: Question) -> Offer | NotPriced:
        """Remembered apart from what spans ask, so that strangers' questions push none of those out."""
        if table is not self._table:
            self._table, self._found = table, {}
        found = self._found.get(question)
        if found is None:
            if len(self._found) >= MEMO_LIMIT:
                self._found.clear()
            found = self._found[question] = table.search(question)
        return found

    async def _list(self, request: bytes) -> Any:
        from proto_gen import price_service_pb2 as messages  # noqa: PLC0415

        wish = parsed(messages.ListPricesRequest, request)
        wanted = wanted_rows(wish, self._now_unix_ns())
        table = self._book.current
        names = await self._pages.names(table)
        with self._budget.work():
            return page(table, names, wanted, wish)

    async def _watch(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        from proto_gen import price_service_pb2 as messages  # noqa: PLC0415

        if len(request) > MAX_MESSAGE_BYTES:
            await context.abort(Code.RESOURCE_EXHAUSTED, "the request is too large")
        if self.watchers >= self._max_watchers:
            words = f"{self.watchers} are watching already, more are not taken; ask again later"
            await context.abort(Code.RESOURCE_EXHAUSTED, words)
        self.watchers += 1
        told: PriceTable | None = None
        try:
            while not self._stopping:
                changed, table = self._changed, self._book.current
                if told is None or table.version != told.version:
                    made = messages.Table(
                        version=table.version, models=table.models_count, rows=table.rows_count
                    )
                    told = table
                    yield made.SerializeToString()
                else:
                    await changed.wait()
        finally:
            self.watchers -= 1


def _priced(quote: Quote) -> dict[str, Any]:
    return {
        "status": str(quote.status),
        "cost_usd": to_text(quote.atto_usd),
        "cost": to_double(quote.atto_usd),
        "parts": [
            {"usage_class": name, "cost_usd": to_text(atto), "cost": to_double(atto)}
            for name, atto in quote.parts
        ],
        "row": quote.row,
        "match": quote.match,
        "provider": quote.provider,
        "list_cost_usd": to_text(quote.list_atto_usd),
    }
