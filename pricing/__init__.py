"""What a call to a model costs: exact prices, honest answers, one immutable table at a time.

`PriceBook` holds the current `PriceTable`; a table answers a `Question` with an `Offer` and charges
usage with it. A pure library: no protobuf, no asyncio, nothing of the service.
"""

from __future__ import annotations

from pricing.answers import NotPriced, Question, Quote, Reason, Standing
from pricing.book import PriceBook, PriceSource, ReloadOutcome
from pricing.charge import Offer
from pricing.problems import PriceError
from pricing.table import PriceTable
from pricing.tariff import Tariff
from pricing.terms import Adjustment, Exchange, Terms

__all__ = [
    "Adjustment",
    "Exchange",
    "NotPriced",
    "Offer",
    "PriceBook",
    "PriceError",
    "PriceSource",
    "PriceTable",
    "Question",
    "Quote",
    "Reason",
    "ReloadOutcome",
    "Standing",
    "Tariff",
    "Terms",
    "Unpriced",
]

Unpriced = NotPriced
