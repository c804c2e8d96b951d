"""`genai_cost.v1.PriceService`: quotes, rows and news of the price table, for other programs.

Stands on the gRPC port beside OTLP and never in its way: small messages, a share of the processor's
time that it cannot exceed, a memo of its own, and a bounded number of watchers (`price_gate.py`); what
is too much is refused with RESOURCE_EXHAUSTED. What has no price is an answer; errors name the field.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pricing import NotPriced
from pricing.money import to_double, to_text
from processor.errors import Code
from processor.price_gate import REASONS, Budget, Pauses, Refused, Watchers
from processor.price_questions import asked, parsed, wanted_rows
from processor.price_rows import Pages, page
from processor.receive.raw_service import raw_service
from processor.telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from pricing import Offer, PriceBook, PriceTable, Question, Quote
    from processor.receive.raw_service import Context, Service

logger = logging.getLogger("genai_cost")

NAME: Final = "genai_cost.v1.PriceService"
REFUSED: Final = "price_service_refused_requests"
MAX_MESSAGE_BYTES: Final = 64 * 1024
MEMO_LIMIT: Final = 1024
MEMO_BYTES: Final = 512
"""Longer questions are not remembered, so that the memo is bounded by bytes too."""
WATCH_S: Final = 3600.0
"""A watch lasts so long at most; who wants more news watches again, and is told at once."""


class PriceService:
    """Answers from the book's current table. `reloaded` after a reload, `stop` before the door closes."""

    def __init__(  # noqa: PLR0913 - one argument for each bound
        self,
        book: PriceBook,
        telemetry: Telemetry | None = None,
        *,
        budget: Budget | None = None,
        pauses: Pauses | None = None,
        watchers: Watchers | None = None,
        watch_s: float = WATCH_S,
        now_unix_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._book = book
        self._telemetry = telemetry or Telemetry()
        self._budget = budget or Budget()
        self._pauses = pauses or Pauses()
        self.watchers = Watchers() if watchers is None else watchers
        self._watch_s = watch_s
        self._now_unix_ns = now_unix_ns
        self._table: PriceTable | None = None
        self._found: dict[Question, Offer | NotPriced] = {}
        self._pages = Pages()
        self._changed = asyncio.Event()
        self._stopping = False
        for reason in REASONS:
            self._telemetry.count(REFUSED, 0, reason)

        self.unary = {
            "Quote": self._guarded(self._quote),
            "ListPrices": self._guarded(self._list),
        }
        self.streaming = {"WatchTable": self._watch}

    @property
    def service(self) -> Service:
        """For the gRPC door."""
        return raw_service(NAME, self.unary, self.streaming)

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
            try:
                self._admit(request)
                written: bytes = (await answer(request)).SerializeToString()
            except Refused as refused:
                await self._refuse(refused, context)
            except Exception:
                logger.exception("a question about prices failed inside this service")
                words = "internal error; the log of this service says more"
                await self._refuse(Refused(words, "fault", Code.INTERNAL), context)
            return written

        return guarded

    def _admit(self, request: bytes) -> None:
        if len(request) > MAX_MESSAGE_BYTES:
            words = f"a request of {len(request)} bytes is larger than {MAX_MESSAGE_BYTES}"
            raise Refused(words, "too_large")
        self._budget.check()

    async def _refuse(self, refused: Refused, context: Context) -> NoReturn:
        self._telemetry.count(REFUSED, 1, refused.reason)
        await self._pauses.pause()
        await context.abort(refused.code, str(refused))

    async def _quote(self, request: bytes) -> Any:
        with self._budget.work():
            return self._quoted(request)

    def _quoted(self, request: bytes) -> Any:
        from proto_gen import price_service_pb2 as messages  # noqa: PLC0415 - protobuf, once asked

        question, usage, at = asked(parsed(messages.QuoteRequest, request))
        table = self._book.current
        offer = self._offer(table, question, len(request))
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

    def _offer(self, table: PriceTable, question: Question, size: int) -> Offer | NotPriced:
        """Remembered apart from what spans ask, so that strangers' questions push none of those out."""
        if table is not self._table:
            self._table, self._found = table, {}
        found = self._found.get(question)
        if found is None:
            found = table.search(question)
            if size <= MEMO_BYTES:
                if len(self._found) >= MEMO_LIMIT:
                    self._found.clear()
                self._found[question] = found
        return found

    async def _list(self, request: bytes) -> Any:
        from proto_gen import price_service_pb2 as messages  # noqa: PLC0415

        wish = parsed(messages.ListPricesRequest, request)
        wanted = wanted_rows(wish, self._now_unix_ns())
        table = self._book.current
        names = await self._pages.names(table)
        self._budget.check()  # others who waited for the names went first
        with self._budget.work():
            return page(table, names, wanted, wish)

    async def _watch(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        with ExitStack() as held:
            try:
                self._admit(request)
                held.enter_context(self.watchers.place(context.peer()))
            except Refused as refused:
                await self._refuse(refused, context)
            async for news in self._news():
                yield news

    async def _news(self) -> AsyncIterator[bytes]:
        from proto_gen import price_service_pb2 as messages  # noqa: PLC0415

        told: str | None = None
        ends = asyncio.get_running_loop().time() + self._watch_s
        while not self._stopping:
            changed, table = self._changed, self._book.current
            if table.version == told:
                try:
                    async with asyncio.timeout_at(ends):
                        await changed.wait()
                except TimeoutError:
                    return
                continue
            told = table.version
            with self._budget.work():
                made = messages.Table(
                    version=told, models=table.models_count, rows=table.rows_count
                ).SerializeToString()
            yield made


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
