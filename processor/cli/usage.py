"""Calls of a recorded month in sums that another table can price: what `replay --json` says as `usage`.

Calls are added up only where they were charged alike: one day, one model as asked and as answered, one
price row. Within a row a cost is linear, so that sums lose little. Reading takes nothing on trust.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from pricing.money import ATTO, to_text
from pricing.rows import instant
from pricing.usage import CLASSES
from processor.model import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.model import Charge

MAX_ENTRIES: Final = 100_000
NOT_CALLS: Final = frozenset({Status.DUPLICATE, Status.AGGREGATE})
_TEXTS: Final = (
    *("day", "provider", "model", "request_model", "operation"),
    *("service", "environment", "row", "status", "source"),
)
_MOST: Final = 1 << 80


class Case(NamedTuple):
    """What calls of one sum have in common; texts, empty where unknown."""

    day: str
    """UTC, as 2026-11-23; empty where the spans do not say."""
    provider: str = ""
    model: str = ""
    request_model: str = ""
    operation: str = ""
    service: str = ""
    environment: str = ""
    row: str = ""
    status: str = ""
    source: str = ""


class Used(NamedTuple):
    """A sum: `calls` is 0 where only metrics told of them."""

    case: Case
    calls: int
    atto_usd: int
    tokens: Mapping[str, int]
    units: Mapping[str, Decimal] = MappingProxyType({})
    """By class, what is no token: searches, images, seconds."""


class Usage:
    """Adds up charges."""

    def __init__(self) -> None:
        self._sums: dict[Case, list[int]] = {}
        self._tokens: dict[Case, Counter[str]] = {}
        self._units: dict[Case, dict[str, Decimal]] = {}

    def add(self, charge: Charge, calls: int = 1) -> None:
        """One call more."""
        if charge.status in NOT_CALLS and calls:
            return
        case = _case(charge)
        if case not in self._sums and len(self._sums) >= MAX_ENTRIES:
            case = Case("", "(other)", "(other)")
        sums = self._sums.setdefault(case, [0, 0])
        sums[0] += calls
        sums[1] += charge.atto_usd
        self._tokens.setdefault(case, Counter()).update(dict(charge.tokens))
        if charge.units:
            units = self._units.setdefault(case, {})
            for name, number in charge.units.items():
                units[name] = units.get(name, Decimal(0)) + number

    def as_json(self) -> list[dict[str, Any]]:
        """In the order of days; what is unknown is left out."""
        return [
            {
                **{name: text for name, text in case._asdict().items() if text},
                "calls": calls,
                "tokens": dict(sorted(self._tokens[case].items())),
                **self._other_units(case),
                "cost_usd": to_text(atto_usd) if case.source else None,
            }
            for case, (calls, atto_usd) in sorted(self._sums.items())
        ]

    def _other_units(self, case: Case) -> dict[str, dict[str, str]]:
        """As exact text; nothing where there are none."""
        units = self._units.get(case, {})
        told = {name: f"{number:f}" for name, number in sorted(units.items())}
        return {"units": told} if told else {}


def _case(charge: Charge) -> Case:
    labels, at = charge.labels, charge.end_unix_ns
    day = datetime.fromtimestamp(at // 10**9, UTC).date().isoformat() if at else ""
    return Case(
        day,
        labels.provider,
        labels.response_model or labels.request_model,
        labels.request_model,
        labels.operation,
        labels.origin.service_name,
        labels.origin.environment,
        charge.row,
        str(charge.status),
        labels.source,
    )


def used_of(document: object) -> list[Used] | None:
    """The sums in what `replay --json` printed; None for another document. Raises `ValueError`."""
    if not isinstance(document, dict) or "totals" not in document:
        return None
    found = cast("dict[str, Any]", document).get("usage")
    listed = isinstance(found, list)
    if not listed:
        raise ValueError("has sums without `usage`; print them anew with `replay --json`")
    entries = cast("list[Any]", found)
    return [_used(number, each) for number, each in enumerate(entries)]


def _used(number: int, said: Any) -> Used:
    try:
        return _parsed(said)
    except (TypeError, ValueError, KeyError, AttributeError, InvalidOperation) as bad:
        raise ValueError(
            f"usage[{number}] is no sum that `replay --json` prints: {bad}"
        ) from None


def _parsed(said: Any) -> Used:
    texts = {name: said.get(name, "") for name in _TEXTS}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("a name is no text")
    if texts["day"]:
        instant(texts["day"])
    cost = Decimal(said["cost_usd"] or 0) * ATTO
    atto_usd = int(cost)
    if atto_usd != cost:
        raise ValueError("its cost is no amount of dollars")
    tokens = {str(name): _count(count) for name, count in said["tokens"].items()}
    units = {str(name): _amount(number) for name, number in said.get("units", {}).items()}
    if unknown := (tokens.keys() | units.keys()) - CLASSES.keys():
        raise ValueError(f"there is no class of usage called {min(unknown)}")
    return Used(Case(**texts), _count(said["calls"]), atto_usd, tokens, units)


def _amount(text: Any) -> Decimal:
    if not isinstance(text, str) or len(text) > 64:
        raise ValueError(f"{str(text)[:64]!r} is no amount")
    number = Decimal(text)
    if not number.is_finite() or not 0 <= number < _MOST or number.adjusted() < -18:
        raise ValueError(f"{text!r} is no amount")
    return number


def _count(number: Any) -> int:
    if type(number) is not int or not 0 <= number < _MOST:
        raise ValueError(f"{number!r} is no count")
    return number
