"""One call's bill: what it cost, by whose word, what is written on the span, what is counted.

Contract section 4, `existing_cost`: a charge stands, an estimate yields to a computed cost, and
what cannot be priced says why. Pure: a candidate and a table in, a `Bill` out.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast, final

from mypy_extensions import i64, mypyc_attr

from pricing import NotPriced, Question, Standing
from pricing.money import ATTO
from processor.calls.settle import BILL, DUPLICATE
from processor.dialects.usage import UNITS
from processor.model import Source, Status, Unpriced
from processor.stamp import COST, Form, Stamp, Stamper, usd_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pricing import Offer, PriceTable, Tariff
    from processor.calls.settle import Candidate
    from processor.dialects.recognise import Reading
    from processor.dialects.subject import Pattern

ExistingCost: TypeAlias = Literal["replace_estimates", "keep", "replace"]

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
        self.row: str = ""
        self.unpriced: Unpriced | None = None
        """What is still to be priced, once somebody has its price."""


@final
class Rated:
    """How calls of one pattern are billed for as long as their tariff holds."""

    def __init__(self, tariff: Tariff, form: Form, *, parts: bool) -> None:
        self.tariff: Tariff = tariff
        self.form: Form = form
        self.parts: bool = parts
        self.status: Status = STANDING[tariff.standing]


class Biller:
    """Makes bills by one policy; the price table comes with every request."""

    def __init__(self, stamper: Stamper, existing_cost: ExistingCost) -> None:
        self._stamper = stamper
        self._existing_cost = existing_cost
        self._table: PriceTable | None = None
        self._offers: dict[Pattern, Offer | NotPriced] = {}
        self._rated: dict[Pattern, Rated] = {}

    def bill(self, candidate: Candidate, table: PriceTable, now_unix_ns: int) -> Bill:
        """The bill of a span that was not settled before."""
        if candidate.verdict is not BILL:
            status = Status.DUPLICATE if candidate.verdict is DUPLICATE else Status.AGGREGATE
            return Bill(status, 0, "", self._stamper.unpriced(status))
        reading = candidate.reading
        at_unix_ns = int(candidate.view.end_ns) or now_unix_ns
        if reading.reported_usd is None and not reading.impossible:
            rated = self._rated_for(reading, table, at_unix_ns)
            if rated is not None:
                return _plain_bill(rated, reading)
        if self._stands(candidate):
            return self._standing(reading)
        if reading.impossible:
            return self._unpriced(reading, Status.IMPOSSIBLE_USAGE)
        return self._computed(reading, table, at_unix_ns)

    def _computed(self, reading: Reading, table: PriceTable, at_unix_ns: int) -> Bill:
        """By the price table, whatever it takes."""
        offer = self._offer(reading.pattern, table)
        if isinstance(offer, NotPriced):
            return self._still_unpriced(reading, Status(offer.reason))
        quote = offer.charge(reading.usage, at_unix_ns)
        if isinstance(quote, NotPriced):
            return self._still_unpriced(reading, Status(quote.reason))
        stamp = self._stamper.priced(quote, table.version, reading.reported_usd)
        bill = Bill(STANDING[quote.status], quote.atto_usd, COMPUTED, stamp)
        bill.row = quote.row
        return _with_tokens(bill, reading)

    def _rated_for(self, reading: Reading, table: PriceTable, at_unix_ns: int) -> Rated | None:
        """By a tariff that holds: the one of the call before, or a new one; None: see `_computed`."""
        pattern = reading.pattern
        if table is not self._table:
            self._table, self._offers, self._rated = table, {}, {}
        known = self._rated.get(pattern)
        if known is not None and known.tariff.holds(
            cast("list[int]", reading.counts), at_unix_ns
        ):
            return known
        if not UNITS.isdisjoint(pattern.classes):
            return None
        offer = self._offer(pattern, table)
        if isinstance(offer, NotPriced):
            return None
        tariff = offer.tariff(cast("dict[str, int]", reading.usage), at_unix_ns)
        if tariff is None:
            return None
        form = self._stamper.form(tariff, pattern.classes, table.version)
        made = Rated(tariff, form, parts=self._stamper.says_parts)
        if len(self._rated) >= OFFER_LIMIT:
            self._rated.clear()
        self._rated[pattern] = made
        return made

    def fault(self) -> Bill:
        """Of a span whose bill could not be made."""
        stamp = self._stamper.unpriced(Status.INTERNAL_ERROR)
        return Bill(Status.INTERNAL_ERROR, 0, "", stamp)

    def _offer(self, pattern: Pattern, table: PriceTable) -> Offer | NotPriced:
        """The rows for what a call is about; remembered for as long as the table holds."""
        if table is not self._table:
            self._table, self._offers, self._rated = table, {}, {}
        known = self._offers.get(pattern)
        if known is None:
            if len(self._offers) >= OFFER_LIMIT:
                self._offers.clear()
            known = self._offers[pattern] = table.find(question(pattern))
        return known

    def _stands(self, candidate: Candidate) -> bool:
        reported = candidate.reading.reported_usd
        if reported is None or self._existing_cost == "replace":
            return False
        if self._existing_cost == "keep":
            return True
        # A reported 0 is what guessers write for models they don't know (trap 21): not believed.
        return reported > 0 and candidate.charged

    def _standing(self, reading: Reading) -> Bill:
        """A cost that came with the span is the cost, in the attribute and in the counters."""
        usd = reading.reported_usd or 0.0
        status = Status.PRICED
        own = reading.reported_key == COST
        stamp = self._stamper.kept(status) if own else self._stamper.taken_over(usd, status)
        return _with_tokens(Bill(status, atto_of(usd), Source.REPORTED, stamp), reading)

    def _still_unpriced(self, reading: Reading, status: Status) -> Bill:
        """No cost of ours as prices are now; a later table may have one."""
        bill = self._unpriced(reading, status)
        if not bill.source and status in LATE and reading.counts:
            bill.unpriced = Unpriced(question(reading.pattern), reading.usage)
        return bill

    def _unpriced(self, reading: Reading, status: Status) -> Bill:
        """No cost of ours. An estimate that came with the span is left as it is, and counted so."""
        estimate = reading.reported_usd if reading.reported_key == COST else None
        if estimate:
            stamp = self._stamper.left(status)
            bill = Bill(status, atto_of(estimate), Source.REPORTED, stamp)
        else:
            bill = Bill(status, 0, "", self._stamper.unpriced(status))
        return _with_tokens(bill, reading)


def _plain_bill(rated: Rated, reading: Reading) -> Bill:
    """Counts times rates: what most calls come to."""
    counts = cast("list[int]", reading.counts)
    form = rated.form
    filled = form.filled
    total = 0
    for place, rate in enumerate(rated.tariff.rates):
        part = _product(rate, counts[place])
        total += part
        if rated.parts:
            filled[2 * place + 3] = usd_of(part)
    filled[1] = usd_of(total)
    bill = Bill(rated.status, total, COMPUTED, form.stamp_filled())
    bill.classes = reading.pattern.classes
    bill.counts = counts
    bill.row = rated.tariff.row
    return bill


def _product(rate: int, count: int) -> int:
    """Exact; what fits into 64 bits for certain is multiplied there."""
    if rate < _SMALL_RATE and count < _SMALL_COUNT:
        small: i64 = rate
        return int(small * count)
    return rate * count


def question(pattern: Pattern) -> Question:
    """What a price may depend on beside the counts."""
    subject = pattern.subject
    return Question(
        model=subject.model,
        request_model=subject.request_model,
        provider=subject.provider,
        operation=pattern.operation,
        endpoint=subject.address,
        service_tier=subject.service_tier,
        region=subject.region,
        attributes=subject.conditions,
    )


def _with_tokens(bill: Bill, reading: Reading) -> Bill:
    """The bill with the counts that are tokens."""
    usage = reading.usage
    bill.classes = tuple([name for name in usage if name not in UNITS])
    bill.counts = [int(usage[name]) for name in bill.classes]
    return bill


def atto_of(usd: float) -> int:
    """The exact value of the shortest decimal that reads as this double, in 10**-18 US dollars."""
    return int(Decimal(repr(usd)) * ATTO)
