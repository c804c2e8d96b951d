"""The books: what was spent, by label set, in whole atto-dollars. Nothing here formats or sends.

One dictionary look-up a charge; plain integers, so any order and grouping of the same charges gives
the same totals. Used from the event loop alone; a reading is a copy, taken in one step.
Invariant: never more label sets than the limit, and their sum is everything that was ever added.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from pricing import NotPriced
from processor.metrics.account import Account
from processor.metrics.instruments import (
    OVERFLOW,
    Attributes,
    call_attributes,
    clean,
    model_attributes,
    own_resource,
)
from processor.model import Labels, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pricing import PriceTable
    from processor.model import Charge, Status

logger = logging.getLogger("genai_cost")

DEFAULT_LIMIT: Final = 2000
UNPRICED_LIMIT: Final = 16_384
"""Calls without a price that are remembered, the last ones; some 700 bytes each."""
_BEFORE_NS: Final = 1_000_000
"""A series starts this long before its first call: its start must lie before its first point."""


class Model(NamedTuple):
    """A model and when it was first called."""

    attributes: Attributes
    first_seen_unix_ns: int


class Ledger:
    """All accounts. `dimensions` are the names of `Labels.dimensions`, in their order."""

    def __init__(
        self,
        *,
        dimensions: Sequence[str] = (),
        instance_id: str = "",
        cardinality_limit: int = DEFAULT_LIMIT,
    ) -> None:
        self._dimensions = tuple(dimensions)
        self._instance_id = clean(instance_id)
        # As in OpenTelemetry's SDKs, the overflow set is one of the limit.
        self._room = max(0, cardinality_limit - 1)
        self._by_labels: dict[Labels, Account] = {}
        self._by_identity: dict[tuple[Attributes, Attributes], Account] = {}
        self._overflow: Account | None = None
        self._models: dict[Attributes, int] = {}
        self._unpriced: deque[Charge] = deque(maxlen=UNPRICED_LIMIT)
        self._refused_by: set[str] = set()
        self.unpriced_forgotten: int = 0
        """Calls without a price that more of them pushed out: if it comes, they are not counted."""
        self.accounts: list[Account] = []
        """Every label set, in the order of their first calls; none ever leaves."""

    def add(self, charges: Iterable[Charge], now_unix_ns: int) -> None:
        """Count *charges*; what has a source has a cost, 0 included."""
        for charge in charges:
            account = self._account(charge.labels, now_unix_ns)
            account.span(charge.status, charge.classes, charge.counts)
            if charge.labels.source:
                account.spend(charge.atto_usd)
            elif charge.unpriced is not None:
                self._remember(charge, charge.unpriced.version)

    def add_late(self, charges: Iterable[Charge], why: Status, now_unix_ns: int) -> None:
        """Count calls whose spans went on unpriced, for this reason: the counters are ahead of them."""
        for charge in charges:
            account = self._account(charge.labels, now_unix_ns)
            account.use(charge.tokens)
            account.spend_late(why, charge.atto_usd)

    def add_usage(self, charge: Charge, now_unix_ns: int) -> None:
        """Count the usage of calls that are not known one by one: no call and no span is counted."""
        account = self._account(charge.labels, now_unix_ns)
        account.use(charge.tokens)
        if charge.labels.source:
            account.apart = (account.apart or 0) + charge.atto_usd

    def _remember(self, charge: Charge, version: str) -> None:
        if len(self._unpriced) == UNPRICED_LIMIT:
            self.unpriced_forgotten += 1
        self._unpriced.append(charge)
        self._refused_by.add(version)

    def behind(self, version: str) -> bool:
        """Whether a remembered call was never held against this version of the table."""
        return bool(self._refused_by - {version})

    def catch_up(self, table: PriceTable, now_unix_ns: int) -> Iterator[int]:
        """Count what calls cost whose price came after them, once each; one step a call.

        Yields the atto-dollars of each remembered call, 0 where it still has no price. What the
        spans say is not changed: the counters are ahead of them by `genai_cost.late`.
        """
        self._refused_by.clear()
        for _ in range(len(self._unpriced)):
            charge = self._unpriced.popleft()
            try:
                yield self._settle_late(charge, table, now_unix_ns)
            except Exception:
                logger.exception(
                    "a call stays without a price because of a fault in pricing it"
                )
                self._unpriced.append(charge)
                yield 0

    def _settle_late(self, charge: Charge, table: PriceTable, now_unix_ns: int) -> int:
        unpriced, of = charge.unpriced, charge.labels
        if unpriced is None:
            return 0
        at_unix_ns = charge.end_unix_ns or now_unix_ns
        quote = table.quote(unpriced.question, unpriced.usage, at_unix_ns)
        if isinstance(quote, NotPriced):
            self._unpriced.append(charge)
            return 0
        labels = Labels(
            of.origin,
            of.operation,
            of.provider,
            of.request_model,
            of.response_model,
            Source.COMPUTED,
            of.dimensions,
        )
        account = self._account(labels, now_unix_ns)
        account.spend_late(charge.status, quote.atto_usd)
        return quote.atto_usd

    @property
    def unpriced(self) -> int:
        """Calls that are remembered because they have no price yet."""
        return len(self._unpriced)

    @property
    def resource(self) -> Attributes:
        """Whose the overflow and the models are: this instance of the service itself."""
        return own_resource(self._instance_id)

    @property
    def overflowed(self) -> int:
        """Spans counted without their labels because of the limit."""
        return sum(self._overflow.spans.values()) if self._overflow else 0

    def counted(self, status: Status) -> int:
        """Spans of this status, over all label sets."""
        return sum(account.spans.get(status, 0) for account in self.accounts)

    def models(self) -> list[Model]:
        """Every model that was called, with the time of its first call."""
        return [Model(attributes, seen) for attributes, seen in self._models.items()]

    def _account(self, labels: Labels, now_unix_ns: int) -> Account:
        kept = labels.account
        if kept is not None:
            account = cast("Account", kept)
            number = account.number
            if number < len(self.accounts) and self.accounts[number] is account:
                return account
        account = self._by_labels.get(labels) or self._open(labels, now_unix_ns)
        labels.account = account
        return account

    def _open(self, labels: Labels, now_unix_ns: int) -> Account:
        if len(self._by_labels) >= self._room:
            if self._overflow is None:
                self._overflow = self._new(((OVERFLOW, "true"),), self.resource, now_unix_ns)
            return self._overflow
        attributes = call_attributes(labels, self._dimensions, self._instance_id)
        resource = tuple((clean(key), clean(value)) for key, value in labels.origin.resource)
        # Labels that differ in what no point carries are one series, or it would have two writers.
        account = self._by_identity.get((attributes, resource))
        if account is None:
            account = self._new(attributes, resource, now_unix_ns)
            self._by_identity[attributes, resource] = account
        self._by_labels[labels] = account
        if model := model_attributes(labels, self._instance_id):
            self._models.setdefault(model, now_unix_ns)
        return account

    def _new(self, attributes: Attributes, resource: Attributes, now_unix_ns: int) -> Account:
        start_unix_ns = now_unix_ns - _BEFORE_NS
        account = Account(len(self.accounts), attributes, resource, start_unix_ns)
        self.accounts.append(account)
        return account
