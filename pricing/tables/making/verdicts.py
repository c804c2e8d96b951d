"""Which source to believe where two disagree, as ordered rules with their reasons.

A rule looks at one price of one class; the first that applies decides. No rule averages: a chosen
price is always one that a source states.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from pricing.tables.making.decimals import digits
from pricing.tables.making.rows import ALWAYS, Classes, Entry, Price, When

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TENTH_MORE: Final = Fraction(11, 10)
IN_REGION: Final = (
    "in-region Bedrock ids cost 10 % more than global ones; LiteLLM has the global price"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One class of one row about which LiteLLM and genai-prices differ."""

    provider: str
    model: str
    mode: str
    condition: When
    name: str
    litellm: Price
    genai_prices: Price
    siblings: Classes  # LiteLLM's other prices of the row
    earlier: tuple[Price, ...]  # what genai-prices says held before
    then: Price | None  # LiteLLM's own price of August 2025

    @property
    def ratio(self) -> Fraction:
        """genai-prices' price over LiteLLM's."""
        return self.genai_prices.rate / self.litellm.rate if self.litellm.rate else Fraction(0)

    def near(self, share: str) -> bool:
        """Whether the two are no further apart than a share of the price."""
        return abs(self.ratio - 1) <= Fraction(share)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The price to believe, and why."""

    price: Price
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """`believe` is `litellm`, `genai-prices` or `shorter`; a rule explains what it decides."""

    applies: Callable[[Case], bool]
    believe: str
    reason: str


def decide(case: Case) -> Verdict:
    """By the first rule that applies; the last applies to everything."""
    rule = next(rule for rule in RULES if rule.applies(case))
    if rule.believe == "shorter":
        price = min((case.genai_prices, case.litellm), key=lambda p: digits(p.amount))
    else:
        price = case.litellm if rule.believe == "litellm" else case.genai_prices
    return Verdict(price, rule.reason)


def _at(provider: str) -> Callable[[Case], bool]:
    return lambda case: case.provider == provider


def _text_rate_for_sound(case: Case) -> bool:
    own = case.siblings.get("input")
    return case.name == "input_audio" and own is not None and own.same(case.litellm)


def _unchanged_since_2025(case: Case) -> bool:
    return case.then is not None and case.then.same(case.litellm)


RULES: Final = (
    Rule(
        lambda c: c.near("1/1000"), "shorter", "conversion noise: less than a thousandth apart"
    ),
    Rule(
        _text_rate_for_sound, "genai-prices", "LiteLLM repeats the text rate for audio tokens"
    ),
    Rule(
        lambda c: c.provider == "aws.bedrock" and c.model.startswith("us-gov."),
        "litellm",
        "GovCloud has its own price; genai-prices has one for all regions",
    ),
    Rule(
        lambda c: c.provider == "aws.bedrock" and c.ratio == _TENTH_MORE,
        "genai-prices",
        IN_REGION,
    ),
    Rule(
        lambda c: any(price.same(c.litellm) for price in c.earlier),
        "genai-prices",
        "LiteLLM still has a price that genai-prices dates as past",
    ),
    Rule(
        _at("ovhcloud"), "genai-prices", "published in EUR; LiteLLM has the EUR figure as USD"
    ),
    Rule(
        lambda c: c.provider.startswith("azure") and c.ratio == 1 / _TENTH_MORE,
        "genai-prices",
        "a global deployment costs the list price; LiteLLM has the regional one",
    ),
    Rule(
        lambda c: c.provider == "gcp.vertex_ai" and c.model.startswith("gemini"),
        "litellm",
        "genai-prices has one price for Google; Vertex AI and AI Studio differ",
    ),
    Rule(
        lambda c: c.name == "requests",
        "litellm",
        "the fee depends on the search context size; genai-prices has the one for high",
    ),
    Rule(
        lambda c: c.name == "searches" and "-search-preview" not in c.model,
        "genai-prices",
        "LiteLLM has the fee of the preview search tool",
    ),
    Rule(
        _at("fireworks_ai"),
        "genai-prices",
        "LiteLLM has the default of a size class, genai-prices the listed price",
    ),
    Rule(
        lambda c: c.mode == "speech" and c.name == "output",
        "genai-prices",
        "speech comes out as audio tokens; LiteLLM's figure is for text",
    ),
    Rule(
        lambda c: c.provider == "cloudflare" and c.near("1/50"),
        "litellm",
        "rounded by genai-prices",
    ),
    Rule(
        lambda c: c.near("1/50") and digits(c.genai_prices.amount) > digits(c.litellm.amount),
        "genai-prices",
        "LiteLLM has the same figure with its last digit cut off",
    ),
    Rule(
        _at("together_ai"),
        "litellm",
        "LiteLLM names api.together.ai/v1/models as its source, genai-prices an older page",
    ),
    Rule(
        lambda c: c.provider == "x_ai" and c.model.startswith("grok-code-fast"),
        "litellm",
        "the name serves grok-build-0.1 now, at the price that both sources have for it",
    ),
    Rule(
        lambda c: c.name == "searches" and "-search-preview" in c.model,
        "litellm",
        "these models search at the fee of the preview tool; genai-prices has that of the general one",
    ),
    Rule(
        lambda c: c.provider == "mistral_ai" and c.model == "mistral-medium",
        "litellm",
        "a moving alias: it names Medium 3.5 as mistral-medium-latest does, whose move genai-prices dates",
    ),
    Rule(
        lambda c: c.provider == "novita" and c.model.startswith("mindai/"),
        "litellm",
        "genai-prices has 55 % of each of LiteLLM's figures: a promotion without a date; the list price is kept",
    ),
    Rule(
        lambda c: c.provider == "novita" and c.name == "cache_read",
        "litellm",
        "not settled: sellers of this model have both figures; LiteLLM names the seller's price page",
    ),
    Rule(
        lambda c: c.provider == "novita",
        "litellm",
        "genai-prices has had its figure since June 2025; LiteLLM's row is younger (1.83.9 has it, 1.80.0 has not)",
    ),
    Rule(
        lambda c: re.search(r"-latest$", c.model) is not None,
        "litellm",
        "a moving alias: LiteLLM follows it, genai-prices keeps the model it named first",
    ),
    Rule(
        lambda c: c.provider == "deepseek" and not c.earlier,
        "litellm",
        "genai-prices has the list price of 2025",
    ),
    Rule(
        _unchanged_since_2025,
        "genai-prices",
        "LiteLLM's row has not changed since August 2025, genai-prices' has",
    ),
    Rule(lambda _: True, "litellm", "unsettled: LiteLLM is updated daily"),
)


def earlier_prices(entry: Entry, day: str, condition: When, name: str) -> tuple[Price, ...]:
    """What a source says held before today for one class."""
    past = (period for period in entry.periods if period.end and period.end <= day)
    found = (period.grid.get(condition, {}).get(name) for period in past)
    return tuple(price for price in found if price is not None)


def price_then(book: Mapping[tuple[str, str], Entry], entry: Entry, name: str) -> Price | None:
    """A class's standard price in an older book."""
    old = book.get((entry.provider, entry.model.lower()))
    return old.periods[0].grid.get(ALWAYS, {}).get(name) if old else None
