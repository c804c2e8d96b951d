"""Money: whole atto-dollars (10**-18 USD) from the table to the counter, double only on the wire.

Nothing here knows prices or usage. An amount is rounded once, half to even, where a rate meets a
count; sums of amounts are exact whatever their order.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Final

ATTO: Final = 10**18

# Wide enough that no published price, count or product is ever rounded on the way in or out.
_EXACT: Final = Context(prec=200)


def to_double(atto_usd: int) -> float:
    """The double nearest to an amount in dollars: int true division rounds correctly."""
    return atto_usd / ATTO


def to_text(atto_usd: int) -> str:
    """The exact amount in dollars as plain decimal text, without trailing zeros."""
    sign, whole = ("-", -atto_usd) if atto_usd < 0 else ("", atto_usd)
    dollars, rest = divmod(whole, ATTO)
    fraction = f"{rest:018d}".rstrip("0")
    return f"{sign}{dollars}.{fraction}" if fraction else f"{sign}{dollars}"


def plain(amount: Decimal) -> str:
    """Decimal text without an exponent and without trailing zeros."""
    text = f"{amount.normalize(_EXACT):f}"
    return "0" if text in {"-0", ""} else text


def divide_half_even(numerator: int, denominator: int) -> int:
    """The quotient of two whole numbers, rounded half to even."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and quotient % 2):
        return quotient + 1
    return quotient
