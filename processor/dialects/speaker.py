"""A dialect's table, turned the way it is read: by attribute. Compiled by mypyc where that works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from mypy_extensions import i64  # noqa: TC002 - mypyc has it from here

from processor.dialects.usage import UNITS

if TYPE_CHECKING:
    from processor.dialects.dialect import Dialect

REPORTED: Final = "$"
"""The name of the places where a cost may stand; no class of usage."""


@final
class Place:
    """What an attribute tells one dialect."""

    def __init__(self, name: str, rank: i64) -> None:
        self.name: str = name
        """The class it counts; empty where it tells what the span is about."""
        self.rank: i64 = rank
        """Its precedence among the attributes that count that class; the lowest is taken."""
        self.whole: bool = name not in UNITS
        """Whether it is a count and not an amount."""


@final
class Speaker:
    """A dialect's table, turned the way it is read: by key."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect: Dialect = dialect
        told = dialect.told()
        self.places: dict[str, Place] = {key: Place("", 0) for key in told if "#" not in key}
        self.subject_json: list[str] = [spec for spec in told if "#" in spec]
        self.batched: tuple[str, ...] = dialect.batched
        self.json_counts: list[tuple[str, str]] = []
        """(class, spec), in order; only for classes that no plain attribute told."""
        for name, specs in dialect.usage.items():
            for rank, spec in enumerate(specs):
                if "#" in spec:
                    self.json_counts.append((name, spec))
                else:
                    self.places[spec] = Place(name, rank)
        self.costs: tuple[str, ...] = dialect.costs()
        """Places where a cost may stand, by precedence."""
        for spec in self.costs:
            self.places[spec.partition("#")[0]] = Place(REPORTED, 0)
