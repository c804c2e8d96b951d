"""What a replay came to: calls and exact money by model, service and status.

Pure. The number of groups is bounded, since models and services are named by strangers; what is
beyond falls into one group of its own.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pricing.money import ATTO, to_text
from processor.model import PRICED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.cli.usage import Usage
    from processor.model import Charge

MAX_GROUPS: Final = 10_000
OTHER: Final = "(other)"


class Group(NamedTuple):
    """What calls have in common."""

    model: str
    """As it answered, else as it was asked for."""
    provider: str
    service: str
    status: str
    source: str


class Sum:
    """Calls of one group; `atto_usd` is exact."""

    __slots__ = ("atto_usd", "calls", "tokens")

    def __init__(self) -> None:
        self.calls = 0
        self.atto_usd = 0
        self.tokens: Counter[str] = Counter()

    def add(self, charge: Charge, calls: int = 1) -> None:
        """One call more."""
        self.calls += calls
        self.atto_usd += charge.atto_usd
        self.tokens.update(dict(charge.tokens))


class Tally:
    """Sums by group."""

    def __init__(self, usage: Usage | None = None) -> None:
        """`usage`: where calls are kept so that they can be priced by another table."""
        self.groups: dict[Group, Sum] = {}
        self.usage = usage

    def add(self, charges: Iterable[Charge]) -> None:
        """Calls that were settled."""
        for charge in charges:
            self._sum(charge).add(charge)
            if self.usage is not None:
                self.usage.add(charge)

    def add_usage(self, charges: Iterable[Charge]) -> None:
        """Money of which no single call is known."""
        for charge in charges:
            self._sum(charge).add(charge, calls=0)
            if self.usage is not None:
                self.usage.add(charge, calls=0)

    def _sum(self, charge: Charge) -> Sum:
        group = _group(charge)
        if group not in self.groups and len(self.groups) >= MAX_GROUPS:
            group = group._replace(model=OTHER, provider=OTHER, service=OTHER)
        return self.groups.setdefault(group, Sum())

    def sorted(self) -> list[tuple[Group, Sum]]:
        """The dearest first, then those with most calls."""
        return sorted(
            self.groups.items(), key=lambda each: (-each[1].atto_usd, -each[1].calls, each[0])
        )

    @property
    def calls(self) -> int:
        """Recognised spans, priced or not."""
        return sum(each.calls for each in self.groups.values())

    @property
    def priced(self) -> int:
        """Those with a cost."""
        return sum(each.calls for group, each in self.groups.items() if group.status in PRICED)

    @property
    def has_cost(self) -> bool:
        """Whether anything has one: a sum over nothing is no 0."""
        return any(group.source for group in self.groups)

    @property
    def atto_usd(self) -> int:
        """The exact sum in 10**-18 US dollars."""
        return sum(each.atto_usd for each in self.groups.values())

    def rows(self) -> list[tuple[str, ...]]:
        """For a table: model, provider, service, status, calls, tokens, dollars."""
        return [
            (
                group.model or "-",
                group.provider or "-",
                group.service or "-",
                group.status + (" (reported)" if group.source == "reported" else ""),
                f"{each.calls:,}",
                f"{each.tokens.total():,}",
                to_text(each.atto_usd) if group.source else "-",
            )
            for group, each in self.sorted()
        ]

    def as_json(self) -> list[dict[str, Any]]:
        """For programs; money as exact text and as the nearest double."""
        return [
            {
                **group._asdict(),
                "calls": each.calls,
                "tokens": dict(sorted(each.tokens.items())),
                "cost_usd": to_text(each.atto_usd) if group.source else None,
                "cost": each.atto_usd / ATTO if group.source else None,
            }
            for group, each in self.sorted()
        ]


def _group(charge: Charge) -> Group:
    labels = charge.labels
    return Group(
        labels.response_model or labels.request_model,
        labels.provider,
        labels.origin.service_name,
        str(charge.status),
        labels.source,
    )
