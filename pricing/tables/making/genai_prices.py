"""genai-prices' data module as entries, read as syntax: nothing of it is ever executed.

It is the source of history: dated price lists, and variants for batch, tiers and speeds.
https://github.com/pydantic/genai-prices, MIT.
"""

from __future__ import annotations

import ast
import operator
import re
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from pricing.tables.making.decimals import clean
from pricing.tables.making.names import NOT_PROVIDERS, of_genai_prices, routed
from pricing.tables.making.rows import (
    ALWAYS,
    TOKENS,
    Book,
    Classes,
    Entry,
    Period,
    Price,
    When,
    when,
    with_condition,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Node = Mapping[str, Any]

_KEYS: Final[Mapping[str, tuple[str, str]]] = {
    "input_mtok": ("input", TOKENS),
    "cache_read_mtok": ("cache_read", TOKENS),
    "cache_write_mtok": ("cache_write", TOKENS),
    "cache_write_1h_mtok": ("cache_write_1h", TOKENS),
    "output_mtok": ("output", TOKENS),
    "output_reasoning_mtok": ("reasoning", TOKENS),
    "output_citation_mtok": ("citation", TOKENS),
    "input_audio_mtok": ("input_audio", TOKENS),
    "cache_audio_read_mtok": ("cache_read_audio", TOKENS),
    "output_audio_mtok": ("output_audio", TOKENS),
    "input_image_mtok": ("input_image", TOKENS),
    "cache_image_read_mtok": ("cache_read_image", TOKENS),
    "output_image_mtok": ("output_image", TOKENS),
    "input_video_mtok": ("input_video", TOKENS),
    "output_video_mtok": ("output_video", TOKENS),
    "web_searches_kcount": ("searches", "1K searches"),
    "storage_searches_kcount": ("file_searches", "1K searches"),
    "requests_kcount": ("requests", "1K requests"),
    "audio_hours": ("audio_seconds", "hour"),
    "input_audio_hours": ("audio_seconds", "hour"),
    "input_mchars": ("input_characters", "1M characters"),
    "input_document_kpages": ("pages", "1K pages"),
}
_VARIANTS: Final[Mapping[tuple[str, str], When]] = {
    ("processing", "batch"): when(batch="true"),
    ("service_tier", "priority"): when(service_tier="priority"),
    ("service_tier", "flex"): when(service_tier="flex"),
    ("service_tier", "fast"): when(service_tier="fast"),
    ("speed", "fast"): when(speed="fast"),
}
# Prices by the hour of the day without the weekday: LiteLLM has the whole rule.
_BY_THE_HOUR: Final = "TimeOfDateConstraint"


class Pattern(NamedTuple):
    """A model whose match takes more ids than it names."""

    provider: str
    match: Node
    periods: list[Period]


def read(content: bytes, label: str) -> tuple[Book, list[Pattern]]:
    """Every priced id that the data names in full, and every match in the data's own order."""
    book: Book = {}
    patterns: list[Pattern] = []
    for provider in _providers(content):
        if provider["id"] in NOT_PROVIDERS:
            continue
        for model in provider["models"]:
            periods = _periods(model, frozenset({label}))
            if not any(period.grid for period in periods):
                if not _free(provider["id"], model["id"]):
                    continue
                periods = [Period("", "", {ALWAYS: _nothing(label)})]
            for name in _targets(provider["id"], model):
                kin = f"{provider['id']}/{model['id']}"
                patterns.append(Pattern(name, model["match"], periods))
                for identity in _identities(provider["id"], model):
                    entry = Entry(name, identity, "", periods, kin=kin)
                    book.setdefault((name, identity.lower()), entry)
    return book, patterns


def _free(provider: str, model: str) -> bool:
    """Where a list without a price says free of charge, and not unknown."""
    return provider == "openrouter" and model.endswith(":free")


def _nothing(label: str) -> Classes:
    zero = Price(Decimal(0), TOKENS, frozenset({label}))
    return {"input": zero, "output": zero}


def names_of(content: bytes) -> dict[str, str]:
    """The providers' names as people write them."""
    return {
        target: provider["name"]
        for provider in reversed(_providers(content))
        for target in of_genai_prices(provider["id"])
    }


def _providers(content: bytes) -> list[Node]:
    for statement in ast.parse(content).body:
        if (
            isinstance(statement, ast.AnnAssign)
            and statement.value is not None
            and ast.unparse(statement.target) == "providers"
        ):
            return cast("list[Node]", _value(statement.value))
    raise ValueError("genai-prices' data no longer defines `providers`")


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.List() | ast.Tuple():
            return [_value(item) for item in node.elts]
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            return {_value(key): _value(value) for key, value in pairs if key is not None}
        case ast.Call():
            return _call(node)
        case _:
            return ast.unparse(node)


def _call(node: ast.Call) -> Any:
    name = ast.unparse(node.func)
    arguments = [_value(argument) for argument in node.args]
    if name == "Decimal":
        return Decimal(arguments[0])
    if name == "datetime.date":
        return "{:04}-{:02}-{:02}".format(*arguments)
    return {"_": name, **{str(k.arg): _value(k.value) for k in node.keywords}}


def _targets(provider: str, model: Node) -> tuple[str, ...]:
    """Google's Claude models are on Vertex alone; the other doubles differ by id, not by place."""
    names = of_genai_prices(provider)
    if provider == "google" and model["id"].startswith("claude"):
        return ("gcp.vertex_ai",)
    if provider == "azure":
        return (
            names[1:]
            if re.match(r"phi|mistral|deepseek|llama|grok", model["id"])
            else names[:1]
        )
    return names


def _identities(provider: str, model: Node) -> list[str]:
    """Ids that the match names in full. A prefix counts as an id where nothing has to follow it."""
    own = model["id"].removeprefix("regional.") if provider == "aws" else model["id"]
    named = [text for kind, text in _clauses(model["match"]) if kind == "equals"]
    prefixes = [text for kind, text in _clauses(model["match"]) if kind == "starts_with"]
    complete = [p for p in prefixes if not re.search(r"([-@._:/]|-20\d\d)$", p)]
    candidates = [own, *named, *complete]
    found = [text for text in dict.fromkeys(candidates) if matches(model["match"], text)]
    return [routed(provider, text) for text in found]


def _clauses(match: Node) -> Iterator[tuple[str, str]]:
    """The alternatives of a match; what only holds together with something else is left out."""
    if match["_"] == "ClauseOr":
        for inner in match["or_"]:
            yield from _clauses(inner)
    elif match["_"] != "ClauseAnd":
        yield next((key, str(text)) for key, text in match.items() if key != "_")


def matches(match: Node, model: str) -> bool:
    """Whether a model id satisfies genai-prices' match clause."""
    if match["_"] == "ClauseOr":
        return any(matches(inner, model) for inner in match["or_"])
    if match["_"] == "ClauseAnd":
        return all(matches(inner, model) for inner in match["and_"])
    kind, wanted = next((key, str(value)) for key, value in match.items() if key != "_")
    if kind == "regex":
        return re.search(wanted, model.lower()) is not None
    return _TESTS[kind](model.lower(), wanted.lower())


_TESTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "equals": operator.eq,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": operator.contains,
}


def _periods(model: Node, sources: frozenset[str]) -> list[Period]:
    """Standard prices as half-open periods, each with its variants."""
    given = model["prices"]
    lists = cast("list[Node]", given if isinstance(given, list) else [{"prices": given}])
    hourly = [item for item in lists if _constraint(item).get("_") == _BY_THE_HOUR]
    dated = {
        _start(item): _grid(item["prices"], ALWAYS, sources)
        for item in lists
        if item not in hourly
    }
    if len(hourly) == len(dated) == 1:
        # One window of the day, the dearer one, was the list price; its discount is long gone.
        dated = {"": _grid(hourly[0]["prices"], ALWAYS, sources)}
    periods = [Period(start, "", dated[start]) for start in sorted(dated)]
    for earlier, later in pairwise(periods):
        earlier.end = later.start
    variants = cast("list[Node]", model.get("price_variants") or [])
    for variant in sorted(variants, key=_start, reverse=True):
        _add_variant(periods, variant, sources)
    return periods


def _constraint(item: Node) -> Node:
    found: Node | None = item.get("constraint")
    return found or {}


def _start(item: Node) -> str:
    return str(_constraint(item).get("start_date", ""))


def _add_variant(periods: list[Period], variant: Node, sources: frozenset[str]) -> None:
    """A variant holds in the standard period in which it begins, and before it while the price was the same.

    Its date is the day it was first looked up: batch was half price long before 2026-10-14.
    """
    pairs = tuple(cast("dict[str, str]", variant["when"]).items())
    condition = _VARIANTS.get(pairs[0]) if len(pairs) == 1 else None
    if condition is None:
        return
    start = _start(variant)
    home = next((p for p in reversed(periods) if not start or p.holds(start)), None)
    for period in reversed(periods):
        if home is None or not (period is home or (start and _as_in(period, home))):
            continue
        for key, classes in _grid(variant["prices"], condition, sources).items():
            threshold = without(key, *dict(condition))
            if period is home or threshold in period.grid:
                period.grid.setdefault(key, classes)


def _as_in(period: Period, home: Period) -> bool:
    """Whether an earlier period has the same standard price: only a threshold came or went between."""
    earlier, later = (dict(p.grid.get(ALWAYS, {})) for p in (period, home))
    return period.start < home.start and earlier == later


def _grid(prices: Node, base: When, sources: frozenset[str]) -> dict[When, Classes]:
    """One price list by context threshold."""
    grid: dict[When, Classes] = {}
    for key, value in prices.items():
        if key in _KEYS:
            name, unit = _KEYS[key]
            for condition, figure in _thresholds(value, base):
                grid.setdefault(condition, {})[name] = Price(clean(figure), unit, sources)
    return grid


def _thresholds(value: Decimal | Node, base: When) -> Iterator[tuple[When, Decimal]]:
    if isinstance(value, Decimal):
        yield base, value
        return
    yield base, value["base"]
    for tier in value["tiers"]:
        yield with_condition(base, "context_over", str(tier["start"])), tier["price"]
