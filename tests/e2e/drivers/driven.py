"""What the document tells the users of an instrumentation, and what a driven application left behind.

The provider's own books, as far as an instrumentation can tell them, are reckoned here on paper with
prices that nobody else has; the tables say what can't be told.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.conftest import values_of

if TYPE_CHECKING:
    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    from tests.e2e.conftest import Values
    from tests.e2e.drivers.provider import Answered, Books

DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "instrumentations.md"
DRIVERS: Final = Path(__file__).parent
COST: Final = "gen_ai.usage.cost"
STATUS: Final = "genai_cost.status"

# USD for a million tokens: fresh input, cached input, output. Nobody else's prices, so that no other
# number than these can be what was reckoned with.
PRICES: Final = {
    "gpt-4o-2024-08-06": (Fraction("2.31"), Fraction("1.13"), Fraction("9.71")),
    "gpt-5-mini-2025-08-07": (Fraction("0.37"), Fraction("0.041"), Fraction("2.39")),
    "text-embedding-3-small": (Fraction("0.023"), Fraction(0), Fraction(0)),
}
# What an instrumentation can't tell, call by call; docs/instrumentations.md says so to its users.
STREAM: Final = frozenset({"stream-without-usage"})
RESPONSES: Final = frozenset({"responses", "responses-cached-reasoning", "responses-stream"})
USAGE_UNTOLD: Final = {
    "semconv": STREAM,
    "openai_v2": STREAM | RESPONSES,
    "openllmetry": STREAM,
    "openinference": STREAM,
    "openlit": STREAM,
    "two_at_once": STREAM,
}
CACHE_UNTOLD: Final = frozenset({"openai_v2"})


def hand(call: Answered) -> float | None:
    """What a call cost by the provider's own count, on paper; None for a model that has no price."""
    if call.model not in PRICES:
        return None
    fresh, cached, output = PRICES[call.model]
    usd = (call.prompt - call.cached) * fresh + call.cached * cached + call.output * output
    return float(usd / 1_000_000)


@dataclass(frozen=True)
class Recipe:
    """What the document tells a user of one instrumentation."""

    name: str
    text: str

    def block(self, language: str) -> str:
        """Its block of code in a language; empty if there is none."""
        found = re.search(rf"^```{language}\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)
        return found[1] if found else ""

    def environment(self, grpc: int, http: int) -> dict[str, str]:
        """What it exports, with this test's ports for everybody's."""
        here = self.block("sh").replace(":4317", f":{grpc}").replace(":4318", f":{http}")
        return dict(re.findall(r"^export (\w+)=(.*)$", here, re.MULTILINE))


def recipes() -> dict[str, Recipe]:
    parts = re.split(r"^<!-- drive: (\w+) -->\n", DOCUMENT.read_text(), flags=re.MULTILINE)
    return {
        name: Recipe(name, text) for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


RECIPES: Final = recipes()


@dataclass(frozen=True)
class Driven:
    """What an application's run left behind: at the provider, at the next hop, on the page."""

    recipe: Recipe
    books: Books
    spans: list[Span]
    page: str

    def by_label(self) -> dict[str, list[Values]]:
        """The spans of each call, by the name of the root of its trace."""
        names = {span.trace_id: span.name for span in self.spans if not span.parent_span_id}
        found: defaultdict[str, list[Values]] = defaultdict(list)
        for span in self.spans:
            found[names[span.trace_id]].append(values_of(span))
        return found

    def costs(self) -> dict[str, list[float]]:
        """The costs on the spans of each call, the smallest first."""
        return {
            label: sorted(float(one[COST]) for one in spans if one.get(STATUS) == "priced")
            for label, spans in self.by_label().items()
        }

    def told(self) -> list[Answered]:
        """The provider's books as far as this instrumentation can tell them."""
        name = self.recipe.name
        return [
            replace(call, cached=0) if name in CACHE_UNTOLD else call
            for call in self.books.answered
            if call.label not in USAGE_UNTOLD.get(name, ())
        ]

    def hand(self) -> dict[str, list[float]]:
        """The same by the provider's books; calls that cost nothing stand there empty."""
        labels = [call.label for call in self.books.answered]
        on_paper: dict[str, list[float]] = {one: [] for one in [*self.books.refused, *labels]}
        for call in self.told():
            usd = hand(call)
            on_paper[call.label].extend([] if usd is None else [usd])
        return {label: sorted(costs) for label, costs in on_paper.items()}

    def counted(self, name: str, *by: str) -> Counter[str]:
        """A counter of the page, summed by the first of these labels that a point has."""
        found: Counter[str] = Counter()
        for family in text_string_to_metric_families(self.page):
            for sample in family.samples:
                if sample.name == name:
                    label = next(filter(None, map(sample.labels.get, by)), "")
                    found[label] += sample.value  # type: ignore[assignment]
        return found
