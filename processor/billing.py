"""One call's bill: what it cost, by whose word, what is written on the span, what is counted.

Contract section 4, `existing_cost`: a charge stands, an estimate yields to a computed cost, and
what cannot be priced says why. Pure: a candidate and a table in, a `Bill` out.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from operator import mul
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast, final

from librt.strings import BytesWriter, write_f64_le
from mypy_extensions import i64, mypyc_attr

from pricing import NotPriced, Question, Reason, Standing
from pricing.money import ATTO
from processor.calls.candidate import BILL, DUPLICATE
from processor.dialects.usage import UNITS
from processor.model import NO_UNITS, Source, Status, Unpriced
from processor.stamp import Form, Stamp, Stamper, usd_of
from processor.wire.fields import COMPILED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pricing import Offer, PriceTable, Quote, Tariff
    from processor.calls.candidate import Candidate
    from processor.dialects.reading import Reading
    from processor.dialects.usage import Count

ExistingCost: TypeAlias = Literal["replace_estimates", "keep", "replace"]

logger = logging.getLogger("genai_cost")

COMPUTED: Final = Source.COMPUTED
STANDING: Final[Mapping[Standing, Status]] = {each: Status(each) for each in Standing}
_SMALL_RATE: Final = 1 << 45
_SMALL_COUNT: Final = 1 << 17
LATE: Final = frozenset(
    {Status.UNKNOWN_MODEL, Status.NO_PRICE_AT_TIME, Status.UNSUPPORTED_UNIT}
)
"""What a further row in a price file mends."""
OFFER_LIMIT: Final = 8192
NO_COUNTS: Final[list[int]] = []


@final
@mypyc_attr(acyclic=True)
class Bill:
    """What one span comes to."""

    def __init__(self, status: Status, atto_usd: int, source: str, stamp: Stamp) -> None:
        self.status: Status = status
        self.atto_usd: int = atto_usd
        self.source: str = source
        self.append: bytes = stamp.append
        self.keys: frozenset[str] = stamp.keys
        self.classes: tuple[str, ...] = ()
        self.counts: list[int] = NO_COUNTS
        """Tokens that are counted by class; none of a duplicate or an aggregate."""
        self.units: Mapping[str, Count] = NO_UNITS
        """What is counted besides, and is no token."""
        self.row: str = ""
        self.unpriced: Unpriced | None = None
        """What is still to be priced, once somebody has its price."""


@final
class Rated:
    """How calls of one pattern are billed for as long as their tariff holds."""

    def __init__(self, tariff: Tariff, form: Form, *, parts: bool) -> None:
        self.tariff: Tariff = tariff
        self.form: Form = form
        self.form_beside: Form | None = None
        """The same with a cost beside it that came with the span; made when one comes."""
        self.parts: bool = parts
        self.status: Status = STANDING[tariff.standing]


class Biller:
    """Makes bills by one policy; the price table comes with every request."""

    def __init__(self, stamper: Stamper, existing_cost: ExistingCost) -> None:
        self._stamper = stamper
        self._existing_cost = existing_cost
        self.replaceable: frozenset[str] = stamper.replaceable
        """Every attribute that a bill may replace on its span."""
        self.ends_other_money: bool = stamper.ends_other_money
        self._table: PriceTable | None = None
        self._offers: dict[object, Offer | NotPriced] = {}
        self._rated: dict[object, Rated] = {}
        self._asks_service: bool = False
        self._asks_environment: bool = False

    def bill(self, candidate: Candidate, table: PriceTable, now_unix_ns: int) -> Bill:
        """The bill of a span that was not settled before."""
        if candidate.verdict is not BILL:
            status = Status.DUPLICATE if candidate.verdict is DUPLICATE else Status.AGGREGATE
            return Bill(status, 0, "", self._stamper.unpriced(status))
        if table is not self._table:
            self._turn_to(table)
        return self._call(candidate, table, int(candidate.view.end_ns) or now_unix_ns)

    def _call(self, candidate: Candidate, table: PriceTable, at_unix_ns: int) -> Bill:
        """The bill of a call that is to be counted."""
        reading = candidate.reading
        if reading.pattern.subject.unbilled and not self._stands(reading):
            status = Status.NOT_BILLABLE
            return Bill(status, 0, "", self._stamper.unpriced(status))
        if reading.reported_usd is not None and self._stands(reading):
            return self._standing(candidate, table, at_unix_ns)
        if reading.other_money and self._leaves_other_money(reading):
            return _with_tokens(self._not_in_dollars(), reading)
        if not reading.impossible:
            rated = self._rated_for(candidate, table, at_unix_ns)
            if rated is not None:
                form = rated.form
                if reading.reported_usd is not None and rated.parts:
                    form = self._form_beside(rated, reading, table.version)
                return _plain_bill(rated, form, reading)
        answer = self._answer(candidate, table, at_unix_ns)
        if isinstance(answer, NotPriced):
            return self._unpriced(candidate, answer, table.version)
        stamp = self._stamper.priced(answer, table.version, reading.reported_usd)
        bill = Bill(STANDING[answer.status], answer.atto_usd, COMPUTED, stamp)
        bill.row = answer.row
        return _with_tokens(bill, reading)

    def _form_beside(self, rated: Rated, reading: Reading, version: str) -> Form:
        """With a place for the cost that came with the span."""
        form = rated.form_beside
        if form is None:
            classes = reading.pattern.classes
            form = self._stamper.form(rated.tariff, classes, version, reported=True)
            rated.form_beside = form
        return form

    def _turn_to(self, table: PriceTable) -> None:
        """Another table: nothing of the one before holds."""
        self._table, self._offers, self._rated = table, {}, {}
        self._asks_service = table.terms.asks_service()
        self._asks_environment = table.terms.asks_environment()

    def _answer(
        self, candidate: Candidate, table: PriceTable, at_unix_ns: int
    ) -> Quote | NotPriced:
        """By the price table, whatever it takes."""
        reading = candidate.reading
        if reading.impossible:
            return NotPriced(Reason.IMPOSSIBLE_USAGE, reading.impossible)
        offer = self._offer(candidate, table)
        if isinstance(offer, NotPriced):
            return offer
        return offer.charge(reading.stated, at_unix_ns)

    def _rated_for(
        self, candidate: Candidate, table: PriceTable, at_unix_ns: int
    ) -> Rated | None:
        """By a tariff that holds: the one of the call before, or a new one; None: see `_answer`."""
        reading = candidate.reading
        pattern = reading.pattern
        case = self._case(candidate)
        known = self._rated.get(case)
        if known is not None and known.tariff.holds(
            cast("list[int]", reading.counts), at_unix_ns
        ):
            return known
        if not UNITS.isdisjoint(pattern.classes):
            return None
        offer = self._offer(candidate, table)
        if isinstance(offer, NotPriced):
            return None
        tariff = offer.tariff(cast("dict[str, int]", reading.stated), at_unix_ns)
        if tariff is None:
            return None
        form = self._stamper.form(tariff, pattern.classes, table.version)
        made = Rated(tariff, form, parts=self._stamper.says_parts)
        if len(self._rated) >= OFFER_LIMIT:
            self._rated.clear()
        self._rated[case] = made
        return made

    def _case(self, candidate: Candidate) -> object:
        """What a price can depend on beside counts and time."""
        if not (self._asks_service or self._asks_environment):
            return candidate.reading.pattern
        return (candidate.reading.pattern, *self._payer(candidate))

    def _payer(self, candidate: Candidate) -> tuple[str, str]:
        """Service and environment, where the operator's terms ask for them."""
        origin = candidate.resource.origin
        return (
            origin.service_name if self._asks_service else "",
            origin.environment if self._asks_environment else "",
        )

    def fault(self) -> Bill:
        """Of a span whose bill could not be made."""
        stamp = self._stamper.unpriced(Status.INTERNAL_ERROR)
        return Bill(Status.INTERNAL_ERROR, 0, "", stamp)

    def _offer(self, candidate: Candidate, table: PriceTable) -> Offer | NotPriced:
        """The rows for what a call is about; remembered for as long as the table holds."""
        case = self._case(candidate)
        known = self._offers.get(case)
        if known is None:
            if len(self._offers) >= OFFER_LIMIT:
                self._offers.clear()
            known = self._offers[case] = table.find(self._question(candidate))
        return known

    def _question(self, candidate: Candidate) -> Question:
        """What a price may depend on beside the counts."""
        pattern = candidate.reading.pattern
        subject = pattern.subject
        service, environment = self._payer(candidate)
        return Question(
            model=subject.model,
            request_model=subject.request_model,
            provider=subject.provider,
            operation=pattern.operation,
            endpoint=subject.address,
            service_tier=subject.service_tier,
            region=subject.region,
            batch=subject.batch,
            attributes=subject.conditions,
            missing=pattern.missing,
            service=service,
            environment=environment,
        )

    def _stands(self, reading: Reading) -> bool:
        reported = reading.reported_usd
        if reported is None or self._existing_cost == "replace":
            return False
        if self._existing_cost == "keep":
            return True
        # A reported 0 is what guessers write for models they don't know (trap 21): not believed.
        return reported > 0 and reading.charged

    def _leaves_other_money(self, reading: Reading) -> bool:
        """Whether a cost that is not in dollars, and would stand if it were, came with the span."""
        if self._existing_cost == "keep":
            return reading.reported_usd is None
        return self._existing_cost != "replace" and reading.charged

    def _not_in_dollars(self) -> Bill:
        stamp = self._stamper.unpriced(Status.NO_PRICE_AT_TIME)
        return Bill(Status.NO_PRICE_AT_TIME, 0, "", stamp)

    def _standing(self, candidate: Candidate, table: PriceTable, at_unix_ns: int) -> Bill:
        """A cost that came with the span is the cost, in the attribute and in the counters.

        What we would have said stands beside it, if we can say it: what was paid needs no opinion.
        """
        reading = candidate.reading
        usd = reading.reported_usd or 0.0
        ours: int | None = None
        try:
            answer = self._answer(candidate, table, at_unix_ns)
            ours = None if isinstance(answer, NotPriced) else answer.atto_usd
        except Exception:
            logger.exception("a charge stands without a second opinion because of a fault")
        stamp = self._stamper.standing(
            usd, ours, under=reading.reported_under, charged=reading.charged
        )
        atto_usd = atto_of(usd)
        amount = table.terms.beside(atto_usd, at_unix_ns)
        if amount:
            stamp = self._stamper.in_money(stamp, amount, table.terms.currency)
        return _with_tokens(Bill(Status.PRICED, atto_usd, Source.REPORTED, stamp), reading)

    def _unpriced(self, candidate: Candidate, answer: NotPriced, version: str) -> Bill:
        """No cost of ours. An estimate that came with the span is left as it is, and counted so."""
        reading = candidate.reading
        status = Status(answer.reason)
        counts = reading.reported_key.partition("#")[0] in self._stamper.totals
        estimate = reading.reported_usd if counts else None
        if estimate:
            stamp = self._stamper.left(status)
            bill = Bill(status, atto_of(estimate), Source.REPORTED, stamp)
        else:
            stamp = self._stamper.unpriced(status)
            bill = Bill(status, 0, "", self._stamper.beside(stamp, answer))
            if status in LATE and reading.counts:
                question = self._question(candidate)
                bill.unpriced = Unpriced(question, reading.stated, version)
        return _with_tokens(bill, reading)


def _plain_bill(rated: Rated, form: Form, reading: Reading) -> Bill:
    """Counts times rates: what most calls come to."""
    counts = cast("list[int]", reading.counts)
    rates = rated.tariff.rates
    total = 0
    if COMPILED:
        for place in range(len(rates)):
            total += _product(rates[place], counts[place])
    else:
        total = sum(map(mul, rates, counts))
    beside = reading.reported_usd if form is rated.form_beside else None
    if beside is not None and usd_of(total) == beside:  # to the last digit: nothing to say
        form, beside = rated.form, None
    if form.sums:
        parts = [_product(rate, counts[place]) for place, rate in enumerate(rates)]
        besides = [] if beside is None else [beside]
        stamp = form.stamp_parts(total, parts if rated.parts else [], besides)
    elif COMPILED:
        stamp = _plain_stamp(form, total, rates if rated.parts else NO_COUNTS, counts, beside)
    else:
        stamp = _packed_stamp(form, total, rates if rated.parts else NO_COUNTS, counts, beside)
    bill = Bill(rated.status, total, COMPUTED, stamp)
    bill.classes = reading.pattern.classes
    bill.counts = counts
    bill.row = rated.tariff.row
    return bill


def _plain_stamp(
    form: Form, total: int, rates: list[int], counts: list[int], beside: float | None
) -> Stamp:
    """Doubles between the form's texts: the whole, its parts, and what came with the span."""
    texts = form.texts
    written = BytesWriter()
    written.write(texts[0])
    write_f64_le(written, usd_of(total))
    last: i64 = 1
    for place in range(len(rates)):
        written.write(texts[last])
        write_f64_le(written, usd_of(_product(rates[place], counts[place])))
        last += 1
    if beside is not None:
        written.write(texts[last])
        write_f64_le(written, beside)
        last += 1
    written.write(texts[last])
    return Stamp(written.getvalue(), form.keys)


def _packed_stamp(
    form: Form, total: int, rates: list[int], counts: list[int], beside: float | None
) -> Stamp:
    """The same for an interpreter, to which `struct` is one step; it divides whole numbers exactly."""
    numbers: list[object] = [total / ATTO]
    numbers += [rate * count / ATTO for rate, count in zip(rates, counts, strict=False)]
    if beside is not None:
        numbers.append(beside)
    form.filled[1::2] = numbers
    return form.stamp_filled()


def _product(rate: int, count: int) -> int:
    """Exact; what fits into 64 bits for certain is multiplied there."""
    if rate < _SMALL_RATE and count < _SMALL_COUNT:
        small: i64 = rate
        return int(small * count)
    return rate * count


def _with_tokens(bill: Bill, reading: Reading) -> Bill:
    """The bill with the counts that are tokens."""
    usage = reading.usage
    bill.classes = tuple([name for name in usage if name not in UNITS])
    bill.counts = [int(usage[name]) for name in bill.classes]
    if reading.pattern.by_piece:
        bill.units = {name: usage[name] for name in usage if name in UNITS}
    return bill


def atto_of(usd: float) -> int:
    """The exact value of the shortest decimal that reads as this double, in 10**-18 US dollars."""
    return int(Decimal(repr(usd)) * ATTO)
