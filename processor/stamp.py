"""What is written on a span: a cost, its parts, where it comes from, or why there is none.

Spans that are charged alike carry the same attributes with other numbers, so a stamp is a form made
once (`Form`) and filled in by one call of `struct`. Contract section 4 has the attributes under our
own names, `conventions.py` those that back ends look for.
"""

from __future__ import annotations

import operator
import struct
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, cast, final

from mypy_extensions import mypyc_attr

from pricing.money import ATTO
from pricing.usage import CLASSES
from processor.conventions import CONVENTIONS, COST
from processor.conventions import CURRENCY as MONEY
from processor.model import Source, Status
from processor.wire.attributes import double_attribute, string_attribute

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pricing import NotPriced, Quote, Tariff
    from processor.conventions import Convention

Detail: TypeAlias = Literal["cost", "parts", "full"]

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


class Sum(NamedTuple):
    """A number in a form that is made of others: of the parts at `places`, or of all."""

    at: int
    """Where in `Form.filled` it stands."""
    places: tuple[int, ...]
    """Among the parts; empty for the whole."""
    text: bool
    """Whether it stands there as digits in a JSON text, not as a double."""


WIDTH: Final = 24
"""The longest a double gets in digits, -1.2345678901234567e-308; JSON may have blanks behind it."""
_BLANK: Final = b"\0" * WIDTH


@final
class Form:
    """The bytes that stamps have in common: texts after the numbers' places."""

    def __init__(self, keys: frozenset[str]) -> None:
        self.keys: frozenset[str] = keys
        """What its stamps replace."""
        self.layout: struct.Struct = struct.Struct("")
        self.filled: list[object] = []
        """As `struct` wants them: bytes and numbers by turns; the first number is the whole."""
        self.parts_at: int = 3
        """Where in `filled` the first part stands; the others, then what is said besides, follow."""
        self.sums: list[Sum] = []
        """Numbers that are neither the whole nor a part; one may overwrite the whole."""
        self.texts: list[bytes] = []
        """What stands before each number, and behind the last."""
        self._format: str = "<"
        self._open: list[bytes] = []

    def double(self, key: str) -> None:
        """One more double."""
        self._open.append(double_attribute(key.encode(), 0.0)[:-8])
        self._place("d", 0.0)

    def string(self, key: str, text: str) -> None:
        """A text that is the same on every span."""
        self._open.append(string_attribute(key.encode(), text))

    def sum_of(self, key: str, places: tuple[int, ...]) -> None:
        """A double that is made of the parts at `places`; of none: the whole."""
        self.sums.append(Sum(len(self.filled) + 1, places, text=False))
        self.double(key)

    def members(self, key: str, members: Sequence[tuple[str, tuple[int, ...]]]) -> None:
        """The same, as members of one JSON text."""
        blank = _BLANK.decode()
        text = ",".join([f'"{name}":{blank}' for name, _ in members])
        raw = string_attribute(key.encode(), "{" + text + "}").split(_BLANK)
        for number, (_, places) in enumerate(members):
            self._open.append(raw[number])
            self.sums.append(Sum(len(self.filled) + 1, places, text=True))
            self._place(f"{WIDTH}s", digits(0.0))
        self._open.append(raw[-1])

    def _place(self, kind: str, number: object) -> None:
        before = b"".join(self._open)
        self._open = []
        self._format += f"{len(before)}s{kind}"
        self.filled += (before, number)

    def close(self) -> Form:
        """No more is added."""
        tail = b"".join(self._open)
        self._open = []
        self.layout = struct.Struct(f"{self._format}{len(tail)}s")
        self.filled.append(tail)
        self.texts = [cast("bytes", text) for text in self.filled[::2]]
        return self

    def stamp(self, numbers: Sequence[float]) -> Stamp:
        """A stamp with these in the places of doubles that stand one after another from the first."""
        filled = self.filled
        at = 1
        for number in numbers:
            filled[at] = number
            at += 2
        return self.stamp_filled()

    def stamp_parts(self, atto_usd: int, parts: list[int], besides: list[float]) -> Stamp:
        """A stamp with this cost, its parts in 10**-18 US dollars, and what is said besides."""
        filled = self.filled
        filled[1] = usd_of(atto_usd)
        at = self.parts_at
        for part in parts:
            filled[at] = usd_of(part)
            at += 2
        for number in besides:
            filled[at] = number
            at += 2
        self.add_up(atto_usd, parts)
        return self.stamp_filled()

    def add_up(self, atto_usd: int, parts: list[int]) -> None:
        """Fill in what is made of the parts."""
        for at, places, text in self.sums:
            total = sum([parts[place] for place in places]) if places else atto_usd
            number = usd_of(total)
            self.filled[at] = digits(number) if text else number

    def stamp_filled(self) -> Stamp:
        """A stamp with the numbers that stand in `filled` at 1, 3, 5, ..."""
        return Stamp(self.layout.pack(*self.filled), self.keys)


def digits(number: float) -> bytes:
    """A double as JSON has it, filled up with blanks to `WIDTH`."""
    return repr(number).encode().ljust(WIDTH)


class Stamper:
    """Writes stamps at one level of detail, in one or several forms."""

    def __init__(self, detail: Detail, conventions: Sequence[str] = ("default",)) -> None:
        """`conventions` are names in `CONVENTIONS`, at least one."""
        self._detail: str = detail
        self.says_parts: bool = detail != "cost"
        self._conventions: list[Convention] = [CONVENTIONS[name] for name in conventions]
        written = [each.written() for each in self._conventions]
        self._written: frozenset[str] = frozenset().union(*written)
        # Parts of somebody else's cost must not stand beside ours.
        self._computed_keys: frozenset[str] = (
            self._written | OWN if self.says_parts else self._written
        )
        self.replaceable: frozenset[str] = self._written | OWN
        """Every attribute that a stamp may replace."""
        self.ends_other_money: bool = any(MONEY in each.ends for each in self._conventions)
        """Whether the currency of a cost that came is replaced only where it is not US dollars."""
        self.totals: frozenset[str] = frozenset(
            {COST, *[each.stands_in for each in self._conventions]}
        )
        """Attributes of which one holds the cost, if any does."""
        self._forms: dict[tuple[object, ...], Form] = {}

    def unpriced(self, status: Status) -> Stamp:
        """Only why there is no cost; a cost that stands on the span is left alone."""
        return self._said((), ((STATUS, status),)).stamp(())

    def left(self, status: Status) -> Stamp:
        """An estimate that stands since the call cannot be priced; says both."""
        if self._detail == "cost":
            return self.unpriced(status)
        return self._said((), ((SOURCE, Source.REPORTED), (STATUS, status))).stamp(())

    def standing(
        self, usd: float, ours_atto_usd: int | None, *, under: Sequence[str], charged: bool
    ) -> Stamp:
        """A cost that came with the span stands, under our names too where it has others.

        `under` are the places that hold a cost already: they are left alone. What we would have
        charged is said beside it, and in full detail by how much it differs.
        """
        absent = tuple(
            [each.name for each in self._conventions if not _holds(under, each.stands_in)]
        )
        doubles: list[str] = []
        numbers: list[float] = []
        texts: list[tuple[str, str]] = []
        if self.says_parts:
            if ours_atto_usd is not None:
                ours = usd_of(ours_atto_usd)
                doubles, numbers = [COMPUTED], [ours]
                if self._detail == "full":
                    doubles, numbers = [COMPUTED, DIFFERENCE], [ours, usd - ours]
            texts = [(SOURCE, Source.REPORTED), (STATUS, Status.PRICED)]
        form = self._said(tuple(doubles), tuple(texts), absent, charged=charged)
        if not form.keys:
            return NOTHING
        for at, _, text in form.sums:
            form.filled[at] = digits(usd) if text else usd
        return form.stamp(numbers)

    def beside(self, stamp: Stamp, answer: Quote | NotPriced) -> Stamp:
        """The stamp with the amount in the second currency, where there is one."""
        return self.in_money(stamp, answer.amount, answer.currency)

    def in_money(self, stamp: Stamp, amount: str, currency: str) -> Stamp:
        """The stamp with an amount, exact decimal text, in a currency; as it is where there is none."""
        if not currency or not self.says_parts:
            return stamp
        texts = string_attribute(AMOUNT.encode(), amount)
        texts += string_attribute(CURRENCY.encode(), currency)
        return Stamp(stamp.append + texts, stamp.keys | {AMOUNT, CURRENCY})

    def priced(self, quote: Quote, version: str, reported_usd: float | None) -> Stamp:
        """A computed cost, with as much beside it as the detail asks for."""
        if not self.says_parts:
            return self._computed((), (), ()).stamp_parts(quote.atto_usd, [], [])
        classes = tuple([name for name, _ in quote.parts])
        extra: list[str] = []
        besides: list[float] = []
        if reported_usd is not None and reported_usd != usd_of(quote.atto_usd):
            extra, besides = [REPORTED], [reported_usd]
        if quote.list_atto_usd != quote.atto_usd:
            extra, besides = [*extra, LIST_COST], [*besides, usd_of(quote.list_atto_usd)]
        texts = self._texts(quote.row, quote.status, version, quote.match)
        form = self._computed(classes, tuple(extra), texts)
        parts = [atto_usd for _, atto_usd in quote.parts]
        return self.beside(form.stamp_parts(quote.atto_usd, parts, besides), quote)

    def form(
        self, tariff: Tariff, classes: Sequence[str], version: str, *, reported: bool = False
    ) -> Form:
        """What stamps of calls by this tariff have in common: the cost, its parts.

        `reported`: behind the parts a cost that came with the span.
        """
        if not self.says_parts:
            return self._computed((), (), ())
        texts = self._texts(tariff.row, tariff.standing, version, tariff.match)
        return self._computed(tuple(classes), (REPORTED,) if reported else (), texts)

    def _computed(
        self,
        classes: tuple[str, ...],
        extra: tuple[str, ...],
        texts: tuple[tuple[str, str], ...],
    ) -> Form:
        question = ("computed", classes, extra, texts)
        found = self._forms.get(question)
        if found is not None:
            return found
        form = Form(self._computed_keys)
        first, *others = self._conventions
        if not first.text:
            form.double(first.total)
        self._write(form, first, classes, again=bool(first.text))
        form.parts_at = len(form.filled) + 1
        for key in (*[PART + name for name in classes], *extra):
            form.double(key)
        for convention in others:
            self._write(form, convention, classes, again=True)
        for key, text in texts:
            form.string(key, text)
        return self._remember(question, form.close())

    def _write(
        self, form: Form, convention: Convention, classes: tuple[str, ...], *, again: bool
    ) -> None:
        """A computed cost in a convention's terms; `again` where the whole is still to be said."""
        named: list[tuple[str, tuple[int, ...]]] = [(convention.total, ())] if again else []
        for name, of in convention.parts.items() if self.says_parts else ():
            places = tuple([place for place, each in enumerate(classes) if each in of])
            if places:
                named.append((name, places))
        if convention.text:
            form.members(convention.text, named)
        else:
            for key, places in named:
                form.sum_of(key, places)
        _say_money(form, convention, charged=False)

    def _texts(
        self, row: str, standing: str, version: str, match: str
    ) -> tuple[tuple[str, str], ...]:
        texts: list[tuple[str, str]] = [(SOURCE, Source.COMPUTED), (STATUS, standing)]
        if row:
            texts.append((ROW, row))
        if self._detail == "full":
            texts += [(VERSION, version), (MATCH, match)]
        return tuple(texts)

    def _said(
        self,
        doubles: tuple[str, ...],
        texts: tuple[tuple[str, str], ...],
        totals: tuple[str, ...] = (),
        *,
        charged: bool = False,
    ) -> Form:
        """Doubles and texts of ours, and the whole by the conventions that `totals` names."""
        question = ("said", doubles, texts, totals, charged)
        found = self._forms.get(question)
        if found is not None:
            return found
        keys = frozenset([*doubles, *[key for key, _ in texts]])
        form = Form(keys.union(*[CONVENTIONS[name].written() for name in totals]))
        for key in doubles:
            form.double(key)
        for name in totals:
            convention = CONVENTIONS[name]
            if convention.text:
                form.members(convention.text, [(convention.total, ())])
            else:
                form.sum_of(convention.total, ())
            _say_money(form, convention, charged=charged)
        for key, text in texts:
            form.string(key, text)
        return self._remember(question, form.close())

    def _remember(self, question: tuple[object, ...], form: Form) -> Form:
        if len(self._forms) >= FORM_LIMIT:
            self._forms.clear()
        self._forms[question] = form
        return form


def _say_money(form: Form, convention: Convention, *, charged: bool) -> None:
    if convention.currency:
        form.string(convention.currency, "USD")
    if convention.source:
        form.string(convention.source, "provider" if charged else "local")


def _holds(under: Sequence[str], key: str) -> bool:
    """Whether one of these places is the attribute, or in it."""
    return any(place == key or place.startswith(key + "#") for place in under)


def usd_of(atto_usd: int) -> float:
    """The nearest double of an amount in 10**-18 US dollars."""
    if atto_usd < _EXACT or (atto_usd & _TRAILING == 0 and atto_usd < _EXACT << 10):
        return float(atto_usd) / _ATTO  # both are exact, so the division alone rounds
    return _divide(atto_usd, ATTO)


OWN: Final = frozenset(
    (
        *(STATUS, SOURCE, REPORTED, LIST_COST, ROW, VERSION, MATCH),
        *(COMPUTED, DIFFERENCE, AMOUNT, CURRENCY),
        *[PART + name for name in CLASSES],
    )
)
"""Every attribute under our own name."""
