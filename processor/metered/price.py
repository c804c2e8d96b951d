"""What the usage of a model costs where the calls are not known one by one.

Many calls in one sum have no size of prompt: each class is charged at the price of a short one. Where
a row has further prices for long prompts, or a fee for each call, that is a lower bound; where cached
tokens cannot be told from the others and have a price of their own, they are charged as input, or, if
the writer leaves them out of it, not at all: that is a lower bound too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pricing import NotPriced
from pricing.money import divide_half_even
from processor.dialects.usage import Impossible, disjoint
from processor.model import Status

if TYPE_CHECKING:
    from decimal import Decimal

    from pricing import Offer, PriceTable
    from processor.metered.report import Group

SHORT: Final = 1000
"""A prompt of so many tokens of each class is long to nobody."""
_RANK: Final = (Status.PRICED, Status.PRICED_FALLBACK, Status.PRICED_LOWER_BOUND)


class Cost(NamedTuple):
    """What usage came to; `atto_usd` is 0 where the status says that it has no price."""

    status: Status
    atto_usd: int
    counts: dict[str, int]
    row: str = ""


def cost(group: Group, reported: dict[str, int], table: PriceTable, at_unix_ns: int) -> Cost:
    """The cost of tokens by class, as they were reported."""
    try:
        usage: dict[str, int | Decimal] = disjoint(dict(reported), group.rule)
    except Impossible:
        return Cost(Status.IMPOSSIBLE_USAGE, 0, {})
    counts = {name: int(count) for name, count in usage.items()}
    if not counts:
        return Cost(Status.NO_USAGE, 0, {})
    offer = table.find(group.question)
    if isinstance(offer, NotPriced):
        return Cost(Status(offer.reason), 0, counts)
    told = group.splits_cache
    doubt = Status.PRICED_FALLBACK if group.rule.cache_inside else Status.PRICED_LOWER_BOUND
    return _charged(offer, counts, at_unix_ns, Status.PRICED if told else doubt)


def _charged(offer: Offer, counts: dict[str, int], at_unix_ns: int, if_cached: Status) -> Cost:
    """`if_cached` is what it is where cached tokens have a price of their own."""
    short = {name: min(count, SHORT) for name, count in counts.items()}
    quote = offer.charge(short, at_unix_ns)
    if isinstance(quote, NotPriced):
        return Cost(Status(quote.reason), 0, counts)
    parts = {
        name: divide_half_even(atto * counts[name], short[name])
        for name, atto in quote.parts
        if name in short
    }
    status = Status(quote.status)
    if if_cached is not Status.PRICED and _prices_cache(offer, at_unix_ns):
        status = max(status, if_cached, key=_RANK.index)
    if len(parts) < len(quote.parts) or _depends_on_size(offer, counts, parts, at_unix_ns):
        status = Status.PRICED_LOWER_BOUND
    return Cost(status, sum(parts.values()), counts, quote.row)


def _depends_on_size(
    offer: Offer, counts: dict[str, int], parts: dict[str, int], at_unix_ns: int
) -> bool:
    """Whether the same tokens in one prompt would cost more than rounding explains."""
    whole = offer.charge(counts, at_unix_ns)
    if isinstance(whole, NotPriced):
        return True
    return any(
        abs(atto - parts.get(name, 0)) > counts.get(name, 0) for name, atto in whole.parts
    )


def _prices_cache(offer: Offer, at_unix_ns: int) -> bool:
    """Whether cached input has a price of its own."""
    prices: list[int] = []
    for name in ("input", "cache_read"):
        quote = offer.charge({name: SHORT}, at_unix_ns)
        if isinstance(quote, NotPriced):
            return False
        prices.append(quote.atto_usd)
    return prices[0] != prices[1]
