"""Numbers of files that strangers write: a decimal of bounded size, or nothing.

The one door to `as_integer_ratio` and `int`: what passes is quick to make into either, whatever its
text was. ASCII digits alone; no underscores, no NaN, no infinity.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

MAX_DIGITS: Final = 40
MAX_MAGNITUDE: Final = 30
"""The first digit stands fewer places than this from the point."""
_LONGEST: Final = 100
_TEXT: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")


def bounded(content: object) -> Decimal | None:
    """The number that a value or its text is; None where it is none, or out of all proportion."""
    if isinstance(content, bool) or not isinstance(content, int | Decimal | str):
        return None
    if isinstance(content, int):
        return Decimal(content) if abs(content) < 10**MAX_MAGNITUDE else None
    if isinstance(content, str):
        text = content.strip()
        if len(text) > _LONGEST or _TEXT.fullmatch(text) is None:
            return None
        content = Decimal(text)
    if not content.is_finite():
        return None
    if not content:
        return Decimal(0)
    small = abs(content.adjusted()) < MAX_MAGNITUDE
    return content if small and len(content.as_tuple().digits) <= MAX_DIGITS else None


def objection(text: str) -> str:
    """Why a text is no number that `bounded` takes, and what its writer likely meant."""
    if _TEXT.fullmatch(text) is not None:
        return f"{text[:_LONGEST]} is out of all proportion"
    return f"{text[:_LONGEST]!r} is not a decimal number{_meant(text)}"


def _meant(text: str) -> str:
    if re.fullmatch(r"[0-9]+,[0-9]+", text):
        return f"; a decimal comma? write {text.replace(',', '.')}"
    if re.fullmatch(r"[0-9.]*_[0-9._]*", text):
        return f"; write {text.replace('_', '')}, without underscores"
    if not text.isascii() and any(character.isdigit() for character in text):
        return "; write its digits as 0 to 9"
    return ""
