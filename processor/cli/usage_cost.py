"""What a sum of calls costs by a table: as so many calls of the mean size, each class apart.

Exact where every call of the sum falls under one row of the table, whose prices are linear; a row with
thresholds or fees of a call's own size is met at the mean. Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from pricing import NotPriced, Question
from pricing.money import divide_half_even
from pricing.rows import NS, instant
from processor.model import PRICED, Source

if TYPE_CHECKING:
    from decimal import Decimal

    from pricing import PriceTable
    from processor.cli.usage import Case, Used

_TERMS: Final = re.compile(r"\[([^\[\]]*)\]$")
_NOON_NS: Final = 12 * 3600 * NS


class Cost(NamedTuple):
    """In atto-dollars; `priced` says whether it is one."""

    atto_usd: int = 0
    priced: bool = False


def cost(used: Used, table: PriceTable, now_unix_ns: int) -> Cost:
    """By the table; what somebody charged stands, and an estimate stands where there is no price."""
    case = used.case
    stood = Cost(used.atto_usd, bool(case.source))
    if case.source == Source.REPORTED and case.status in PRICED:
        return stood
    if not used.tokens and not used.units:
        return stood
    at = instant(case.day) + _NOON_NS if case.day else now_unix_ns
    offer = table.find(question(case))
    if isinstance(offer, NotPriced):
        return stood if case.source == Source.REPORTED else Cost()
    calls = max(1, used.calls)
    mean = {name: max(1, count // calls) for name, count in used.tokens.items() if count}
    # Units have no sizes of single calls to be met: all of them at once.
    usage: dict[str, int | Decimal] = {**mean, **used.units}
    quote = offer.charge(usage, at)
    if isinstance(quote, NotPriced):
        return stood if case.source == Source.REPORTED else Cost()
    total = 0
    for name, atto in quote.parts:
        if name in mean:
            total += divide_half_even(atto * used.tokens[name], mean[name])
        else:
            total += atto if name in used.units else atto * calls
    return Cost(total, priced=True)


def question(case: Case) -> Question:
    """What was asked then, with the conditions that the row's name tells."""
    facts = facts_of(case.row)
    return Question(
        model=case.model,
        request_model=case.request_model,
        provider=case.provider,
        operation=case.operation or "chat",
        service_tier=facts.pop("service_tier", ""),
        batch=facts.pop("batch", "") == "true",
        region=facts.pop("region", ""),
        attributes=tuple(sorted(facts.items())),
        service=case.service,
        environment=case.environment,
    )


def facts_of(row: str) -> dict[str, str]:
    """`openai/gpt-4o@2024-10-02[service_tier=flex]` tells `{"service_tier": "flex"}`."""
    found = _TERMS.search(row)
    terms = found[1].split(", ") if found else []
    pairs = [term.partition("=") for term in terms if not term.startswith("not ")]
    return {
        name: values.partition("|")[0]
        for name, sign, values in pairs
        if sign and "*" not in values
    }
