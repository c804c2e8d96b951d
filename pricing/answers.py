"""The questions a price table is asked and the answers it gives.

Tuples, because a question is the key of the table's memo and hashes in C. "Could not" is an answer
with a name; zero is a price.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """Why there is no price; values of `genai_cost.status`."""

    UNKNOWN_MODEL = "unknown_model"
    NO_PRICE_AT_TIME = "no_price_at_time"
    NO_USAGE = "no_usage"
    IMPOSSIBLE_USAGE = "impossible_usage"
    UNSUPPORTED_UNIT = "unsupported_unit"


class Standing(StrEnum):
    """How much of the truth a quote is; values of `genai_cost.status`."""

    PRICED = "priced"
    LOWER_BOUND = "priced_lower_bound"
    FALLBACK = "priced_fallback"


class Question(NamedTuple):
    """Everything a price can depend on, usage and time aside."""

    model: str
    """The response model where it is known, else the request model."""
    request_model: str = ""
    """Tried where `model` finds nothing."""
    provider: str = ""
    """Canonical id; empty: inferred from the address or the model's text."""
    operation: str = "chat"
    endpoint: str = ""
    """`server.address`: it outranks the provider's name, and may tell the region."""
    service_tier: str = ""
    """As served, where that is known; empty, `default`, `standard`, `auto` are the standard one."""
    batch: bool = False
    region: str = ""
    """Where the caller runs; an id or an address that tells where the model ran outranks it."""
    attributes: tuple[tuple[str, str], ...] = ()
    """size, quality, resolution, steps, speed, deployment_type, ..."""
    missing: tuple[str, ...] = ()
    """Usage classes that were used but whose counts nobody reported."""
    service: str = ""
    """`service.name`; needed only where `PriceTable.terms.asks_service()`."""
    environment: str = ""
    """`deployment.environment.name`; needed only where `PriceTable.terms.asks_environment()`."""


class Quote(NamedTuple):
    """What a call costs; `parts` add up to `atto_usd` exactly."""

    atto_usd: int
    parts: tuple[tuple[str, int], ...]
    """Usage class and its atto-dollars, in the order of the usage."""
    row: str
    match: str
    """How the row was found: `exact`, `alias`, `date stripped`, ... joined by `, `."""
    provider: str
    status: Standing
    list_atto_usd: int
    """Before adjustments; equal to `atto_usd` where there are none."""
    amount: str = ""
    """The cost in `currency`, exact decimal text; empty where there is no second currency."""
    currency: str = ""
    """ISO 4217: the configured one, else that of the prices where it is not US dollars."""


class NotPriced(NamedTuple):
    """Why a call has no price."""

    reason: Reason
    detail: str = ""
    provider: str = ""
    """As resolved, where it could be."""
    amount: str = ""
    """What it costs in `currency`, where only the rate of exchange is missing."""
    currency: str = ""
