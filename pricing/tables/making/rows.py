"""The nouns of the build: a price, a condition, a period, and what one source says of one model.

An `Entry` holds only what its source states; what a row lacks is filled in once, at the end, by
`complete`. Invariant: prices of a class are in one unit everywhere, `UNITS` says which.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

When = tuple[tuple[str, str], ...]
Classes = dict[str, "Price"]

ALWAYS: Final[When] = ()

# The order in which a row's prices are written, and the parent that a class without a price falls to.
PARENT: Final[Mapping[str, str]] = {
    "input": "",
    "cache_read": "input",
    "cache_write": "input",
    "cache_write_1h": "cache_write",
    "cache_write_12h": "cache_write",
    "output": "",
    "reasoning": "output",
    "citation": "output",
    "input_audio": "input",
    "cache_read_audio": "cache_read",
    "output_audio": "output",
    "input_image": "input",
    "cache_read_image": "cache_read",
    "output_image": "output",
    "input_video": "input",
    "cache_read_video": "cache_read",
    "output_video": "output",
}
OTHER: Final = (
    "input_characters",
    "output_characters",
    "images",
    "input_images",
    "pixels",
    "audio_seconds",
    "output_audio_seconds",
    "video_seconds",
    "input_video_seconds",
    "pages",
    "searches",
    "file_searches",
    "maps_searches",
    "code_sessions",
    "requests",
    "rerank_units",
)
ORDER: Final = (*PARENT, *OTHER)
TOKENS: Final = "1M tokens"
PER: Final[Mapping[str, int]] = {
    "1M": 10**6,
    "1K": 1000,
    "image": 1,
    "session": 1,
    "second": 1,
    "minute": 60,
    "hour": 3600,
}

CONDITIONS: Final = (
    "region",
    "service_tier",
    "batch",
    "speed",
    "context_over",
    "quality",
    "size",
    "resolution",
    "steps",
    "search_context_size",
    "hours",
)


@dataclass(frozen=True, slots=True)
class Price:
    """`amount` USD per `unit`, and which sources say so."""

    amount: Decimal
    unit: str = TOKENS
    sources: frozenset[str] = frozenset()

    def same(self, other: Price) -> bool:
        """Whether both come to the same, in whatever unit."""
        return self.rate == other.rate

    @property
    def rate(self) -> Fraction:
        """USD for one token, second, character or piece."""
        return Fraction(self.amount) / PER[self.unit.split(" ")[0]]


@dataclass(frozen=True, slots=True)
class Multiplier:
    """A published surcharge on every token price of a model, where its condition holds."""

    condition: When
    factor: Decimal
    sources: frozenset[str]


@dataclass(slots=True)
class Period:
    """What holds in [start, end), by condition; the empty condition is the standard price."""

    start: str = ""
    end: str = ""
    grid: dict[When, Classes] = field(default_factory=dict[When, Classes])

    def holds(self, day: str) -> bool:
        """Whether it holds on a day."""
        return self.start <= day and (not self.end or day < self.end)


@dataclass(slots=True)
class Entry:
    """All that is known of one model id of one provider."""

    provider: str
    model: str
    mode: str = ""
    periods: list[Period] = field(default_factory=list[Period])
    multipliers: list[Multiplier] = field(default_factory=list["Multiplier"])
    kin: str = ""  # ids with the same word here are one model in a source
    aliases: list[str] = field(default_factory=list[str])

    def current(self, day: str) -> Period | None:
        """The period that holds on a day."""
        return next((period for period in self.periods if period.holds(day)), None)


# By provider and lowercase id.
Book = dict[tuple[str, str], Entry]


def when(**conditions: str) -> When:
    """A condition in its one spelling: known keys in their fixed order."""
    return ordered((key, value) for key, value in conditions.items() if value)


def ordered(pairs: Iterable[tuple[str, str]]) -> When:
    """Conditions in their fixed order; of two for one key the later."""
    known = dict(pairs)
    return tuple((key, known[key]) for key in CONDITIONS if key in known)


def with_condition(condition: When, key: str, value: str) -> When:
    """The condition and one more."""
    return ordered([*condition, (key, value)])


def without(condition: When, *keys: str) -> When:
    """The condition as if those keys did not matter."""
    return tuple(pair for pair in condition if pair[0] not in keys)


def lookup(condition: When, key: str) -> str:
    """What a condition asks of a key; empty where it does not."""
    return dict(condition).get(key, "")


def is_token(name: str) -> bool:
    """Whether a class counts tokens."""
    return name in PARENT


def priced_by_tokens(classes: Mapping[str, Price]) -> bool:
    """Whether a row charges for tokens at all."""
    return any(is_token(name) and price.amount > 0 for name, price in classes.items())
