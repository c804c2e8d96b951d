"""The running sums of one label set, added to once for every span with a call.

Spans mostly end as the one before them did and count the same classes: those are added up place by
place, without a look at their names (`Tally`). Compiled by mypyc where that works.
Invariant: never more than `MAX_TALLIES` beside the sums by name, whatever strangers count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from mypy_extensions import i64, mypyc_attr

from processor.metrics.instruments import BOUNDS_ATTO
from processor.metrics.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.metrics.instruments import Attributes

MAX_TALLIES: Final = 16
_BOUNDS: Final[list[int]] = list(BOUNDS_ATTO)
_WORD: Final = 1 << 62
"""What is below it needs one machine word."""
_WORDS: Final = sum(bound < _WORD for bound in BOUNDS_ATTO)


@final
@mypyc_attr(acyclic=True)
class Tally:
    """Spans of one label set that ended alike and count the same classes."""

    def __init__(self, status: str, classes: tuple[str, ...]) -> None:
        self.status: str = status
        self.classes: tuple[str, ...] = classes
        self.spans: int = 0
        self.counts: list[int] = [0] * len(classes)
        """Their sums, in the order of the classes."""


@final
class Account:
    """The running sums of one label set."""

    def __init__(
        self, number: int, attributes: Attributes, resource: Attributes, start_unix_ns: int
    ) -> None:
        self.number: int = number
        """Counts up from 0; what the expositions remember an account by."""
        self.attributes: Attributes = attributes
        self.resource: Attributes = resource
        self.start_unix_ns: int = start_unix_ns
        self.atto_usd: int = 0
        self.calls: list[int] = []
        """Calls with a cost by histogram bucket."""
        self.late: dict[str, int] = {}
        self.apart: int | None = None
        """Beside `atto_usd`: the cost of usage whose calls nobody saw one by one."""
        self._tokens: dict[str, int] = {}
        self._spans: dict[str, int] = {}
        self._tally: Tally = Tally("", ())
        self._tallies: list[Tally] = []
        """What was not added to the sums by name yet."""

    def span(self, status: str, classes: tuple[str, ...], counts: list[int]) -> None:
        """One span, and what it counts of each class."""
        tally = self._tally
        if tally.classes is not classes or tally.status is not status:
            tally = self._tally = self._tally_of(status, classes)
        tally.spans += 1
        sums = tally.counts
        for place in range(len(sums)):
            sums[place] += counts[place]

    def _tally_of(self, status: str, classes: tuple[str, ...]) -> Tally:
        for tally in self._tallies:
            if tally.classes is classes and tally.status is status:
                return tally
        if len(self._tallies) >= MAX_TALLIES:
            self._add_up()
        tally = Tally(status, classes)
        self._tallies.append(tally)
        return tally

    def _add_up(self) -> None:
        """Adds what was tallied to the sums by name."""
        for tally in self._tallies:
            _add(self._spans, tally.status, tally.spans)
            for place, name in enumerate(tally.classes):
                _add(self._tokens, name, tally.counts[place])
        self._tallies.clear()
        self._tally = Tally("", ())

    def spend(self, atto_usd: int) -> None:
        """One call's cost."""
        self.atto_usd += atto_usd
        if not self.calls:
            self.calls = [0] * (len(_BOUNDS) + 1)
        self.calls[bucket_of(atto_usd)] += 1

    def use(self, tokens: Iterable[tuple[str, int]]) -> None:
        """Tokens beside those of spans."""
        for name, count in tokens:
            _add(self._tokens, name, count)

    def spend_late(self, status: str, atto_usd: int) -> None:
        """A cost that came after its span, and why it had none."""
        self.spend(atto_usd)
        _add(self.late, status, atto_usd)

    @property
    def spans(self) -> dict[str, int]:
        """How many there were of each status."""
        self._add_up()
        return self._spans

    @property
    def tokens(self) -> dict[str, int]:
        """How many there were of each class."""
        self._add_up()
        return self._tokens

    def totals(self) -> Totals:
        """A copy of the sums as they are now."""
        return Totals(
            self.atto_usd,
            tuple(self.calls),
            dict(self.tokens),
            dict(self.spans),
            dict(self.late),
            self.apart,
        )


def _add(sums: dict[str, int], name: str, number: int) -> None:
    sums[name] = sums.get(name, 0) + number


def bucket_of(atto_usd: int) -> int:
    """The histogram bucket of a cost: the first whose bound is not below it."""
    low: i64 = 0
    high: i64 = _WORDS
    if atto_usd >= _WORD:
        low, high = high, len(_BOUNDS)
    while low < high:
        middle = (low + high) >> 1
        if _BOUNDS[middle] < atto_usd:
            low = middle + 1
        else:
            high = middle
    return int(low)
