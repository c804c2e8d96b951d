"""What one data point reports, and of whom; values only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pricing import Question
    from processor.dialects.containment import Containment
    from processor.model import Labels


class Group(NamedTuple):
    """Whose usage of which model it is: equal groups are priced together."""

    labels: Labels
    question: Question
    rule: Containment
    source: tuple[str, str]
    """The metric's family and the scope it comes under: of two that count the same calls, one counts."""
    splits_cache: bool

    @property
    def payers(self) -> list[tuple[str, str]]:
        """Service and model, by each name of the model."""
        service = self.labels.origin.service_name
        names = dict.fromkeys((self.question.model, self.question.request_model))
        return [(service, name) for name in names if name]


class Report(NamedTuple):
    """One data point: how many tokens of a class, up to when."""

    series: bytes
    """Its identity: resource, scope, metric and attributes."""
    name: str
    """The class of usage, with `+` where it stands beside its total."""
    value: int
    delta: bool
    """Since `start_ns` alone; else since the series began, at `start_ns`."""
    start_ns: int
    end_ns: int
    group: Group
