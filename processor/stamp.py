"""What is written on a span: a cost, its parts, where it comes from, or why there is none.

Spans that are charged alike carry the same attributes with other numbers, so a stamp is a form made
once (`Form`) and filled in by one call of `struct`. Contract section 4 has the attributes.
"""

from __future__ import annotations

import operator
import struct
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, final

from mypy_extensions import mypyc_attr

from pricing.money import ATTO
from pricing.usage import CLASSES
from processor.model import Source, Status
from processor.wire.attributes import double_attribute, string_attribute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pricing import NotPriced, Quote, Tariff

Detail: TypeAlias = Literal["cost", "parts", "full"]

COST: Final = "gen_ai.usage.cost"
STATUS: Final = "genai_cost.status"
SOURCE: Final = "genai_cost.source"
REPORTED: Final = "genai_cost.reported"
LIST_COST: Final = "genai_cost.list_cost"
COMPUTED: Final = "genai_cost.computed"
DIFFERENCE: Final = "genai_cost.difference"
AMOUNT: Final = "genai_cost.amount"
CURRENCY: Final = "genai_cost.currency"
ROW: Final = "genai_cost.pricing.row"
VERSION: Final = "genai_cost.pricing.version"
MATCH: Final = "genai_cost.pricing.match"
PART: Final = "genai_cost."

# Not the operator: mypyc divides ints as doubles, which rounds twice; Python divides them exactly.
_divide: Final[Callable[[int, int], float]] = operator.truediv  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

# Up to here whole numbers are doubles, and with ten more binary zeros behind them too.
_EXACT: Final = 1 << 53
_TRAILING: Final = (1 << 10) - 1
_ATTO: Final = 1e18

FORM_LIMIT: Final = 4096
"""Forms remembered: rows, classes and tables differ, and all of them are finite but many."""


@final
@mypyc_attr(acyclic=True)
class Stamp:
    """Attributes to append, as bytes of a span's field 9, and their keys, which they replace."""

    def __init__(self, append: bytes, keys: frozenset[str]) -> None:
        self.append: bytes = append
        self.keys: frozenset[str] = keys


NOTHING: Final = Stamp(b"", frozenset())


@final
class Form:
    """The bytes that stamps have in common: texts after the doubles' places."""

    def __init__(self, doubles: list[str], texts: Sequence[tuple[str, str]]) -> None:
        places = [double_attribute(key.encode(), 0.0)[:-8] for key in doubles]
        tail = b"".join([string_attribute(key.encode(), text) for key, text in texts])
        layout = "".join([f"{len(place)}sd" for place in places])
        self.layout: struct.Struct = struct.Struct(f"<{layout}{len(tail)}s")
        # Places and the tail stand where `struct` wants them; the numbers change from call to call.
        self.filled: list[object] = []
        for place in places:
            self.filled += (place, 0.0)
        self.filled.append(tail)
        self.keys: frozenset[str] = frozenset([*doubles, *[key for key, _ in texts]])

    def stamp(self, numbers: list[float]) -> Stamp:
        """A stamp with these numbers in the doubles' places."""
        filled = self.filled
        at = 1
        for number in numbers:
            filled[at] = number
            at += 2
        return self.stamp_filled()

    def stamp_filled(self) -> Stamp:
        """A stamp with the numbers that stand in `filled` at 1, 3, 5, ..."""
        return Stamp(self.layout.pack(*self.filled), self.keys)


class Stamper:
    """Writes stamps at one level of detail."""

    def __init__(self, detail: Detail) -> None:
        self._detail: str = detail
        self.says_parts: bool = detail != "cost"
        self._forms: dict[tuple[object, ...], Form] = {}

    def unpriced(self, status: Status) -> Stamp:
        """Only why there is no cost; a cost that stands on the span is left alone."""
        return self._said([], [(STATUS, status)]).stamp([])

    def left(self, status: Status) -> Stamp:
        """An estimate that stands since the call cannot be priced; says both."""
        if self._detail == "cost":
            return self.unpriced(status)
        return self._said([], [(SOURCE, Source.REPORTED), (STATUS, status)]).stamp([])

    def standing(self, usd: float, ours_atto_usd: int | None, *, own: bool) -> Stamp:
        """A cost that came with the span stands, under our name too if it had another (not `own`).

        What we would have charged is said beside it, and in full detail by how much it differs.
        """
        doubles, numbers = ([], []) if own else ([COST], [usd])
        if not self.says_parts:
            return self._said(doubles, []).stamp(numbers) if doubles else NOTHING
        if ours_atto_usd is not None:
            ours = usd_of(ours_atto_usd)
            doubles, numbers = [*doubles, COMPUTED], [*numbers, ours]
            if self._detail == "full":
                doubles, numbers = [*doubles, DIFFERENCE], [*numbers, usd - ours]
        texts = [(SOURCE, Source.REPORTED), (STATUS, Status.PRICED)]
        return self._said(doubles, texts).stamp(numbers)

    def beside(self, stamp: Stamp, answer: Quote | NotPriced) -> Stamp:
        """The stamp with the amount in the second currency, where there is one."""
        if not answer.currency or not self.says_parts:
            return stamp
        amount = string_attribute(AMOUNT.encode(), answer.amount)
        currency = string_attribute(CURRENCY.encode(), answer.currency)
        return Stamp(stamp.append + amount + currency, stamp.keys | {AMOUNT, CURRENCY})

    def priced(self, quote: Quote, version: str, reported_usd: float | None) -> Stamp:
        """A computed cost, with as much beside it as the detail asks for."""
        usd = usd_of(quote.atto_usd)
        numbers = [usd]
        if not self.says_parts:
            return self._said([COST], []).stamp(numbers)
        classes: list[str] = []
        for name, atto_usd in quote.parts:
            classes.append(name)
            numbers.append(usd_of(atto_usd))
        reported = reported_usd is not None and reported_usd != usd
        if reported and reported_usd is not None:
            numbers.append(reported_usd)
        discounted = quote.list_atto_usd != quote.atto_usd
        if discounted:
            numbers.append(usd_of(quote.list_atto_usd))
        extra = [REPORTED] if reported else []
        extra += [LIST_COST] if discounted else []
        texts = self._texts(quote.row, quote.status, version, quote.match)
        return self.beside(self._computed(classes, extra, texts).stamp(numbers), quote)

    def form(self, tariff: Tariff, classes: Sequence[str], version: str) -> Form:
        """What stamps of calls by this tariff have in common; its doubles: the cost, its parts."""
        if not self.says_parts:
            return self._said([COST], [])
        texts = self._texts(tariff.row, tariff.standing, version, tariff.match)
        return self._computed(classes, [], texts)

    def _computed(
        self, classes: Sequence[str], extra: list[str], texts: Sequence[tuple[str, str]]
    ) -> Form:
        doubles = [COST, *[PART + name for name in classes], *extra]
        form = self._said(doubles, texts)
        # Parts of somebody else's cost must not stand beside ours.
        form.keys = EVERY_KEY
        return form

    def _texts(
        self, row: str, standing: str, version: str, match: str
    ) -> list[tuple[str, str]]:
        texts: list[tuple[str, str]] = [(SOURCE, Source.COMPUTED), (STATUS, standing)]
        if row:
            texts.append((ROW, row))
        if self._detail == "full":
            texts += [(VERSION, version), (MATCH, match)]
        return texts

    def _said(self, doubles: list[str], texts: Sequence[tuple[str, str]]) -> Form:
        question = (*doubles, *texts)
        form = self._forms.get(question)
        return self._remember(question, Form(doubles, texts)) if form is None else form

    def _remember(self, question: tuple[object, ...], form: Form) -> Form:
        if len(self._forms) >= FORM_LIMIT:
            self._forms.clear()
        self._forms[question] = form
        return form


def usd_of(atto_usd: int) -> float:
    """The nearest double of an amount in 10**-18 US dollars."""
    if atto_usd < _EXACT or (atto_usd & _TRAILING == 0 and atto_usd < _EXACT << 10):
        return float(atto_usd) / _ATTO  # both are exact, so the division alone rounds
    return _divide(atto_usd, ATTO)


def replaceable(classes: Iterable[str]) -> frozenset[str]:
    """Every attribute that a stamp may write, so that none is ever written twice."""
    fixed = (COST, STATUS, SOURCE, REPORTED, LIST_COST, ROW, VERSION, MATCH)
    more = (COMPUTED, DIFFERENCE, AMOUNT, CURRENCY)
    return frozenset((*fixed, *more, *[PART + name for name in classes]))


EVERY_KEY: Final = replaceable(CLASSES)
