"""A recorded month under two price tables: stored OTLP, or the sums that `replay --json` made of it.

Stored calls pass the service's own parts twice, once with each table; what is compared is what the
service would have counted, to the last atto-dollar. Sums are charged as `usage_cost` says.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.cli.output import print_problems
from processor.cli.stored_files import Unusable, stored_file
from processor.cli.usage import NOT_CALLS, used_of
from processor.cli.usage_cost import cost
from processor.stored.pricer import Pricer
from processor.stored.reading import Broken, Message
from processor.stored.repricing import Refused, reprice

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pricing import PriceTable
    from processor.cli.usage import Used
    from processor.model import Charge
    from processor.settings import Settings

MAX_MODELS: Final = 10_000
OTHER: Final = ("(other)", "(other)")


class Effect(NamedTuple):
    """What one model's calls cost before and after; atto-dollars."""

    calls: int = 0
    old: int = 0
    new: int = 0
    old_unpriced: int = 0
    new_unpriced: int = 0

    def plus(self, other: Effect) -> Effect:
        """Both together."""
        return Effect(*(a + b for a, b in zip(self, other, strict=True)))


class Month:
    """Recorded calls under two tables, by provider and model."""

    def __init__(
        self,
        settings: Settings,
        tables: tuple[PriceTable, PriceTable],
        sources: Collection[str],
    ) -> None:
        self._tables = tables
        self._pricers = [
            Pricer(settings, table, sources=sources, restamp=True) for table in tables
        ]
        self.effects: dict[tuple[str, str], Effect] = {}
        self.broken = 0
        self.summed = 0
        """Calls that were read as sums."""
        self.recorded = 0
        """What those cost when they were recorded, in atto-dollars."""

    def read(self, file: str) -> None:
        """One file; what cannot be read of it is told and counted."""
        try:
            with stored_file(file) as stored:
                for message in stored:
                    self._take(message)
        except Unusable as problem:
            self._refuse(str(problem))

    def close(self) -> None:
        """Everything is read: what was held is counted."""
        old, new = (pricer.release() for pricer in self._pricers)
        self._add(old, new, calls=0)

    @property
    def total(self) -> Effect:
        """Over all models."""
        found = Effect()
        for effect in self.effects.values():
            found = found.plus(effect)
        return found

    def _take(self, message: Message | Broken) -> None:
        if isinstance(message, Broken):
            self._refuse(str(message))
            return
        try:
            sums = _sums(message)
            if sums is None:
                old, new = (reprice(message, each, "nothing").charges for each in self._pricers)
                self._add(old, new)
            else:
                self._add_sums(sums)
        except Refused as refused:
            self._refuse(f"{message.place}: {refused}")

    def _refuse(self, words: str) -> None:
        self.broken += 1
        print_problems([words])

    def _add(self, old: Iterable[Charge], new: Iterable[Charge], calls: int = 1) -> None:
        for charge in old:
            unpriced = 0 if charge.labels.source else calls
            self._put(charge, Effect(calls, charge.atto_usd, 0, unpriced, 0))
        for charge in new:
            unpriced = 0 if charge.labels.source else calls
            self._put(charge, Effect(0, 0, charge.atto_usd, 0, unpriced))

    def _put(self, charge: Charge, effect: Effect) -> None:
        if charge.status in NOT_CALLS and not charge.atto_usd:
            return
        labels = charge.labels
        self._plus((labels.provider, labels.response_model or labels.request_model), effect)

    def _add_sums(self, sums: list[Used]) -> None:
        now = time.time_ns()
        for used in sums:
            old, new = (cost(used, table, now) for table in self._tables)
            unpriced = (0 if each.priced else used.calls for each in (old, new))
            effect = Effect(used.calls, old.atto_usd, new.atto_usd, *unpriced)
            self._plus((used.case.provider, used.case.model), effect)
            self.summed += used.calls
            self.recorded += used.atto_usd

    def _plus(self, key: tuple[str, str], effect: Effect) -> None:
        if key not in self.effects and len(self.effects) >= MAX_MODELS:
            key = OTHER
        self.effects[key] = self.effects.get(key, Effect()).plus(effect)


def _sums(message: Message) -> list[Used] | None:
    """Those of a document that `replay --json` printed; None for any other."""
    if not message.is_json or b'"totals"' not in message.raw or b'"usage"' not in message.raw:
        return None
    try:
        return used_of(json.loads(message.raw))
    except (ValueError, RecursionError) as bad:
        raise Refused(str(bad)) from None
