"""Prices that cannot be what they claim to be: slips of the unit, mostly by a factor of 1,000.

`sift` keeps such rows out of the book and says so; the check asks the same of the finished files.
Limits are USD per million tokens and leave room for the dearest and cheapest real price, by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from pricing.tables.making.rows import ALWAYS, is_token

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from pricing.tables.making.rows import Book, Classes, Entry, When

_LOWEST: Final = Decimal("0.002")
_HIGHEST: Final = {"input": Decimal(300), "output": Decimal(1200)}
_HIGHEST_EMBEDDING: Final = Decimal(5)
_HIGHEST_OTHER: Final[Mapping[str, Decimal]] = {
    "audio_seconds": Decimal("0.01"),
    "output_audio_seconds": Decimal("0.02"),
    "video_seconds": Decimal(3),
    "input_video_seconds": Decimal("0.1"),
    "input_characters": Decimal("0.001"),
    "images": Decimal(5),
    "pages": Decimal("0.5"),
    "searches": Decimal("0.1"),
    "requests": Decimal(1),
    "rerank_units": Decimal("0.1"),
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row of a source that was not believed."""

    provider: str
    model: str
    condition: When
    source: str
    reason: str

    @property
    def key(self) -> tuple[str, str]:
        """As books name the model."""
        return self.provider, self.model.lower()


def doubt(mode: str, figures: Mapping[str, Decimal]) -> str:
    """Why a row's prices cannot be: token classes in USD per million, others per single unit."""
    entering, leaving = figures.get("input"), figures.get("output")
    if mode == "embedding" and entering is not None and entering > _HIGHEST_EMBEDDING:
        return f"{entering} USD per million tokens is no embedding's price"
    for name, highest in _HIGHEST.items():
        if figures.get(name, 0) > highest:
            return f"{figures[name]} USD per million tokens of {name} is above every real price"
    if entering and entering < _LOWEST:
        return "below every price per token; a price per step or image, most likely"
    if entering and leaving and leaving * 20 < entering:
        return "output at less than a twentieth of input"
    for name, highest in _HIGHEST_OTHER.items():
        if figures.get(name, 0) > highest:
            return f"{figures[name]} USD is above every real price of {name}"
    return ""


def figures_of(classes: Classes) -> dict[str, Decimal]:
    """A row's prices as `doubt` wants them."""
    return {
        name: price.amount if is_token(name) else _decimal(price.rate)
        for name, price in classes.items()
    }


def _decimal(rate: Fraction) -> Decimal:
    return Decimal(rate.numerator) / Decimal(rate.denominator)


def sift(book: Book, *, museum: bool = False) -> list[LeftOut]:
    """Take implausible rows out of a book; what was taken out.

    A `museum` is a source that nobody corrects any more: of it only what looks ordinary is kept.
    """
    out: list[LeftOut] = []
    for key, entry in list(book.items()):
        for period in entry.periods:
            for condition, classes in list(period.grid.items()):
                reason = doubt(entry.mode, figures_of(classes))
                reason = reason or (_odd(classes) if museum else "") or _euros(entry, classes)
                if reason:
                    del period.grid[condition]
                    out.append(_left_out(entry, condition, classes, reason))
            if out and ALWAYS not in period.grid and out[-1].model == entry.model:
                period.grid.clear()
        if not any(period.grid for period in entry.periods):
            del book[key]
    return out


def _odd(classes: Classes) -> str:
    entering, leaving = classes.get("input"), classes.get("output")
    if entering and leaving and leaving.amount and leaving.amount * 2 < entering.amount:
        return "an old row with output below half of input: a slip of one of them"
    return ""


def _euros(entry: Entry, classes: Classes) -> str:
    labels = {label for price in classes.values() for label in price.sources}
    if entry.provider == "ovhcloud" and all(label.startswith("litellm") for label in labels):
        return "published in EUR; LiteLLM has the EUR figure as USD"
    return ""


def _left_out(entry: Entry, condition: When, classes: Classes, reason: str) -> LeftOut:
    labels = sorted({label for price in classes.values() for label in price.sources})
    return LeftOut(entry.provider, entry.model, condition, "; ".join(labels), reason)
