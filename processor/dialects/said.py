"""What a span's attributes say in a dialect's terms: what it is about, what it counts, what it cost.

One pass over the attributes; what cannot be true is named, never clamped. Compiled by mypyc where
that works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mypy_extensions import i64, mypyc_attr

from processor.dialects.reported import in_dollars
from processor.dialects.speaker import REPORTED
from processor.dialects.usage import (
    MAX_COST,
    MAX_COUNT,
    UNITS,
    Impossible,
    count,
    quantity,
    unreadable,
)

if TYPE_CHECKING:
    from processor.dialects.speaker import Speaker
    from processor.dialects.texts import Texts
    from processor.dialects.usage import Count


@final
@mypyc_attr(acyclic=True)
class Said:
    """What one pass over a span's attributes found."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.counts: dict[str, Count] = {}
        self.problems: dict[str, str] = {}
        """By class, why the number that would be taken cannot be true."""
        self.unread: dict[str, str] = {}
        """By class, what stands where a number should; another attribute may have one."""
        self.reported: bool = False
        """Whether a cost came with the span."""

    def says_numbers(self) -> bool:
        """Whether anything stands where a count should, be it true or not."""
        return bool(self.counts) or bool(self.problems) or bool(self.unread)

    def impossible(self) -> str:
        """What cannot be true, whatever the attributes' order; empty where all can."""
        if self.problems:
            return min(self.problems.values())
        if not self.unread:
            return ""
        return min(
            [why for name, why in self.unread.items() if name not in self.counts], default=""
        )


def listen(speaker: Speaker, texts: Texts) -> Said:
    """Goes over the attributes once: what they tell of the subject, and what they count."""
    said = Said()
    places = speaker.places
    ranks: dict[str, i64] = {}
    for spec, value in texts.attributes.items():
        place = places.get(spec)
        if place is None:
            continue
        name = place.name
        if not name:
            said.told.append(spec)
            if not isinstance(value, str):
                said.told.append(type(value))  # 1 equals true
            said.told.append(value)
        elif name == REPORTED:
            said.reported = True
        elif (name not in ranks or ranks[name] > place.rank) and _take(
            said, name, spec, value, whole=place.whole
        ):
            ranks[name] = place.rank
    for name, spec in speaker.json_counts:
        if name not in said.counts and name not in said.problems:
            _take(said, name, spec, texts.value(spec), whole=name not in UNITS)
    return said


def _take(said: Said, name: str, spec: str, value: object, *, whole: bool) -> bool:
    """Whether the value says how much there is of a class, be it a number that cannot be true."""
    number: Count | None
    if whole and type(value) is int and 0 <= value <= MAX_COUNT:
        number = value
    else:
        try:
            number = count(value) if whole else quantity(value)
        except Impossible as problem:
            said.counts.pop(name, None)
            said.problems[name] = f"{spec}: {problem}"
            return True
    if number is None:
        if name != "total" and unreadable(value):
            said.unread.setdefault(name, f"{spec}: {str(value)[:32]!r} is no count")
        return False
    said.counts[name] = number
    if said.problems:
        said.problems.pop(name, None)
    return True


def reported(speaker: Speaker, texts: Texts) -> list[tuple[str, float]]:
    """(place, US dollars) of each cost that came with the span, by precedence."""
    found: list[tuple[str, float]] = []
    for spec in in_dollars(speaker.costs, texts.attributes):
        value = texts.value(spec)
        if isinstance(value, str):
            value = _amount(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        if 0 <= value < MAX_COST:
            found.append((spec, float(value)))
    return found


def _amount(text: str) -> float | None:
    try:
        return float(text) if len(text) <= 32 else None
    except ValueError:
        return None
