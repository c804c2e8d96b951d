"""A carrier's books and those they stand for, in one process: the same bytes, the same money, whatever happens."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from pricing import PriceBook
from processor.attribution import Attribution
from processor.billing import Biller
from processor.books import LocalBooks
from processor.calls import Memory
from processor.enrich import Enricher
from processor.errors import Code, Refusal
from processor.forward.debug import line
from processor.metrics import Ledger
from processor.model import Signal, Terms
from processor.stamp import Stamper
from processor.telemetry import Telemetry
from processor.workers.desk import Desk
from processor.workers.link import SOCKET_BYTES, Kind, Link, linked, pair
from processor.workers.remote import RemoteBooks
from tests.calls.traffic import CALL_ATTO, TABLE, enricher
from tests.doubles.until import until
from tests.service.calls import chat, sent

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

TERMS = Terms()


def books(*, elsewhere: bool) -> tuple[LocalBooks, Ledger]:
    biller = Biller(Stamper("parts"), "replace_estimates")
    enriching = Enricher(biller, Attribution([]), Memory(), elsewhere=elsewhere)
    book, ledger = PriceBook([], builtin=False), Ledger()
    book.current = TABLE
    made = LocalBooks(enricher=enriching, book=book, ledger=ledger, telemetry=Telemetry())
    return made, ledger


class Office:
    """The books' end. While `closed` it hears nobody; opening it hears all, in their order."""

    def __init__(self) -> None:
        self.books, self.ledger = books(elsewhere=True)
        self.desk = Desk(self.books, tells=True)
        self.link = Link(self.heard)
        self.closed = False
        self.waiting: list[tuple[Kind, int, int, bytes]] = []

    def heard(self, kind: Kind, detail: int, number: int, payload: bytes) -> None:
        self.waiting.append((kind, detail, number, payload))
        if not self.closed:
            self.open()

    def open(self) -> None:
        self.closed = False
        while self.waiting:
            kind, detail, number, payload = self.waiting.pop(0)
            match kind:
                case Kind.PRICE:
                    self.desk.price(self.link, detail, number, payload)
                case Kind.COUNT:
                    self.desk.count(number)
                case _:
                    self.desk.forget(number)

    @property
    def owed(self) -> int:
        return len(self.desk._owed)

    @property
    def asked(self) -> int:
        return len(self.waiting)

    @property
    def spent(self) -> int:
        return sum(account.atto_usd for account in self.ledger.accounts)


@asynccontextmanager
async def remote(
    patience_s: float = 60.0,
) -> AsyncGenerator[tuple[RemoteBooks, Office, Telemetry]]:
    office, telemetry = Office(), Telemetry()
    made: list[RemoteBooks] = []

    def heard(kind: Kind, detail: int, number: int, payload: bytes) -> None:
        made[0].heard(kind, detail, number, payload)

    link = Link(heard)
    plain = LocalBooks(
        enricher=None, book=PriceBook([], builtin=False), ledger=Ledger(), telemetry=telemetry
    )
    made.append(
        RemoteBooks(
            link,
            plain,
            telemetry,
            priced_signals=office.books.priced_signals,
            read_signals=office.books.read_signals,
            patience_s=patience_s,
        )
    )
    for each, end in zip((link, office.link), pair(), strict=True):
        await linked(each, end)
    try:
        yield made[0], office, telemetry
    finally:
        link.close()
        await asyncio.gather(link.lost.wait(), office.link.lost.wait())


def faults(telemetry: Telemetry) -> float:
    return sum(total for _, total in telemetry.counter("pricing_faults"))


async def test_a_request_leaves_as_it_would_from_one_process() -> None:
    local, _ = books(elsewhere=False)
    body = sent(
        chat(), *(chat(more={"gen_ai.usage.cost": 1.5}) for _ in range(3)), chat("nobody")
    )
    async with remote() as (carrier, office, _):
        priced = await carrier.price(Signal.TRACES, body, TERMS)
        here = await local.price(Signal.TRACES, body, TERMS)
        assert priced.body == here.body
        assert priced.items == here.items == 5
        assert [line(each) for each in priced.charges] == [line(each) for each in here.charges]
        assert (office.owed, office.spent) == (1, 0)
        await carrier.count(priced)
        await until(lambda: office.spent == 4 * CALL_ATTO)
        assert office.owed == 0


async def test_what_failed_is_owed_until_it_is_sent_again() -> None:
    body = sent(chat())
    async with remote() as (carrier, office, _):
        priced = await carrier.price(Signal.TRACES, body, TERMS)
        carrier.forget(priced)
        await until(lambda: office.owed == 0)
        again = await carrier.price(Signal.TRACES, body, TERMS)
        assert again.body == priced.body
        await carrier.count(again)
        await until(lambda: office.spent == CALL_ATTO)
        third = await carrier.price(Signal.TRACES, body, TERMS)
        assert third.body == priced.body
        await carrier.count(third)
        assert office.spent == CALL_ATTO


async def test_of_a_carrier_that_is_gone_nothing_stays_owed_there() -> None:
    """And what it had under way counts once when another brings it."""
    body = sent(chat())
    async with remote() as (carrier, office, _):
        await carrier.price(Signal.TRACES, body, TERMS)
        office.desk.close()
        other = Desk(office.books, tells=False)
        other.price(office.link, 0, 9, body)
        other.count(9)
        assert office.spent == CALL_ATTO


async def test_what_is_no_request_is_refused_as_by_one_process() -> None:
    async with remote() as (carrier, _, _):
        with pytest.raises(Refusal, match="this is no ExportTraceServiceRequest") as refused:
            await carrier.price(Signal.TRACES, b"\x0a\xff", TERMS)
        assert refused.value.code is Code.INVALID_ARGUMENT


async def test_signals_that_nobody_reads_are_counted_without_asking() -> None:
    async with remote() as (carrier, office, _):
        office.closed = True
        priced = await carrier.price(Signal.METRICS, b"", TERMS)
        assert (priced.body, priced.items, office.asked) == (b"", 0, 0)


async def test_without_an_answer_in_time_it_goes_on_unpriced() -> None:
    """It is counted so; what the books make of it too late for the span is spent all the same."""
    body = sent(chat())
    async with remote(patience_s=0.01) as (carrier, office, telemetry):
        office.closed = True
        priced = await carrier.price(Signal.TRACES, body, TERMS)
        assert (priced.body, priced.items, faults(telemetry)) == (body, 1, 1)
        await carrier.count(priced)
        await until(lambda: office.asked == 2)
        office.open()
        assert (office.owed, office.spent) == (0, CALL_ATTO)


async def test_what_is_answered_too_late_and_did_not_arrive_stays_owed() -> None:
    body = sent(chat())
    async with remote(patience_s=0.01) as (carrier, office, _):
        office.closed = True
        carrier.forget(await carrier.price(Signal.TRACES, body, TERMS))
        await until(lambda: office.asked == 2)
        office.open()
        assert (office.owed, office.spent) == (0, 0)


async def test_what_the_books_do_not_read_does_not_pile_up() -> None:
    """They stand still: what waits for them in this process is one request and small change."""
    body = sent(chat(more={"gen_ai.input.messages": "m" * SOCKET_BYTES}))
    async with remote(patience_s=0.01) as (carrier, office, telemetry):
        transport = office.link._transport
        assert transport is not None
        transport.pause_reading()
        asked = [await carrier.price(Signal.TRACES, body, TERMS) for _ in range(8)]
        assert ([each.body for each in asked], faults(telemetry)) == ([body] * 8, 8)
        own = carrier._link._transport
        assert own is not None
        assert 0 < own.get_write_buffer_size() < 2 * len(body)
        await carrier.count(asked[0])  # and nobody waits for them
        transport.resume_reading()


async def test_a_sender_that_waits_shortly_has_half_of_its_time_for_the_books() -> None:
    async with remote() as (carrier, office, telemetry):
        office.closed = True
        terms = Terms(time.monotonic() + 0.02)
        priced = await carrier.price(Signal.TRACES, sent(chat()), terms)
        assert faults(telemetry) == 1
        assert priced.items == 1
        assert time.monotonic() < terms.deadline + 30  # type: ignore[operator]  # pyright: ignore[reportOptionalOperand]
        office.open()


async def test_a_sender_that_left_owes_nothing() -> None:
    async with remote() as (carrier, office, _):
        office.closed = True
        asking = asyncio.ensure_future(carrier.price(Signal.TRACES, sent(chat()), TERMS))
        await until(lambda: office.asked == 1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await until(lambda: office.asked == 2)
        office.open()
        assert (office.owed, office.spent) == (0, 0)


async def test_a_sender_that_leaves_as_the_answer_comes_owes_nothing() -> None:
    body = sent(chat())
    async with remote() as (carrier, office, _):
        office.closed = True
        asking = asyncio.ensure_future(carrier.price(Signal.TRACES, body, TERMS))
        await until(lambda: office.asked == 1)
        (number,) = carrier._waiting
        carrier.heard(Kind.PRICED, 1, number, bytes(8))
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await until(lambda: office.asked == 2)
        office.open()
        assert (office.owed, office.spent) == (0, 0)


async def test_without_books_it_goes_on_unpriced() -> None:
    body = sent(chat())
    async with remote() as (carrier, office, telemetry):
        office.closed = True
        asking = asyncio.ensure_future(carrier.price(Signal.TRACES, body, TERMS))
        await until(lambda: office.asked == 1)
        carrier.lost()
        assert (await asking).body == body
        office.link.close()
        await until(carrier._link.lost.is_set)
        assert (await carrier.price(Signal.TRACES, body, TERMS)).body == body
        assert faults(telemetry) == 2


def test_the_enricher_of_the_tests_is_the_local_one() -> None:
    body = sent(chat())
    local, _ = books(elsewhere=False)
    assert local.enriched(Signal.TRACES, body).body == enricher().enrich(body, TABLE, 1).body
