"""Exact decimals out of what the sources wrote, floats included.

The one rounding of the tables: a figure with float noise (`2.99999`, `0.18000000000000002`) becomes
the short decimal it stands for, a longer one keeps nine digits. Nothing else ever changes a figure.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal

_DIGITS = 9
# How far a short decimal may lie from a figure of six or more digits and still be what was meant.
_NOISE = ((3, Decimal("1e-4")), (4, Decimal("3e-5")))


def rounded(value: Decimal, digits: int, how: str = ROUND_HALF_EVEN) -> Decimal:
    """The number to so many significant digits."""
    return Context(prec=digits, rounding=how).plus(value)


def plain(value: Decimal) -> Decimal:
    """The same number without trailing zeros or an exponent."""
    short = value.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def digits(value: Decimal) -> int:
    """Significant digits, trailing zeros not counted."""
    return len(value.normalize().as_tuple().digits)


def clean(value: Decimal) -> Decimal:
    """The figure without float noise."""
    if digits(value) < 6:
        return plain(value)
    for places, tolerance in _NOISE:
        short = rounded(value, places)
        if abs(short - value) <= tolerance * abs(value):
            return plain(short)
    return plain(rounded(value, _DIGITS))


def of_float(value: float) -> Decimal:
    """The shortest decimal that reads back as this float."""
    return Decimal(repr(value))


def undivided(figure: Decimal, divisor: int) -> Decimal | None:
    """The shortest decimal that, divided, gives `figure` rounded or cut: a vendor's own price.

    0.00003083 a second was 0.111 an hour: 0.111 / 3600 gives the same four digits.
    """
    whole = plain(figure * divisor)
    if digits(whole) <= 3:
        return whole
    known = digits(figure)
    for places in range(1, 6):
        candidate = plain(rounded(whole, places))
        cut = (
            rounded(candidate / divisor, known),
            rounded(candidate / divisor, known, ROUND_DOWN),
        )
        if plain(figure) in map(plain, cut):
            return candidate
    return None


def short_rate(per_second: Decimal, scales: tuple[int, ...]) -> tuple[Decimal, int]:
    """The price as its vendor will have written it: per second, or per one of `scales` seconds."""
    found = [(clean(per_second), 1)]
    for scale in scales:
        candidate = undivided(per_second, scale)
        if candidate is not None:
            found.append((candidate, scale))
    return min(found, key=lambda pair: (digits(pair[0]), len(text(pair[0]))))


def text(value: Decimal) -> str:
    """Decimal text without an exponent, as it stands in the files."""
    return format(plain(value), "f")
