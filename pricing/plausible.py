"""Whether a price can be one, seen beside what the built-in table has for the same model.

A slip of the unit is off by a thousand or a million; a discount on top blurs that, so the limit is
lower. Nothing real is near it. What the table does not have is judged by the class alone
(`rates.py`).
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Final

from pricing.layer import ANY, Catalogue
from pricing.money import ATTO
from pricing.rates import at_most

if TYPE_CHECKING:
    from collections.abc import Callable

    from pricing.layer import Layer
    from pricing.rates import Rate
    from pricing.rows import Entry

FACTOR: Final = 250


class Limits:
    """What the built-in table says of models; built for one reload at a time."""

    def __init__(self, load: Callable[[], Layer], *, accepting: bool = False) -> None:
        """`load` gives the table, once and if need be; it may raise OSError or ValueError.

        `accepting`: what is implausible is taken with a warning.
        """
        self.accepting = accepting
        self._load = load
        self._plain: dict[str, dict[str, str]] = {}
        self._by_name: dict[str, list[str]] | None = None

    def objection(self, provider: str, model: str, name: str, rate: Rate) -> str:
        """Why a rate of a usage class cannot be right; empty where it can, 0 included."""
        ours = [
            Fraction(row.rates[name].atto, row.rates[name].units)
            for entry in self._entries(provider, model)
            for row in entry.rows
            if name in row.rates and row.rates[name].atto
        ]
        if not ours or not rate.atto:
            return ""
        amount = Fraction(rate.atto, rate.units)
        if amount >= max(ours) * FACTOR * at_most(rate.currency):
            return _words(name, amount / max(ours), "more", max(ours))
        if amount <= min(ours) / FACTOR:
            return _words(name, min(ours) / amount, "less", min(ours))
        return ""

    def near(self, provider: str, model: str) -> str:
        """The known model of a provider whose id differs in punctuation alone, if this id is unknown."""
        known = self._known
        if provider == ANY or known.resolve(provider, model.strip().lower()) is not None:
            return ""
        if provider not in self._plain:
            self._plain[provider] = {_letters(name): name for name in known.models_of(provider)}
        return self._plain[provider].get(_letters(model), "")

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


def _letters(model: str) -> str:
    return "".join(letter for letter in model.lower() if letter.isalnum())


def _words(name: str, times: Fraction, way: str, ours: Fraction) -> str:
    return (
        f"{name} is {float(times):,.0f} times {way} than the built-in {float(ours / ATTO * 10**6):g} "
        "USD per million; is the unit right? If it is, write `accept_implausible: true` on this source"
    )
