"""Whether two writers of one trace describe one call that at least one of them does not name.

Nothing links their spans, so what they say has to do it: one lies in time within the other, with the
same output and a model of the same name. Compiled by mypyc where that works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from mypy_extensions import mypyc_attr

from processor.dialects.usage import INPUT_PARTS

if TYPE_CHECKING:
    from processor.calls.candidate import Candidate
    from processor.dialects.reading import Reading
    from processor.dialects.usage import Count

NOTE_WITHIN_NS: Final = 1_000_000_000
"""How long after a call a span of no length may still speak of it."""
OUTPUT: Final = frozenset({"output", "reasoning"})
CACHED: Final = frozenset({"cache_read", "cache_write", "cache_write_1h", "cache_write_12h"})
INPUT: Final = frozenset({"input", *INPUT_PARTS})


@final
@mypyc_attr(acyclic=True)
class Told:
    """What one writer said of a call, and when; small, whatever was written."""

    def __init__(self, candidate: Candidate) -> None:
        reading = candidate.reading
        self.scope: int = hash(candidate.scope)
        self.named: bool = reading.response_id != ""
        self.models: tuple[str, ...] = reading.subject.bare_models
        self.classes: tuple[str, ...] = reading.pattern.classes
        self.counts: list[Count] = reading.counts
        self.reported_usd: float | None = reading.reported_usd
        self.start_ns: int = int(candidate.view.start_ns)
        self.end_ns: int = int(candidate.view.end_ns)

    def is_note(self) -> bool:
        """A span of no length is a note about a call that ended just before (Logfire's streams)."""
        return self.start_ns == self.end_ns

    def used_as(self, other: Told) -> bool:
        """Whether all counts are the same, in whatever order they were written."""
        return len(self.classes) == len(other.classes) and dict(
            zip(self.classes, self.counts, strict=True)
        ) == dict(zip(other.classes, other.counts, strict=True))

    def sum_of(self, names: frozenset[str]) -> Count:
        """Of these classes."""
        total: Count = 0
        for place, name in enumerate(self.classes):
            if name in names:
                total += self.counts[place]
        return total


def same_call(one: Told, other: Told) -> bool:
    """Whether both are about one call; the order does not matter."""
    if one.scope == other.scope or (one.named and other.named):
        return False
    if not _alike(one, other):
        return False
    if one.is_note() or other.is_note():
        return abs(one.end_ns - other.end_ns) <= NOTE_WITHIN_NS and one.used_as(other)
    nested = _within(one, other) or _within(other, one)
    return nested and _same_usage(one, other)


def output_of(reading: Reading) -> Count:
    """Tokens of an answer, thoughts included."""
    total: Count = 0
    for place, name in enumerate(reading.pattern.classes):
        if name in OUTPUT:
            total += reading.counts[place]
    return total


def _within(inner: Told, outer: Told) -> bool:
    return outer.start_ns <= inner.start_ns and inner.end_ns <= outer.end_ns


def _same_usage(one: Told, other: Told) -> bool:
    """Equal output, and input as far as both tell it: one may have left out what was cached.

    Where there is no output, as of embeddings, everything else must be equal too.
    """
    output = one.sum_of(OUTPUT)
    if output != other.sum_of(OUTPUT):
        return False
    if not output:
        return one.used_as(other) and one.reported_usd == other.reported_usd
    fresh, others_fresh = one.sum_of(INPUT), other.sum_of(INPUT)
    whole, others_whole = fresh + one.sum_of(CACHED), others_fresh + other.sum_of(CACHED)
    told = {fresh, whole} & {others_fresh, others_whole}
    return bool(told) or not whole or not others_whole


def _alike(one: Told, other: Told) -> bool:
    """Whether both may be about one model: a requested name beside a dated answer."""
    for a in one.models:
        for b in other.models:
            if a.startswith(b) or b.startswith(a):
                return True
    return False
