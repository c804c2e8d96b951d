"""What one label set comes to at one moment, and what of it an audience is shown.

Values only. A series that an audience has not seen is first shown to it as 0, or `increase()` would
miss its first call. Hiding and subtracting are exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Series: TypeAlias = tuple[str, str]
"""Of one label set: ("cost", ""), ("tokens", class), ("spans", status) or ("late", status)."""
COST_SERIES: Series = ("cost", "")
APART_SERIES: Series = ("apart", "")


class Totals(NamedTuple):
    """The sums of one label set."""

    atto_usd: int
    calls: tuple[int, ...]
    """Calls with a cost by histogram bucket; empty where there was none yet."""
    tokens: Mapping[str, int]
    spans: Mapping[str, int]
    late: Mapping[str, int]
    """Of the atto-dollars, those that were added late, by why the calls had no price."""
    apart: int | None = None
    """Atto-dollars beside them, of usage whose calls nobody saw one by one; None: there was none."""

    @property
    def cost(self) -> int | None:
        """All atto-dollars; None where nothing ever had a cost."""
        return (
            None if not self.calls and self.apart is None else self.atto_usd + (self.apart or 0)
        )

    def series(self) -> list[Series]:
        """Every series there is; one that is there stays."""
        found = [COST_SERIES] if self.calls else []
        found += [] if self.apart is None else [APART_SERIES]
        found += [("tokens", name) for name in self.tokens]
        found += [("spans", status) for status in self.spans]
        found += [("late", status) for status in self.late]
        return found

    def holds(self, later: Totals) -> bool:
        """Whether every series of *later* is here too; it is the same label set's, and none leaves."""
        return (
            bool(self.calls) == bool(later.calls)
            and len(self.tokens) == len(later.tokens)
            and len(self.spans) == len(later.spans)
            and len(self.late) == len(later.late)
            and (self.apart is None) == (later.apart is None)
        )

    def shown(self, known: Collection[Series]) -> Totals:
        """The same with every series at 0 that is not among *known*."""
        cost = COST_SERIES in known
        return Totals(
            self.atto_usd if cost else 0,
            self.calls if cost else (0,) * len(self.calls),
            {k: n if ("tokens", k) in known else 0 for k, n in self.tokens.items()},
            {k: n if ("spans", k) in known else 0 for k, n in self.spans.items()},
            {k: n if ("late", k) in known else 0 for k, n in self.late.items()},
            self.apart if APART_SERIES in known or self.apart is None else 0,
        )

    def plus(self, other: Totals) -> Totals:
        """Both together."""
        return Totals(
            self.atto_usd + other.atto_usd,
            _sum(self.calls, other.calls),
            _merged(self.tokens, other.tokens),
            _merged(self.spans, other.spans),
            _merged(self.late, other.late),
            self.apart if other.apart is None else other.apart + (self.apart or 0),
        )

    def since(self, earlier: Totals) -> Totals:
        """What was added after *earlier*; series that did not move are left out."""
        calls = (
            tuple(n - m for n, m in zip(self.calls, earlier.calls, strict=True))
            if earlier.calls
            else self.calls
        )
        return Totals(
            self.atto_usd - earlier.atto_usd,
            calls if any(calls) else (),
            _moved(self.tokens, earlier.tokens),
            _moved(self.spans, earlier.spans),
            _moved(self.late, earlier.late),
            ((self.apart or 0) - (earlier.apart or 0)) or None,
        )


NOTHING = Totals(0, (), {}, {}, {})


def _sum(calls: tuple[int, ...], more: tuple[int, ...]) -> tuple[int, ...]:
    if not (calls and more):
        return calls or more
    return tuple(n + m for n, m in zip(calls, more, strict=True))


def _merged(counts: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {**counts, **{key: n + counts.get(key, 0) for key, n in more.items()}}


def _moved(now: Mapping[str, int], earlier: Mapping[str, int]) -> dict[str, int]:
    return {key: n - earlier.get(key, 0) for key, n in now.items() if n != earlier.get(key, 0)}
