"""One call's bill: what it cost, by whose word, what is written on the span, what is counted.

Contract section 4, `existing_cost`: a charge stands, an estimate yields to a computed cost, and
what cannot be priced says why. Pure: a candidate and a table in, a `Bill` out.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, final

from mypy_extensions import mypyc_attr

from pricing import NotPriced, Question, Standing
from pricing.money import ATTO
from processor.calls.settle import BILL, DUPLICATE
from processor.dialects.usage import UNITS
from processor.model import Source, Status
from processor.stamp import COST, Stamp, Stamper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pricing import Offer, PriceTable
    from processor.calls.settle import Candidate
    from processor.dialects.recognise import Reading, Subject

ExistingCost: TypeAlias = Literal["replace_estimates", "keep", "replace"]

COMPUTED: Final = Source.COMPUTED
STANDING: Final[Mapping[Standing, Status]] = {each: Status(each) for each in Standing}
OFFER_LIMIT: Final = 8192


@final
@mypyc_attr(acyclic=True)
class Bill:
    """What one span comes to."""

    def __init__(  # noqa: PLR0913, PLR0917 - one argument for each thing a bill says
        self,
        status: Status,
        atto_usd: int,
        source: str,
        tokens: tuple[tuple[str, int], ...],
        stamp: Stamp,
        row: str = "",
    ) -> None:
        self.status: Status = status
        self.atto_usd: int = atto_usd
        self.source: str = source
        self.tokens: tuple[tuple[str, int], ...] = tokens
        self.stamp: Stamp = stamp
        self.row: str = row


class Biller:
    """Makes bills by one policy; the price table comes with every request."""

    def __init__(self, stamper: Stamper, existing_cost: ExistingCost) -> None:
        self._stamper = stamper
        self._existing_cost = existing_cost
        self._table: PriceTable | None = None
        self._offers: dict[Subject, tuple[str, Offer | NotPriced]] = {}

    def bill(self, candidate: Candidate, table: PriceTable, now_unix_ns: int) -> Bill:
        """The bill of a span that was not settled before."""
        if candidate.verdict is not BILL:
            status = Status.DUPLICATE if candidate.verdict is DUPLICATE else Status.AGGREGATE
            return Bill(status, 0, "", (), self._stamper.unpriced(status))
        reading = candidate.reading
        if self._stands(candidate):
            return self._standing(candidate, Status.PRICED)
        if reading.impossible:
            return self._unpriced(candidate, Status.IMPOSSIBLE_USAGE)
        offer = self._offer(reading, table)
        if isinstance(offer, NotPriced):
            return self._unpriced(candidate, Status(offer.reason))
        quote = offer.charge(reading.usage, candidate.view.end_ns or now_unix_ns)
        if isinstance(quote, NotPriced):
            return self._unpriced(candidate, Status(quote.reason))
        return Bill(
            STANDING[quote.status],
            quote.atto_usd,
            COMPUTED,
            tokens(reading),
            self._stamper.priced(quote, table.version, reading.reported_usd),
            quote.row,
        )

    def fault(self) -> Bill:
        """Of a span whose bill could not be made."""
        stamp = self._stamper.unpriced(Status.INTERNAL_ERROR)
        return Bill(Status.INTERNAL_ERROR, 0, "", (), stamp)

    def _offer(self, reading: Reading, table: PriceTable) -> Offer | NotPriced:
        """The rows for what the reading is about; remembered for as long as the table holds."""
        if table is not self._table:
            self._table, self._offers = table, {}
        known = self._offers.get(reading.subject)
        if known is None or known[0] != reading.operation:
            if len(self._offers) >= OFFER_LIMIT:
                self._offers.clear()
            known = reading.operation, table.find(question(reading))
            self._offers[reading.subject] = known
        return known[1]

    def _stands(self, candidate: Candidate) -> bool:
        reported = candidate.reading.reported_usd
        if reported is None or self._existing_cost == "replace":
            return False
        if self._existing_cost == "keep":
            return True
        # A reported 0 is what guessers write for models they don't know (trap 21): not believed.
        return reported > 0 and candidate.charged

    def _standing(self, candidate: Candidate, status: Status) -> Bill:
        """A cost that came with the span is the cost, in the attribute and in the counters."""
        reading = candidate.reading
        usd = reading.reported_usd or 0.0
        own = reading.reported_key == COST
        stamp = self._stamper.kept(status) if own else self._stamper.taken_over(usd, status)
        return Bill(status, atto_of(usd), Source.REPORTED, tokens(reading), stamp)

    def _unpriced(self, candidate: Candidate, status: Status) -> Bill:
        """No cost of ours. An estimate that came with the span is left as it is, and counted so."""
        reading = candidate.reading
        estimate = reading.reported_usd if reading.reported_key == COST else None
        if estimate:
            return Bill(
                status,
                atto_of(estimate),
                Source.REPORTED,
                tokens(reading),
                self._stamper.left(status),
            )
        return Bill(status, 0, "", tokens(reading), self._stamper.unpriced(status))


def question(reading: Reading) -> Question:
    """What a price may depend on beside the counts."""
    subject = reading.subject
    return Question(
        model=subject.model,
        request_model=subject.request_model,
        provider=subject.provider,
        operation=reading.operation,
        endpoint=subject.address,
        service_tier=subject.service_tier,
        region=subject.region,
        attributes=subject.conditions,
    )


def tokens(reading: Reading) -> tuple[tuple[str, int], ...]:
    """The disjoint counts that are tokens."""
    usage = reading.usage
    if UNITS.isdisjoint(usage):
        return tuple(usage.items())  # type: ignore[arg-type]
    return tuple([(name, int(n)) for name, n in usage.items() if name not in UNITS])


def atto_of(usd: float) -> int:
    """The exact value of the shortest decimal that reads as this double, in 10**-18 US dollars."""
    return int(Decimal(repr(usd)) * ATTO)
