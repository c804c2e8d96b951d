"""One span's account of a call to a model. Compiled by mypyc where that works."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mypy_extensions import mypyc_attr

if TYPE_CHECKING:
    from processor.dialects.dialect import Kind
    from processor.dialects.subject import Pattern, Subject
    from processor.dialects.usage import Count


@final
@mypyc_attr(acyclic=True)
class Reading:
    """One span's account of a call to a model, or of something around such calls."""

    def __init__(self, pattern: Pattern, counts: list[Count], impossible: str = "") -> None:
        self.pattern: Pattern = pattern
        self.counts: list[Count] = counts
        """Of the pattern's classes, in their order."""
        self.impossible: str = impossible
        """Why the reported usage cannot be true; empty where it can."""
        self.response_id: str = ""
        self.reported_usd: float | None = None
        """A cost that came with the span."""
        self.reported_under: tuple[str, ...] = ()
        """Places that hold a cost; the first has the one that is meant."""
        self.other_money: bool = False
        """A cost came that is not in US dollars; it is not read."""
        self.charged: bool = False
        """The cost is somebody's charge, not an estimate."""

    @property
    def subject(self) -> Subject:
        """What the span is about."""
        return self.pattern.subject

    @property
    def kind(self) -> Kind:
        """Whether it is a call or something around calls."""
        return self.pattern.kind

    @property
    def operation(self) -> str:
        """What the call does, or what stands around calls."""
        return self.pattern.operation

    @property
    def reported_key(self) -> str:
        """Where the cost that is meant stands; empty where none came."""
        return self.reported_under[0] if self.reported_under else ""

    @property
    def usage(self) -> dict[str, Count]:
        """Disjoint counts by class; empty where the span reports none."""
        return dict(zip(self.pattern.classes, self.counts, strict=True))

    @property
    def stated(self) -> dict[str, Count]:
        """The same with the classes that are said to be 0, if anything is counted at all."""
        usage = self.usage
        if usage:
            for name in self.pattern.zeros:
                usage.setdefault(name, 0)
        return usage

    def says_cost(self) -> bool:
        """Whether the span says what its call cost, by counts or by a cost: only then it is billed."""
        return bool(self.pattern.classes) or bool(self.reported_usd)
