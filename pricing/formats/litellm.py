"""LiteLLM's model_prices_and_context_window.json, as it is published.

Each price key is either priced, or listed as not derivable from a call, or a warning; keys of
models decode to provider, model and conditions. One row a tier and threshold; LiteLLM has no dates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pricing import hours
from pricing.decimals import bounded
from pricing.formats.document import is_list, is_mapping
from pricing.formats.litellm_hours import windows
from pricing.formats.litellm_ids import Identity, identify, pixels
from pricing.formats.litellm_keys import (
    BY_MODE,
    CLASS_OF,
    MODES,
    NOT_FROM_A_CALL,
    PREFERRED,
    STRUCTURES,
    TIERS,
    Key,
    is_price,
    slip,
    take_apart,
    why_not,
)
from pricing.formats.loaded import Gathering, Loaded
from pricing.problems import nearest
from pricing.rows import Conditions, Fact, Multiplier, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from pricing.formats.document import Document, Path
    from pricing.rates import Rate

NAME: Final = "litellm"
_SKIPPED: Final = ("sample_spec",)
_SIZES: Final = ("low", "medium", "high")
# Classes that two keys may name.
_DOUBLED: Final = frozenset({"images", "pixels", "audio_seconds"})
# Thresholds are exclusive (`>`), but for xAI's.
_INCLUSIVE: Final = frozenset({"x_ai"})


class _Group(NamedTuple):
    """Rates that share their conditions."""

    facts: tuple[Fact, ...] = ()
    context: int = -1
    hours: str = ""


_Groups = dict[_Group, dict[str, "Rate"]]


class _Read(NamedTuple):
    identity: Identity
    mode: str
    rows: list[Row]
    multipliers: list[Multiplier]


def is_entry(item: Mapping[str, Any]) -> bool:
    """Whether a value looks like one of LiteLLM's entries."""
    return "litellm_provider" in item or any(take_apart(key).base in CLASS_OF for key in item)


def read(document: Document, form: str = NAME) -> Loaded:
    """The prices in a document of this form, or of a copy of it; raises `PriceError`."""
    found = Gathering(document, graded=True)
    read_entries: dict[tuple[str, str, tuple[Fact, ...]], _Read] = {}
    unpriced = 0
    for key, fields in document.value.items():
        if key in _SKIPPED:
            continue
        if not is_mapping(fields):
            found.problem((key,), "needs to be a mapping of prices")
            continue
        entry = _entry(found, key, fields, form)
        if entry is None or not entry.rows:
            unpriced += 1
            continue
        identity = entry.identity
        place = identity.provider, identity.model, identity.facts
        known = read_entries.get(place)
        if known is None or (identity.explicit and not known.identity.explicit):
            read_entries[place] = entry
    if unpriced:
        found.warnings.append(f"{document.name}: {unpriced} entries have no price for a call")
    for entry in read_entries.values():
        identity = entry.identity
        found.entry(
            identity.provider,
            identity.model,
            entry.rows,
            mode=entry.mode,
            multipliers=entry.multipliers,
        )
    return found.finish(form)


def _entry(found: Gathering, key: str, fields: dict[str, Any], form: str) -> _Read | None:
    identity = identify(key, str(fields.get("litellm_provider") or ""))
    if identity.reserved:
        found.warn((key,), "provisioned throughput has no price for a call")
        return None
    mode = MODES.get(str(fields.get("mode") or "chat"), "other")
    reader = _Entry(found, key, identity, mode)
    reader.read(fields)
    if reader.slipped:
        return None
    return _Read(identity, mode, reader.rows(form), reader.multipliers)


class _Entry:
    """One entry's reading: rates sorted into groups of equal conditions."""

    def __init__(self, found: Gathering, key: str, identity: Identity, mode: str) -> None:
        self._found = found
        self._key = key
        self._identity = identity
        self._mode = mode
        self._groups: _Groups = {_Group(identity.facts): {}}
        self.multipliers: list[Multiplier] = []
        self.slipped = False

    def rows(self, source: str) -> list[Row]:
        """The rows, widest first."""
        return [
            Row(
                rates,
                when=Conditions(
                    group.facts,
                    group.context,
                    hours.parse(group.hours) if group.hours else None,
                ),
                source=source,
            )
            for group, rates in self._groups.items()
            if rates
        ]

    def read(self, fields: Mapping[str, Any]) -> None:
        """Takes every key of the entry."""
        for key in sorted(fields, key=lambda name: name not in PREFERRED):
            content = fields[key]
            if content is None or self.slipped:
                continue
            if is_price(key):
                self._take(key, content, fields)
            elif bounded(content) is not None and self._found.may_warn and slip(key):
                self._slip(key)

    def _slip(self, key: str) -> None:
        """A misspelled price: what its model costs is not known, so the layers below say it."""
        words = f"left out: unknown price key; did you mean {slip(key)!r}?"
        self._found.warn((self._key, key), words)
        self.slipped = True

    def _take(self, key: str, content: Any, fields: Mapping[str, Any]) -> None:
        apart = take_apart(key)
        path = (self._key, key)
        if key in STRUCTURES:
            _STRUCTURE[key](self, path, content)
        elif why_not(key):
            return
        elif apart.base in CLASS_OF or apart.base in BY_MODE:
            self._price(path, apart, content, fields)
        elif self._found.may_warn and slip(key):
            self._slip(key)
        elif self._found.may_warn:
            known = (*CLASS_OF, *BY_MODE, *STRUCTURES, *NOT_FROM_A_CALL)
            self._found.warn(path, f"unknown price key{nearest(key, known)}")

    def _price(self, path: Path, key: Key, content: Any, fields: Mapping[str, Any]) -> None:
        name = CLASS_OF.get(key.base) or self._by_mode(key.base)
        amount = bounded(content)
        if amount is None:
            self._found.problem(path, f"{content!r} is not a price")
            return
        if not name or self._repeats_tokens(name, key, fields):
            return
        if name == "pixels" and pixels(self._identity):
            name, amount = "images", amount * pixels(self._identity)
        # A zero beside the key that does price the class says nothing.
        if amount or name not in _DOUBLED or not self._has_other_price(name, key, fields):
            self._put(path, self._group(key), name, amount)

    def _by_mode(self, base: str) -> str:
        choices = BY_MODE[base]
        return choices.get(self._mode) or choices.get("", "")

    def _repeats_tokens(self, name: str, key: Key, fields: Mapping[str, Any]) -> bool:
        """Whether a price by the image says again what tokens of a chat model cost."""
        return (
            name in {"images", "input_images"}
            and self._mode not in {"image", "embedding"}
            and not key.resolution
            and bool(fields.get("output_cost_per_token"))
        )

    def _has_other_price(self, name: str, key: Key, fields: Mapping[str, Any]) -> bool:
        return any(
            other != key.base
            and (CLASS_OF.get(other) or self._named(other)) == name
            and bool(content)
            for other, content in fields.items()
        )

    def _named(self, key: str) -> str:
        return self._by_mode(key) if key in BY_MODE else ""

    def _group(self, key: Key) -> _Group:
        facts = self._identity.facts
        if key.tier:
            name, text = TIERS[key.tier]
            facts = (*facts, Fact(name, frozenset({text})))
        if key.resolution:
            facts = (*facts, Fact("resolution", frozenset({key.resolution})))
        inclusive = self._identity.provider in _INCLUSIVE
        return _Group(facts, key.above - inclusive if key.above else -1)

    def _put(self, path: Path, group: _Group, name: str, amount: Decimal, per: int = 1) -> None:
        rates = self._groups.setdefault(group, {})
        made = self._found.rate(path, name, amount, per)
        if made is not None:
            rates.setdefault(name, made)

    def tiers(self, path: Path, content: Any) -> None:
        """Rates by ranges of the prompt's size."""
        for i, tier in enumerate(content if is_list(content) else ()):
            if not is_mapping(tier):
                self._found.problem((*path, i), "needs to be a mapping")
                continue
            bounds = tier.get("range")
            start = bounded(bounds[0]) if is_list(bounds) and bounds else None
            if start is None:
                self._found.warn((*path, i), "has no `range` of tokens")
                continue
            group = _Group(self._identity.facts, int(start) if start else -1)
            self._groups[group] = {}  # ranges say more than the flat keys beside them
            self._flat((*path, i), group, tier)

    def off_peak(self, path: Path, content: Any) -> None:
        """Rates of the off-peak hours; the others are the peak's."""
        if not is_mapping(content):
            self._found.problem(path, "needs to be a mapping")
            return
        try:
            text = windows(content)
            hours.parse(text)
        except ValueError as problem:
            self._found.warn(path, f"its windows are not understood ({problem})")
            return
        self._flat(path, _Group(self._identity.facts, hours=text), content)

    def _flat(self, path: Path, group: _Group, fields: Mapping[str, Any]) -> None:
        for key, content in fields.items():
            amount = bounded(content)
            if key in CLASS_OF and amount is not None:
                self._put((*path, key), group, CLASS_OF[key], amount)
            elif is_price(key):
                self._found.warn((*path, key), "unknown price key")

    def searches(self, path: Path, content: Any) -> None:
        """One price by the search, or one by the size of its context."""
        amounts: dict[str, Decimal] = {}
        for size in _SIZES:
            amount = (
                bounded(content.get(f"search_context_size_{size}"))
                if is_mapping(content)
                else None
            )
            if amount is not None:
                amounts[size] = amount
        if not amounts:
            self._found.problem(path, "has no price by search_context_size")
            return
        # Perplexity's default is low, OpenAI's medium; elsewhere the three are one.
        default = "low" if self._identity.provider == "perplexity" else "medium"
        usual = amounts.get(default, next(iter(amounts.values())))
        self._put(path, _Group(self._identity.facts), "searches", usual)
        for size, amount in amounts.items() if len(set(amounts.values())) > 1 else ():
            facts = (*self._identity.facts, Fact("search_context_size", frozenset({size})))
            self._put(path, _Group(facts), "searches", amount)

    def file_search(self, path: Path, content: Any) -> None:
        """A price by the thousand calls."""
        amount = bounded(content)
        if amount is not None:
            self._put(path, _Group(self._identity.facts), "file_searches", amount, 1000)

    def uplift(self, path: Path, content: Any) -> None:
        """A surcharge on an endpoint's region."""
        region = str(path[-1]).rpartition("_")[2]
        fact = Fact("region", frozenset({region}))
        if region == "multiplier":  # Vertex AI: every endpoint but the global one
            fact = Fact("region", frozenset({"global"}), negated=True)
        self._multiplier(path, fact, content)

    def specific(self, path: Path, content: Any) -> None:
        """Anthropic's surcharges for residency and speed."""
        for name, text in content.items() if is_mapping(content) else ():
            if name in {"us", "eu"}:
                self._multiplier(path, Fact("region", frozenset({name})), text)
            elif name == "fast":
                self._multiplier(path, Fact("speed", frozenset({"fast"})), text)

    def _multiplier(self, path: Path, fact: Fact, content: Any) -> None:
        factor = bounded(content)
        if factor is None or not 0 < factor <= 100:
            self._found.problem(path, f"{content!r} is not a factor between 0 and 100")
            return
        self.multipliers.append(Multiplier((fact,), *factor.as_integer_ratio()))


_STRUCTURE: Final[Mapping[str, Callable[[_Entry, Path, Any], None]]] = {
    "tiered_pricing": _Entry.tiers,
    "off_peak_pricing": _Entry.off_peak,
    "provider_specific_entry": _Entry.specific,
    "search_context_cost_per_query": _Entry.searches,
    "file_search_cost_per_1k_calls": _Entry.file_search,
    "regional_endpoint_uplift_multiplier": _Entry.uplift,
    "regional_processing_uplift_multiplier_eu": _Entry.uplift,
    "regional_processing_uplift_multiplier_us": _Entry.uplift,
}
