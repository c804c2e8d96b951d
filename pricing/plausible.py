"""Whether a price can be one, seen beside what the built-in table has for the same model.

A slip of the unit is off by a thousand or a million; a discount on top blurs that, so the limit is
lower. Nothing real is near it, and little is a tenth of the way there: that is doubted. What the table does
not have is judged by the class alone (`rates.py`).
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Final

from pricing.layer import ANY, Catalogue
from pricing.money import ATTO
from pricing.rates import at_most
from pricing.shadowed import dropped
from pricing.spelling import Spelling

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pricing.layer import Layer
    from pricing.rates import Rate
    from pricing.rows import Entry, Row

FACTOR: Final = 250
"""So far off a price is refused."""
DOUBTED: Final = 20
"""So far off it is told."""


class Limits:
    """What the built-in table says of models; built for one reload at a time."""

    def __init__(self, load: Callable[[], Layer], *, accepting: bool = False) -> None:
        """`load` gives the table, once and if need be; it may raise OSError or ValueError.

        `accepting`: what is implausible is taken with a warning.
        """
        self.accepting = accepting
        self._load = load
        self._spelt: dict[str, Spelling] = {}
        self._by_name: dict[str, list[str]] | None = None

    def objection(self, provider: str, model: str, name: str, rate: Rate) -> str:
        """Why a rate of a usage class cannot be right; empty where it can, 0 included."""
        far = self._far(provider, model, name, rate, FACTOR)
        more = "If it is, write `accept_implausible: true` on this source"
        return f"{far} {more}" if far else ""

    def doubt(self, provider: str, model: str, name: str, rate: Rate) -> str:
        """Why a rate that may stand is likely not meant; empty for most."""
        return self._far(provider, model, name, rate, DOUBTED)

    def _far(self, provider: str, model: str, name: str, rate: Rate, factor: int) -> str:
        """How far a rate is off, told beside the ordinary row that has its class."""
        rows = [
            row
            for entry in self._entries(provider, model)
            for row in entry.rows
            if name in row.rates and row.rates[name].atto
        ]
        if not rows or not rate.atto:
            return ""
        amount, usual = _amount(rate), _amount(min(rows, key=_unusual).rates[name])
        # What is refused has to be far off every row, what is doubted off the ordinary one.
        ours = [usual] if factor < FACTOR else [_amount(row.rates[name]) for row in rows]
        if amount >= max(ours) * factor * at_most(rate.currency):
            return _words(name, amount / usual, "more", usual)
        if amount <= min(ours) / factor:
            return _words(name, usual / amount, "less", usual)
        return ""

    def near(self, provider: str, model: str) -> str:
        """The known model of a provider that an id which is none likely misspells; mostly empty."""
        known, name = self._known, model.strip().lower()
        if provider == ANY or known.entry(provider, name) is not None:
            return ""
        # `@` and `:` are spellings of platforms, and so what their telemetry says.
        alias = known.resolve(provider, name)
        if alias is not None and ("@" in name or ":" in name):
            return ""
        if provider not in self._spelt:
            self._spelt[provider] = Spelling(known.models_of(provider))
        meant = self._spelt[provider].meant(name)
        return meant if alias in {None, meant} else ""

    def dropped(self, provider: str, model: str, rows: Sequence[Row]) -> str:
        """Which classes of the known row these rows leave out, and what they cost from then on."""
        found = self._known.resolve(provider, model.strip().lower())
        entry = None if found is None else self._known.entry(provider, found)
        return dropped(rows, entry.rows) if entry is not None else ""

    def _entries(self, provider: str, model: str) -> list[Entry]:
        """The models of that id; of every seller where a source names none."""
        if provider == ANY:
            sellers = self._named().get(model, [])
            found = (self._known.entry(seller, model) for seller in sellers)
            return [entry for entry in found if entry is not None]
        resolved = self._known.resolve(provider, model)
        entry = self._known.entry(provider, resolved) if resolved is not None else None
        return [entry] if entry is not None else []

    @cached_property
    def _known(self) -> Layer:
        try:
            return self._load()
        except (OSError, ValueError):  # the book says so by itself
            return Catalogue({}, {})

    def _named(self) -> dict[str, list[str]]:
        """Who sells a model of that id."""
        if self._by_name is None:
            found: dict[str, list[str]] = {}
            for provider, model in self._known.models():
                found.setdefault(model, []).append(provider)
            self._by_name = found
        return self._by_name


def _amount(rate: Rate) -> Fraction:
    return Fraction(rate.atto, rate.units)


def _unusual(row: Row) -> tuple[int, int, bool, bool, int]:
    """Sorts the row that most calls are charged by to the front: no conditions, and in force now."""
    when = row.when
    return (
        len(when.facts),
        when.context,
        when.hours is not None,
        row.until is not None,
        -(row.since or 0),
    )


def _words(name: str, times: Fraction, way: str, ours: Fraction) -> str:
    return (
        f"{name} is {float(times):,.0f} times {way} than the built-in {float(ours / ATTO * 10**6):g} "
        "USD per million; is the unit right?"
    )
