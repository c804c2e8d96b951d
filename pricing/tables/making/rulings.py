"""The few facts that no source has as data, each with its reason.

Kept small on purpose: what a source gets wrong belongs there. Every ruling is listed in
`disagreements.yaml` beside the disagreements.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from pricing.tables.making.rows import ALWAYS, Book, Price

if TYPE_CHECKING:
    from collections.abc import Mapping


class Stated(NamedTuple):
    """A price that replaces what the sources say."""

    provider: str
    model: str
    name: str
    price: str
    reason: str


_THOUSAND: Final = "LiteLLM has the price of a thousand tokens as that of one"

_INSTANT: Final = "LiteLLM kept the price of before 2023-11-21, for 1.2 with a digit slipped; on Bedrock it has 0.80 and 2.40"

PRICES: Final = (
    Stated(
        "cohere",
        "embed-multilingual-light-v3.0",
        "input",
        "0.1",
        "LiteLLM has 100 USD per million tokens, a thousand times the price of its siblings",
    ),
    Stated("anthropic", "claude-instant-1.2", "input", "0.8", _INSTANT),
    Stated("anthropic", "claude-instant-1.2", "output", "2.4", _INSTANT),
    Stated("anthropic", "claude-instant-1", "input", "0.8", _INSTANT),
    Stated("anthropic", "claude-instant-1", "output", "2.4", _INSTANT),
    Stated("azure.ai.inference", "jais-30b-chat", "input", "3.2", _THOUSAND),
    Stated("azure.ai.inference", "jais-30b-chat", "output", "9.71", _THOUSAND),
    Stated("ibm.watsonx.ai", "core42/jais-13b-chat", "input", "0.5", _THOUSAND),
    Stated("ibm.watsonx.ai", "core42/jais-13b-chat", "output", "2", _THOUSAND),
)

# (provider, model) -> seconds charged at least; in the vendor's price list, in no source's data.
MINIMUM_SECONDS: Final[Mapping[str, int]] = {"groq": 10}

# Changes that took effect within a day: the dated sources have the day after.
INSTANTS: Final[Mapping[tuple[str, str], str]] = {
    ("deepseek", "2026-08-17"): "2026-08-16T16:00:00Z",
}
INSTANTS_REASON: Final = (
    "the vendor's change took effect at 16:00 UTC; genai-prices has the day"
)


def correct(book: Book) -> list[dict[str, str]]:
    """Put right what a source states wrongly, before anything is compared; for the record."""
    done: list[dict[str, str]] = []
    for ruling in PRICES:
        entry = book.get((ruling.provider, ruling.model))
        for period in entry.periods if entry is not None else ():
            old = period.grid[ALWAYS][ruling.name]
            amount = Decimal(ruling.price)
            period.grid[ALWAYS][ruling.name] = Price(amount, old.unit, old.sources)
            done.append(
                {
                    "provider": ruling.provider,
                    "model": ruling.model,
                    "class": ruling.name,
                    "stated": f"{old.amount:f}",
                    "chosen": ruling.price,
                    "reason": ruling.reason,
                }
            )
    return done


def set_instants(book: Book) -> None:
    """Move changes from the day a source has to the instant at which they took effect."""
    for entry in book.values():
        for period in entry.periods:
            for bound in ("start", "end"):
                exact = INSTANTS.get((entry.provider, getattr(period, bound)))
                if exact:
                    setattr(period, bound, exact)
