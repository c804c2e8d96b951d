"""What is written on a span: a cost, its parts, where it comes from, or why there is none.

Spans that are charged alike carry the same attributes with other numbers, so a stamp is a form made
once (`_Form`) and filled in by one call of `struct`. Contract section 4 has the attributes.
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

# Not the operator: mypyc divides ints as doubles, which rounds twice; Python divides them exactly.
_divide: Final[Callable[[int, int], float]] = operator.truediv  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

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
class _Form:
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
        return Stamp(self.layout.pack(*filled), self.keys)


class Stamper:
    """Writes stamps at one level of detail."""

    def __init__(self, detail: Detail) -> None:
        self._detail: str = detail
        self._forms: dict[tuple[object, ...], _Form] = {}

    def unpriced(self, status: Status) -> Stamp:
        """Only why there is no cost; a cost that stands on the span is left alone."""
        return self._said([], [(STATUS, status)]).stamp([])

    def kept(self, status: Status) -> Stamp:
        """A cost that came with the span stands and is counted."""
        return NOTHING if self._detail == "cost" else self.left(status)

    def left(self, status: Status) -> Stamp:
        """An estimate that stands since the call cannot be priced; says both."""
        if self._detail == "cost":
            return self.unpriced(status)
        return self._said([], [(SOURCE, Source.REPORTED), (STATUS, status)]).stamp([])

    def taken_over(self, usd: float, status: Status) -> Stamp:
        """A cost reported under another name, now also under ours."""
        texts = [] if self._detail == "cost" else [(SOURCE, Source.REPORTED), (STATUS, status)]
        return self._said([COST], texts).stamp([usd])

    def priced(self, quote: Quote, version: str, reported_usd: float | None) -> Stamp:
        """A computed cost, with as much beside it as the detail asks for."""
        usd = _divide(quote.atto_usd, ATTO)
        numbers = [usd]
        if self._detail == "cost":
            return self._said([COST], []).stamp(numbers)
        classes: list[str] = []
        for name, atto_usd in quote.parts:
            classes.append(name)
            numbers.append(_divide(atto_usd, ATTO))
        reported = reported_usd is not None and reported_usd != usd
        if reported and reported_usd is not None:
            numbers.append(reported_usd)
        discounted = quote.list_atto_usd != quote.atto_usd
        if discounted:
            numbers.append(_divide(quote.list_atto_usd, ATTO))
        question = (
            quote.row,
            quote.status,
            quote.match,
            version,
            reported,
            discounted,
            *classes,
        )
        form = self._forms.get(question)
        if form is None:
            doubles = [COST, *[PART + name for name in classes]]
            doubles += [REPORTED] if reported else []
            doubles += [LIST_COST] if discounted else []
            form = _Form(doubles, self._texts(quote, version))
            # Parts of somebody else's cost must not stand beside ours.
            form.keys = EVERY_KEY
            self._remember(question, form)
        return form.stamp(numbers)

    def _texts(self, quote: Quote, version: str) -> list[tuple[str, str]]:
        texts: list[tuple[str, str]] = [(SOURCE, Source.COMPUTED), (STATUS, quote.status)]
        if quote.row:
            texts.append((ROW, quote.row))
        if self._detail == "full":
            texts += [(VERSION, version), (MATCH, quote.match)]
        return texts

    def _said(self, doubles: list[str], texts: Sequence[tuple[str, str]]) -> _Form:
        question = (*doubles, *texts)
        form = self._forms.get(question)
        return self._remember(question, _Form(doubles, texts)) if form is None else form

    def _remember(self, question: tuple[object, ...], form: _Form) -> _Form:
        if len(self._forms) >= FORM_LIMIT:
            self._forms.clear()
        self._forms[question] = form
        return form


def replaceable(classes: Iterable[str]) -> frozenset[str]:
    """Every attribute that a stamp may write, so that none is ever written twice."""
    fixed = (COST, STATUS, SOURCE, REPORTED, LIST_COST, ROW, VERSION, MATCH)
    return frozenset((*fixed, *[PART + name for name in classes]))


EVERY_KEY: Final = replaceable(CLASSES)
