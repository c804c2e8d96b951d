"""A rate: what one unit of a usage class costs, as an exact fraction of atto-dollars.

Reads and writes the text form of price files (`2.5`, `0.67 EUR`, `0.006 per minute`, `30 per 1M
characters`, `0.111 per hour, minimum 10, step 15`, `10 per 1K searches, first 1 free`). No price is ever a float, negative, endless or absurd.
"""

from __future__ import annotations

from decimal import Decimal
from math import gcd
from typing import TYPE_CHECKING, Final, NamedTuple

from pricing.decimals import bounded, objection
from pricing.money import ATTO, plain
from pricing.patterns import Pattern
from pricing.usage import CLASSES, Unit

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

MILLION: Final = 10**6

# Per one unit, in USD. A price above is a slip of the unit, not a price (trap 31).
_CEILING: Final[Mapping[Unit, Decimal]] = {
    Unit.TOKEN: Decimal("0.01"),
    Unit.CHARACTER: Decimal("0.01"),
    Unit.IMAGE: Decimal(1000),
    Unit.PIXEL: Decimal("0.01"),
    Unit.SECOND: Decimal(100),
    Unit.PAGE: Decimal(100),
    Unit.CALL: Decimal(1000),
    Unit.TOKEN_HOUR: Decimal("0.01"),
}
# Units of a weak currency to a dollar, by the order of magnitude: for what is plausible, never for a sum.
_WEAK: Final[Mapping[str, int]] = {
    "": 1,
    "IDR": 50_000,
    "VND": 50_000,
    "KRW": 5_000,
    "JPY": 500,
    "INR": 200,
    "RUB": 200,
}
_TIMES: Final[Mapping[str, int]] = {"": 1, "k": 10**3, "m": 10**6}
_WORDS: Final[Mapping[Unit, Mapping[str, int]]] = {
    Unit.TOKEN: {"token": 1},
    Unit.CHARACTER: {"character": 1},
    Unit.IMAGE: {"image": 1},
    Unit.PIXEL: {"pixel": 1},
    Unit.SECOND: {"second": 1, "minute": 60, "hour": 3600},
    Unit.PAGE: {"page": 1},
    Unit.CALL: {
        "search": 1,
        "request": 1,
        "session": 1,
        "unit": 1,
        "call": 1,
        "query": 1,
        "message": 1,
        "credit": 1,
    },
    Unit.TOKEN_HOUR: {"token-hour": 1},
}
_SHOWN: Final[Mapping[Unit, tuple[tuple[str, int], ...]]] = {
    Unit.TOKEN: (("", MILLION),),
    Unit.CHARACTER: ((" per 1M characters", MILLION),),
    Unit.IMAGE: ((" per image", 1),),
    Unit.PIXEL: ((" per 1M pixels", MILLION),),
    Unit.SECOND: ((" per second", 1), (" per minute", 60), (" per hour", 3600)),
    Unit.PAGE: ((" per 1K pages", 1000),),
    Unit.CALL: ((" per 1K calls", 1000),),
    Unit.TOKEN_HOUR: ((" per 1M token-hours", MILLION),),
}
_TEXT: Final = Pattern(
    r"(?P<amount>\S+)(?: (?P<currency>[A-Z]{3}))?"
    r"(?: per (?:(?P<count>\d+)(?P<times>[KkMm]?) )?(?P<unit>[a-z-]+))?"
    r"(?:, minimum (?P<minimum>\d+)(?: [a-z]+)?)?(?:, step (?P<step>\d+)(?: [a-z]+)?)?"
    r"(?:, first (?P<free>\d+)(?: [a-z-]+)? free)?"
)


class RateError(ValueError):
    """A price that cannot be one; the message says why."""


class Rate(NamedTuple):
    """`atto / units` of 10**-18 of its currency for one unit, in lowest terms."""

    atto: int
    units: int = 1
    minimum: int = 0
    """A smaller count is charged as this one."""
    step: int = 0
    """A count is rounded up to a multiple of it; 0: it is charged as it is."""
    currency: str = ""
    """ISO 4217; empty: US dollars."""
    free: int = 0
    """So many of each call cost nothing; the rest is what minimum and step look at."""

    def times(self, numerator: int, denominator: int) -> Rate:
        """The rate after a multiplier."""
        atto, units = self.atto * numerator, self.units * denominator
        shared = gcd(atto, units)
        return self._replace(atto=atto // shared, units=units // shared)


def rate(  # noqa: PLR0913  the parts of a price, each by its name
    name: str,
    amount: Decimal,
    per: int = 1,
    minimum: int = 0,
    *,
    step: int = 0,
    currency: str = "",
    free: int = 0,
) -> Rate:
    """`amount` of a currency (empty: USD) per `per` units of a class; raises `RateError`."""
    if not amount.is_finite():
        raise RateError(f"{amount} is not a price")
    if amount < 0:
        raise RateError(f"{plain(amount)} is negative")
    if amount.adjusted() > 30 or amount.adjusted() < -40 or len(amount.as_tuple().digits) > 60:
        raise RateError(f"{amount} is out of all proportion")
    unit = CLASSES[name].unit
    ceiling = _CEILING[unit] * per * at_most(currency)
    if amount > ceiling:
        raise RateError(
            f"{plain(amount)} per {per:,} is above {plain(ceiling)} {currency or 'USD'}, "
            f"which no {unit} costs; is the unit right?"
        )
    numerator, denominator = amount.as_integer_ratio()
    atto, units = numerator * ATTO, denominator * per
    shared = gcd(atto, units)
    return Rate(atto // shared, units // shared, minimum, step, currency, free)


def at_most(currency: str) -> int:
    """More units of a currency than a dollar ever costs; 1 for dollars."""
    return _WEAK.get(currency, 10)


MAX_DIGITS: Final = 15


def parse(name: str, value: object, currency: str = "") -> Rate:
    """The rate a price file means by `value` for a usage class; raises `RateError`.

    `currency` is that of amounts that name none; empty is US dollars.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise RateError(f"{value!r} is not a price")
    match = _TEXT.fullmatch(str(value).strip())
    if match is None:
        raise RateError(f"{value!r} is not a price; write `<decimal> per <unit>`")
    amount = bounded(match["amount"])
    if amount is None:
        raise RateError(objection(match["amount"]))
    written = match["currency"] or currency
    return rate(
        name,
        amount,
        _per(name, match),
        _whole(match["minimum"] or "0"),
        step=_whole(match["step"] or "0"),
        currency="" if written == "USD" else written,
        free=_whole(match["free"] or "0"),
    )


def _per(name: str, match: re.Match[str]) -> int:
    unit = CLASSES[name].unit
    words = _WORDS[unit]
    if match["unit"] is None:
        if unit is Unit.TOKEN:
            return MILLION
        raise RateError(
            f"needs its unit: `{match['amount']} per {next(iter(words))}` or the like"
        )
    word = match["unit"]
    singular = next((w for w in words if word in {w, f"{w}s", f"{w}es", f"{w[:-1]}ies"}), None)
    if singular is None:
        raise RateError(f"{name} is not counted in {word!r}, but in {' or '.join(words)}")
    per = (
        _whole(match["count"] or "1") * _TIMES[(match["times"] or "").lower()] * words[singular]
    )
    if per < 1:
        raise RateError(f"{match['count']} {word} is no amount to have a price")
    return per


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise RateError(f"a number of {len(digits)} digits is out of all proportion")
    return int(digits)


def text(name: str, price: Rate) -> str:
    """The shortest exact text that `parse` reads back as the same rate."""
    shown = _SHOWN[CLASSES[name].unit]
    money = f" {price.currency}" if price.currency else ""
    quantity = f", minimum {price.minimum}" if price.minimum else ""
    quantity += f", step {price.step}" if price.step else ""
    quantity += f", first {price.free} free" if price.free else ""
    for suffix, per in shown:
        written = _decimal(price.atto * per, price.units * ATTO)
        if written is not None:
            return f"{written}{money}{suffix}{quantity}"
    raise RateError(f"{price.atto}/{price.units} attos has no decimal text")


def _decimal(numerator: int, denominator: int) -> str | None:
    shared = gcd(numerator, denominator)
    numerator, denominator = numerator // shared, denominator // shared
    twos = (denominator & -denominator).bit_length() - 1
    fives, odd = 0, denominator >> twos
    while odd % 5 == 0:
        fives, odd = fives + 1, odd // 5
    if odd != 1:
        return None
    places = max(twos, fives)
    digits = numerator * 10**places // denominator
    return plain(Decimal(digits).scaleb(-places)) if digits < 10**27 else _long(digits, places)


def _long(digits: int, places: int) -> str:
    whole, rest = divmod(digits, 10**places)
    return f"{whole}.{rest:0{places}d}".rstrip("0").rstrip(".")
