"""The books' side of one carrier: prices what it brings, and counts it once that has arrived.

Invariant: of a carrier that is gone nothing stays owed here; its senders send again, and what they
send is stamped as it was and counted then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.errors import Refusal
from processor.workers.link import Kind
from processor.workers.remote import SIGNALS, priced_payload, written_charges

if TYPE_CHECKING:
    from processor.books import LocalBooks
    from processor.enrich import Enriched
    from processor.workers.link import Link


class Desk:
    """What one carrier has under way. *tells*: whether it prints calls, and has to hear of them."""

    def __init__(self, books: LocalBooks, *, tells: bool) -> None:
        self._books = books
        self._tells = tells
        self._owed: dict[int, Enriched] = {}

    def price(self, link: Link, signal: int, number: int, body: bytes) -> None:
        """Answer with what is to be written, or with the refusal of what is no request."""
        try:
            enriched = self._books.enriched(SIGNALS[signal], body)
        except Refusal as refusal:
            code: int = refusal.code.value[0]
            link.send(Kind.REFUSED, refusal.message.encode(), detail=code, number=number)
            return
        steps = b"" if enriched.body is body else enriched.body
        enriched.body = b""  # not ours to keep
        owes = bool(
            enriched.settled.charges or enriched.nameless or enriched.resent or enriched.usage
        )
        if owes:
            self._owed[number] = enriched
        told = written_charges(enriched.charges) if self._tells else b""
        payload = priced_payload(enriched.items, told, steps)
        link.send(Kind.PRICED, *payload, detail=owes, number=number)

    def count(self, number: int) -> None:
        """It has arrived, or was refused for good."""
        enriched = self._owed.pop(number, None)
        if enriched is not None:
            self._books.counted(enriched)

    def forget(self, number: int) -> None:
        """It has not."""
        self._owed.pop(number, None)

    def close(self) -> None:
        """The carrier is gone."""
        self._owed.clear()
