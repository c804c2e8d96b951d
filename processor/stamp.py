"""What is written on a span: a cost, its parts, where it comes from, or why there is none.

The bytes are put together from constant ones; only doubles and names differ from span to span.
Contract section 4 has the attributes and their types.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from cachetools import LRUCache

from pricing.money import to_double
from processor.model import Source, Status
from processor.wire.attributes import double_attribute, string_attribute

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pricing import Quote

Detail: TypeAlias = Literal["cost", "parts", "full"]

COST: Final = "gen_ai.usage.cost"
STATUS: Final = "genai_cost.status"
SOURCE: Final = "genai_cost.source"
REPORTED: Final = "genai_cost.reported"
LIST_COST: Final = "genai_cost.list_cost"
ROW: Final = "genai_cost.pricing.row"
VERSION: Final = "genai_cost.pricing.version"
MATCH: Final = "genai_cost.pricing.match"
PART: Final = "genai_cost."

_ZERO: Final = 0.0
_DOUBLE: Final = struct.Struct("<d")


class Stamp(NamedTuple):
    """Attributes to append, as bytes of a span's field 9, and their keys, which they replace."""

    append: bytes
    keys: frozenset[str]


NOTHING: Final = Stamp(b"", frozenset())


class Stamper:
    """Writes stamps at one level of detail; the memo of names it writes is bounded."""

    def __init__(self, detail: Detail) -> None:
        self._detail = detail
        self._doubles: dict[str, bytes] = {}
        self._texts: LRUCache[tuple[str, str], bytes] = LRUCache(maxsize=8192)

    def unpriced(self, status: Status) -> Stamp:
        """Only why there is no cost; a cost that stands on the span is left alone."""
        return Stamp(self._text(STATUS, status), frozenset((STATUS,)))

    def kept(self, status: Status) -> Stamp:
        """A cost that came with the span stands and is counted."""
        if self._detail == "cost":
            return NOTHING
        return self.left(status)

    def left(self, status: Status) -> Stamp:
        """An estimate that stands since the call cannot be priced; says both."""
        if self._detail == "cost":
            return self.unpriced(status)
        append = self._text(SOURCE, Source.REPORTED) + self._text(STATUS, status)
        return Stamp(append, frozenset((SOURCE, STATUS)))

    def taken_over(self, usd: float, status: Status) -> Stamp:
        """A cost reported under another name, now also under ours."""
        return self._with_cost(usd, self.kept(status))

    def priced(self, quote: Quote, version: str, reported_usd: float | None) -> Stamp:
        """A computed cost, with as much beside it as the detail asks for."""
        usd = to_double(quote.atto_usd)
        if self._detail == "cost":
            return self._with_cost(usd, NOTHING)
        pieces = [self._double(PART + name, to_double(atto)) for name, atto in quote.parts]
        keys = [PART + name for name, _ in quote.parts]
        pieces += (self._text(SOURCE, Source.COMPUTED), self._text(STATUS, quote.status))
        if quote.row:
            pieces.append(self._text(ROW, quote.row))
        if reported_usd is not None and reported_usd != usd:
            pieces.append(self._double(REPORTED, reported_usd))
            keys.append(REPORTED)
        if quote.list_atto_usd != quote.atto_usd:
            pieces.append(self._double(LIST_COST, to_double(quote.list_atto_usd)))
            keys.append(LIST_COST)
        if self._detail == "full":
            pieces += (self._text(VERSION, version), self._text(MATCH, quote.match))
            keys += (VERSION, MATCH)
        return self._with_cost(
            usd, Stamp(b"".join(pieces), frozenset((*keys, SOURCE, STATUS, ROW)))
        )

    def _with_cost(self, usd: float, rest: Stamp) -> Stamp:
        return Stamp(self._double(COST, usd) + rest.append, rest.keys | {COST})

    def _double(self, key: str, number: float) -> bytes:
        prefix = self._doubles.get(key)
        if prefix is None:
            prefix = self._doubles[key] = double_attribute(key.encode(), _ZERO)[:-8]
        return prefix + _DOUBLE.pack(number)

    def _text(self, key: str, text: str) -> bytes:
        written = self._texts.get((key, text))
        if written is None:
            written = self._texts[key, text] = string_attribute(key.encode(), text)
        return written


def replaceable(classes: Iterable[str]) -> frozenset[str]:
    """Every attribute that a stamp may write, so that none is ever written twice."""
    fixed = (COST, STATUS, SOURCE, REPORTED, LIST_COST, ROW, VERSION, MATCH)
    return frozenset((*fixed, *(PART + name for name in classes)))
