"""What a price table is made of: rows, each *what* x *when* x *under which conditions* x *prices*.

Immutable values and their trusted plain form (lists and texts) for the compact table; reading what
people wrote is the formats' work. A row never changes: history is told by its `[since, until)`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pricing.hours import Hours
    from pricing.rates import Rate

NS: Final = 10**9
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# Facts of a call that a row may ask for; what a `when` block may name, thresholds and hours aside.
FACTS: Final = (
    "service_tier",
    "batch",
    "region",
    "deployment_type",
    "speed",
    "size",
    "quality",
    "resolution",
    "steps",
    "style",
    "search_context_size",
    "thinking",
    "voice",
    "audio",
    "mode",
    "endpoint",
)


# How a call was served: a row that does not say outranks nothing that does.
SERVED: Final = frozenset({"service_tier", "batch", "speed"})
# Names of the ordinary way to be served; one value stands for all.
STANDARD: Final = frozenset(
    {
        "",
        "default",
        "standard",
        "auto",
        "on_demand",
        "on-demand",
        "none",
        "standard_only",
        "normal",
    }
)


_GOOGLE: Final = "on_demand_"
"""What `trafficType` has before a tier. Source: https://ai.google.dev/api/generate-content#UsageMetadata"""


class Fact(NamedTuple):
    """One condition: the call's value of `name` is (or, negated, is known and is not) in a set.

    A value with a `*` is a pattern: `endpoint: "*.eu.example.com"`.
    """

    name: str
    values: frozenset[str]
    negated: bool = False

    def holds(self, facts: Mapping[str, str]) -> bool:
        """Whether a call with these facts meets it; an absent fact meets nothing."""
        value = facts.get(self.name, "")
        return bool(value) and self._named(value) is not self.negated

    def _named(self, value: str) -> bool:
        if value in self.values:
            return True
        return any(fnmatchcase(value, text) for text in self.values if "*" in text)


# What a context threshold may look at; `prompt` is the whole of it, cached and spoken parts included.
BASES: Final = ("prompt", "uncached", "output", "total")


class Conditions(NamedTuple):
    """All of them must hold; the empty set always does."""

    facts: tuple[Fact, ...] = ()
    context: int = -1
    """So many tokens must be exceeded; -1 for no such condition."""
    hours: Hours | None = None
    basis: str = "prompt"
    """Which tokens: one of `BASES`."""

    @property
    def served(self) -> int:
        """How many of them speak of how the call was served."""
        return sum(fact.name in SERVED for fact in self.facts)


ALWAYS: Final = Conditions()


class Row(NamedTuple):
    """Prices in force from `since` until just before `until` (Unix ns; None is open)."""

    rates: Mapping[str, Rate]
    since: int | None = None
    until: int | None = None
    when: Conditions = ALWAYS
    source: str = ""
    checked: str = ""

    def precedence(self, position: int) -> tuple[int, int, int, bool, int, int]:
        """Sorts rows from the widest to the narrowest; the order is documented in RATIONALE.md."""
        when = self.when
        return (
            when.served,
            len(when.facts),
            when.context,
            when.hours is not None,
            self.since or 0,
            position,
        )


class Multiplier(NamedTuple):
    """A published surcharge or discount on every token rate of a model, where its facts hold."""

    facts: tuple[Fact, ...]
    numerator: int
    denominator: int
    since: int | None = None
    until: int | None = None


class Entry(NamedTuple):
    """Everything a layer knows of one model of one provider."""

    provider: str
    model: str
    rows: tuple[Row, ...]
    mode: str = ""
    name: str = ""
    multipliers: tuple[Multiplier, ...] = ()
    whole: bool = False
    """Nothing of earlier sources is added to it."""
    graded: bool = False
    """Its source says itself what long prompts and hours of the day cost: for calls that it prices no
    threshold and no window of earlier sources is added."""

    def ranked(self) -> tuple[Row, ...]:
        """Its rows, narrowest first."""
        order = sorted(
            range(len(self.rows)), key=lambda i: self.rows[i].precedence(i), reverse=True
        )
        return tuple(self.rows[i] for i in order)


def value(name: str, text: str) -> str:
    """A fact's value in the one spelling that rows and questions share."""
    plain = text.strip().lower()
    if name in {"service_tier", "speed"}:
        plain = plain.removeprefix(_GOOGLE)
        return "standard" if plain in STANDARD else plain
    if name == "endpoint":
        return plain.partition("://")[2] or plain
    return plain.replace("-x-", "x") if name in {"size", "resolution"} else plain


def row_id(provider: str, model: str, row: Row) -> str:
    """The name of a row for people: `openai/gpt-4o@2024-10-02[service_tier=flex]`."""
    begins = f"@{instant_text(row.since)}" if row.since is not None else ""
    terms = [
        f"{'not ' if f.negated else ''}{f.name}={'|'.join(sorted(f.values))}"
        for f in row.when.facts
    ]
    if row.when.context >= 0:
        basis = "" if row.when.basis == "prompt" else row.when.basis
        terms.append(f"{basis}>{row.when.context}")
    if row.when.hours is not None:
        terms.append(row.when.hours.text)
    return f"{provider or '*'}/{model}{begins}" + (f"[{', '.join(terms)}]" if terms else "")


def instant(text: str) -> int:
    """Unix nanoseconds of a date (its first moment, UTC) or an instant; raises ValueError."""
    if len(text) == len("2026-11-23"):
        day = date.fromisoformat(text)
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    else:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(f"{text!r} needs a time zone: write {text}Z")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def instant_text(unix_ns: int) -> str:
    """The date, or the whole instant where it is not the first moment of one."""
    moment = _EPOCH + timedelta(microseconds=unix_ns // 1000)
    if unix_ns % (86_400 * NS) == 0:
        return moment.date().isoformat()
    return moment.isoformat().replace("+00:00", "Z")
