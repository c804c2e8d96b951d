"""Whether two writers of one trace describe one call that at least one of them does not name.

Nothing links their spans, so what they say has to do it: one lies in time within the other, with the
same output and a model of the same name. Compiled by mypyc where that works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from mypy_extensions import mypyc_attr

if TYPE_CHECKING:
    from processor.calls.candidate import Candidate
    from processor.dialects.reading import Reading
    from processor.dialects.usage import Count

NOTE_WITHIN_NS: Final = 1_000_000_000
"""How long after a call a span of no length may still speak of it."""


@final
@mypyc_attr(acyclic=True)
class Told:
    """What one writer said of a call, and when."""

    def __init__(self, candidate: Candidate) -> None:
        self.scope: str = candidate.scope
        self.reading: Reading = candidate.reading
        self.start_ns: int = int(candidate.view.start_ns)
        self.end_ns: int = int(candidate.view.end_ns)

    def is_note(self) -> bool:
        """A span of no length is a note about a call that ended just before (Logfire's streams)."""
        return self.start_ns == self.end_ns


def same_call(one: Told, other: Told) -> bool:
    """Whether both are about one call; the order does not matter."""
    if one.scope == other.scope or (one.reading.response_id and other.reading.response_id):
        return False
    if not _alike(one.reading, other.reading):
        return False
    if one.is_note() or other.is_note():
        near = abs(one.end_ns - other.end_ns) <= NOTE_WITHIN_NS
        return near and one.reading.usage == other.reading.usage
    nested = _within(one, other) or _within(other, one)
    return nested and _same_output(one.reading, other.reading)


def output_of(reading: Reading) -> Count:
    """Tokens of an answer, thoughts included."""
    total: Count = 0
    for place, name in enumerate(reading.pattern.classes):
        if name in {"output", "reasoning"}:
            total += reading.counts[place]
    return total


def _within(inner: Told, outer: Told) -> bool:
    return outer.start_ns <= inner.start_ns and inner.end_ns <= outer.end_ns


def _same_output(one: Reading, other: Reading) -> bool:
    """Equal output; where there is none, as of embeddings, everything else must be equal too."""
    output = output_of(one)
    if output != output_of(other):
        return False
    return bool(output) or (one.usage == other.usage and one.reported_usd == other.reported_usd)


def _alike(one: Reading, other: Reading) -> bool:
    """Whether two readings may be about one model: a requested name beside a dated answer."""
    for a in (_bare(one.subject.request_model), _bare(one.subject.response_model)):
        for b in (_bare(other.subject.request_model), _bare(other.subject.response_model)):
            if a and b and (a.startswith(b) or b.startswith(a)):
                return True
    return False


def _bare(model: str) -> str:
    return model.rpartition("/")[2].lower()
