"""From the numbers of a shape to disjoint counts, as `usage.disjoint` has them.

Worked out once for a shape. Where it takes more than taking parts from a total, in the shape or in
the numbers of one span, `usage.py` has to do it. Compiled by mypyc where that works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mypy_extensions import i64, mypyc_attr

from processor.dialects.containment import RAW_TOTALS
from processor.dialects.usage import CACHED, INPUT_PARTS, OUTPUT_PARTS, UNITS, WITH_CARE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.dialects.containment import Containment
    from processor.dialects.subject import Pattern


@final
@mypyc_attr(acyclic=True)
class Recipe:
    """What a shape means: what its calls are about, and how their numbers are read."""

    def __init__(self, pattern: Pattern | None, count_at: list[int] | None) -> None:
        self.pattern: Pattern | None = pattern
        """None where its spans describe no call."""
        self.is_tool: bool = False
        """Its spans are tools that ran: no call, and calls below them are not the one above."""
        self.at_length: bool = pattern is not None and count_at is None
        """Each of its spans has to be read the long way."""
        self.count_at: list[int] = count_at or []
        """Where among the numbers the counts of the pattern's classes stand."""
        self.names: frozenset[str] = frozenset()
        """Attributes that name the answer, as its dialect has them."""
        self.input_at: i64 = -1
        self.input_parts: list[int] = []
        self.output_at: i64 = -1
        self.output_parts: list[int] = []
        self.total_at: i64 = -1
        """Where among the numbers the writer's own sum stands, if it has a say."""
        self.whole_at: i64 = -1
        """Where a sum stands that has nothing above what is billed."""
        self.cached: list[int] = []
        self.cost_at: i64 = -1
        """Where among the costs the one that is meant stands, if one came."""
        self.costs_under: tuple[str, ...] = ()
        self.charged: bool = False

    def counts(self, numbers: list[int]) -> list[int] | None:
        """Disjoint and above 0, in the order of the classes; None: not by plain subtraction."""
        if self.at_length:
            return None
        counts = [numbers[place] for place in self.count_at]
        if self.total_at >= 0 and self._on_top(counts, numbers[self.total_at]):
            return None
        if self.input_parts and not _take_out(counts, self.input_at, self.input_parts):
            return None
        if self.output_parts and not _take_out(counts, self.output_at, self.output_parts):
            return None
        if self.whole_at >= 0 and numbers[self.whole_at] > sum(counts):
            return None
        return counts

    def _on_top(self, counts: list[int], total: int) -> bool:
        """Whether the writer's own sum has the cached tokens beside its input."""
        for place in self.cached:
            total -= counts[place]
        if self.output_at >= 0:
            total -= counts[self.output_at]
        return total == counts[self.input_at]


def _take_out(counts: list[int], whole: i64, parts: list[int]) -> bool:
    """Leaves of a total what its parts leave; False where that is nothing."""
    rest = counts[whole]
    for place in parts:
        rest -= counts[place]
    counts[whole] = rest
    return rest > 0


def recipe(pattern: Pattern, places: dict[str, int], rule: Containment) -> Recipe:
    """How numbers are read of which those at `places` count the pattern's classes, all above 0.

    `places` may hold a `total` besides.
    """
    classes = pattern.classes
    if not plain_arithmetic(classes, rule):
        return Recipe(pattern, None)
    made = Recipe(pattern, [places[name] for name in classes])
    if pattern.subject.provider not in RAW_TOTALS:
        made.whole_at = places.get("total", -1)
    if "input" in classes:
        made.input_at = classes.index("input")
        made.cached = _some(classes, CACHED) if rule.cache_inside else []
        made.input_parts = [*_some(classes, INPUT_PARTS), *made.cached]
        if made.cached:
            made.total_at = places.get("total", -1)
    if "output" in classes:
        made.output_at = classes.index("output")
        thoughts = ("reasoning",) if rule.reasoning_inside else ()
        made.output_parts = _some(classes, (*OUTPUT_PARTS, *thoughts))
    return made


def plain_arithmetic(classes: Sequence[str], rule: Containment) -> bool:
    """Whether taking parts from totals is all there is to these classes."""
    return (
        WITH_CARE.isdisjoint(classes)
        and UNITS.isdisjoint(classes)
        and (rule.cache_billed or not _some(classes, CACHED))
        and not rule.invented
    )


def _some(classes: Sequence[str], names: Sequence[str]) -> list[int]:
    return [place for place, name in enumerate(classes) if name in names]
