"""`history.yaml` put before the sources' rows: prices of years in which nobody dated them.

Invariant: it speaks only of the time before its last `to`; from then on the sources' rows hold as they are.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pricing.tables.making.rows import Book, Period, Price, ordered
from pricing.tables.making.yaml_text import parse_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILE: Final = Path(__file__).with_name("history.yaml")


@dataclass(frozen=True, slots=True)
class Told:
    """The past of one model: its periods, until when they speak, and the day of the entry."""

    provider: str
    model: str
    periods: tuple[Period, ...]
    until: str
    on: str


@cache
def releases() -> Mapping[str, str]:
    """The releases that the past is taken from, and their days."""
    found: dict[str, str] = parse_text(FILE.read_text(encoding="utf-8"))["releases"]
    return found


@cache
def told() -> tuple[Told, ...]:
    """Everything in the file, model by model."""
    content = parse_text(FILE.read_text(encoding="utf-8"))
    return tuple(one for item in content["history"] for one in _told(item))


def untils() -> dict[tuple[str, str], str]:
    """By provider and lowercase id: until when the history speaks."""
    return {(one.provider, one.model.lower()): one.until for one in told()}


def put_before(book: Book) -> None:
    """Begin the sources' rows where the history of their model ends, and put it before them."""
    for one in told():
        entry = book.get((one.provider, one.model.lower()))
        if entry is None:
            raise ValueError(f"history.yaml: no source has {one.provider}/{one.model}")
        later = [deepcopy(p) for p in entry.periods if not p.end or p.end > one.until]
        for period in later:
            period.start = max(period.start, one.until)
        entry.periods = [*deepcopy(one.periods), *later]


def _told(item: Mapping[str, Any]) -> Iterator[Told]:
    periods: dict[tuple[str, str], Period] = {}
    for row in item["rows"]:
        span = row.get("from", ""), row["to"]
        period = periods.setdefault(span, Period(*span))
        sources = frozenset({row["source"]})
        period.grid[ordered(row.get("when", {}).items())] = {
            name: Price(Decimal(amount), sources=sources)
            for name, amount in row["prices"].items()
        }
    if not item["dated"]:
        raise ValueError(f"history.yaml: {item['provider']} {item['models']} is not dated")
    until = max(end for _, end in periods)
    for model in item["models"]:
        yield Told(item["provider"], model, tuple(periods.values()), until, item["on"])
