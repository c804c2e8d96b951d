"""genai-prices' data as published: a provider's YAML file, or its JSON of all providers.

Prices with start dates, daily windows, thresholds and variants become rows; ids that a match clause
names become aliases, its open ends (prefixes, patterns) patterns of the layer (`clauses`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pricing import hours
from pricing.decimals import bounded
from pricing.formats import clauses
from pricing.formats.document import is_list, is_mapping
from pricing.formats.loaded import Gathering, Loaded
from pricing.problems import nearest
from pricing.providers import canonical
from pricing.rows import Conditions, Fact, Row, instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from pricing.formats.clauses import Clause
    from pricing.formats.document import Document, Path
    from pricing.hours import Hours
    from pricing.rates import Rate

NAME: Final = "genai-prices"
_MILLION: Final = 10**6

CLASS_OF: Final[Mapping[str, tuple[str, int]]] = {
    "input_mtok": ("input", _MILLION),
    "output_mtok": ("output", _MILLION),
    "cache_read_mtok": ("cache_read", _MILLION),
    "cache_write_mtok": ("cache_write", _MILLION),
    "cache_write_5m_mtok": ("cache_write", _MILLION),
    "cache_write_1h_mtok": ("cache_write_1h", _MILLION),
    "output_reasoning_mtok": ("reasoning", _MILLION),
    "output_citation_mtok": ("citation", _MILLION),
    "input_audio_mtok": ("input_audio", _MILLION),
    "output_audio_mtok": ("output_audio", _MILLION),
    "cache_audio_read_mtok": ("cache_read_audio", _MILLION),
    "input_image_mtok": ("input_image", _MILLION),
    "output_image_mtok": ("output_image", _MILLION),
    "cache_image_read_mtok": ("cache_read_image", _MILLION),
    "input_video_mtok": ("input_video", _MILLION),
    "output_video_mtok": ("output_video", _MILLION),
    "cache_video_read_mtok": ("cache_read_video", _MILLION),
    "input_tool_mtok": ("tool_input", _MILLION),
    "input_mchars": ("input_characters", _MILLION),
    "audio_hours": ("audio_seconds", 3600),
    "input_audio_hours": ("audio_seconds", 3600),
    "output_audio_hours": ("output_audio_seconds", 3600),
    "input_gpixels": ("pixels", 10**9),
    "input_document_kpages": ("pages", 1000),
    "rerank_searches_kcount": ("rerank_units", 1000),
    "web_searches_kcount": ("searches", 1000),
    "storage_searches_kcount": ("file_searches", 1000),
    "code_executions_kcount": ("code_sessions", 1000),
    "requests_kcount": ("requests", 1000),
}
# One name for two price lists: Google's at AI Studio and Vertex AI, Azure's at OpenAI and AI Foundry.
_SELLERS: Final[Mapping[str, tuple[str, ...]]] = {
    "google": ("gcp.gemini", "gcp.vertex_ai"),
    "azure": ("azure.ai.openai", "azure.ai.inference"),
}
# The plain-text share of a class that is our class itself.
_TEXT: Final = re.compile(
    r"(input|output)_text_mtok|cache_text_(read|write|write_5m|write_1h)_mtok"
)
NOT_FROM_A_CALL: Final = frozenset(
    {"input_annotated_document_kpages", "input_text_messages_kcount", "social_searches_kcount"}
)
_FACTS: Final = {
    "processing": {"batch": ("batch", "true")},
    "service_tier": None,
    "speed": None,
}
_PROVIDER: Final = frozenset(
    {
        "id",
        "name",
        "api_pattern",
        "pricing_urls",
        "description",
        "price_comments",
        "model_match",
        "provider_match",
        "extractors",
        "fallback_model_providers",
        "models",
        "tiers",
    }
)
_MODEL: Final = frozenset(
    {
        "id",
        "name",
        "description",
        "match",
        "context_window",
        "price_comments",
        "prices",
        "price_variants",
        "prices_checked",
        "price_discrepancies",
        "deprecated",
        "collapse",
    }
)


class _When(NamedTuple):
    since: int | None = None
    hours: Hours | None = None


def read(document: Document) -> Loaded:
    """The prices in a document of this form; raises `PriceError`."""
    found = Gathering(document)
    content = document.value
    if is_mapping(content) and "providers" in content:
        content = content["providers"]
    providers = content if is_list(content) else [content]
    steps = 0
    for i, provider in enumerate(providers):
        path: Path = (i,) if is_list(content) else ()
        if not is_mapping(provider) or not is_list(provider.get("models")):
            found.problem(path, "needs to be a provider with a list of `models`")
            continue
        _keys(found, path, provider, _PROVIDER)
        for j, model in enumerate(provider["models"]):
            steps += _model(found, (*path, "models", j), str(provider.get("id", "")), model)
    if steps > clauses.MAX_STEPS_OF_A_FILE:
        found.problem((), "its regular expressions together could take too long; anchor them")
    return found.finish(NAME)


def _model(found: Gathering, path: Path, provider: str, model: Any) -> int:
    """Adds a model; what its regular expressions may cost at worst."""
    if not is_mapping(model) or "id" not in model:
        found.problem(path, "needs to be a model with an `id`")
        return 0
    _keys(found, path, model, _MODEL)
    rows = list(_rows(found, path, model))
    if not rows:
        return 0
    name, clause = str(model["id"]), None
    if model.get("match") is not None:
        try:
            clause = clauses.parse(model["match"])
        except ValueError as problem:
            found.problem((*path, "match"), str(problem))
    for seller in _SELLERS.get(provider, (canonical(provider),)):
        found.entry(seller, name, rows, name=str(model.get("name") or ""))
        if clause is not None:
            _match(found, path, seller, name, clause)
    return clause.steps if clause is not None else 0


def _match(found: Gathering, path: Path, seller: str, model: str, clause: Clause) -> None:
    for alias in clauses.named(clause):
        if alias != model.lower() and not found.has(seller, alias):
            found.alias(seller, alias, model, path)
    if clause.is_open:
        found.pattern(seller, clauses.pattern(clause, model.strip().lower()))


def _rows(found: Gathering, path: Path, model: Mapping[str, Any]) -> Iterator[Row]:
    yield from _listed(found, (*path, "prices"), model.get("prices") or {}, ())
    variants = model.get("price_variants")
    for i, variant in enumerate(variants if is_list(variants) else ()):
        place = (*path, "price_variants", i)
        facts = _facts(found, place, variant.get("when") or {})
        if facts is not None:
            when = _when(found, place, variant.get("constraint"))
            yield from _priced(found, place, variant.get("prices") or {}, facts, when)


def _listed(
    found: Gathering, path: Path, prices: Any, facts: tuple[Fact, ...]
) -> Iterator[Row]:
    if is_mapping(prices):
        yield from _priced(found, path, prices, facts, _When())
        return
    for i, entry in enumerate(prices if is_list(prices) else []):
        when = _when(found, (*path, i), entry.get("constraint"))
        if i == 0:  # used where no other is active: from the beginning of time, at every hour
            when = _When()
        yield from _priced(found, (*path, i, "prices"), entry.get("prices") or {}, facts, when)


def _priced(
    found: Gathering,
    path: Path,
    prices: Mapping[str, Any],
    facts: tuple[Fact, ...],
    when: _When,
) -> Iterator[Row]:
    """A row for the base prices, and one for each threshold."""
    by_context: dict[int, dict[str, Rate]] = {-1: {}}
    for key, content in prices.items():
        known = _class_of(key)
        if known is None:
            if key not in NOT_FROM_A_CALL:
                found.problem(
                    (*path, key), f"unknown price key {key!r}{nearest(key, CLASS_OF)}"
                )
            continue
        name, per = known
        for start, amount in _steps(found, (*path, key), content):
            made = found.rate((*path, key), name, amount, per)
            if made is not None:
                by_context.setdefault(start, {})[name] = made
    for context, rates in sorted(by_context.items()):
        if rates:
            yield Row(rates, when.since, None, Conditions(facts, context, when.hours), NAME)


def _class_of(key: str) -> tuple[str, int] | None:
    text = _TEXT.fullmatch(key)
    return CLASS_OF.get(key.replace("_text", "") if text is not None else key)


def _steps(found: Gathering, path: Path, content: Any) -> Iterator[tuple[int, Decimal]]:
    content = content if is_mapping(content) else {"base": content}
    tiers: list[dict[str, Any]] = content.get("tiers") or []
    for start, price in [
        (-1, content.get("base")),
        *((t.get("start"), t.get("price")) for t in tiers),
    ]:
        amount = bounded(price)
        if amount is None or not isinstance(start, int):
            found.problem(path, f"{price!r} is not a price")
        else:
            yield start, amount


def _when(found: Gathering, path: Path, constraint: Any) -> _When:
    if not constraint:
        return _When()
    try:
        if "start_date" in constraint:
            return _When(since=instant(str(constraint["start_date"])))
        begin, end = (_clock(str(constraint[key])) for key in ("start_time", "end_time"))
        return _When(hours=hours.parse(f"{begin}-{end} UTC"))
    except (KeyError, TypeError, ValueError) as problem:
        found.problem((*path, "constraint"), f"is not understood ({problem})")
        return _When()


def _clock(text: str) -> str:
    match = re.fullmatch(r"(\d\d:\d\d)(?::00)?(?:Z|\+00:00)?", text)
    if match is None:
        raise ValueError(f"{text!r} is not a time of day in UTC")
    return match[1]


def _facts(found: Gathering, path: Path, when: Mapping[str, Any]) -> tuple[Fact, ...] | None:
    facts: list[Fact] = []
    for name, text in when.items():
        if name not in _FACTS:
            found.warn((*path, "when"), f"{name}={text} is in no telemetry")
            return None
        renamed = (_FACTS[name] or {}).get(str(text), (name, str(text).lower()))
        if renamed == ("service_tier", "default"):
            renamed = ("service_tier", "standard")
        facts.append(Fact(renamed[0], frozenset({renamed[1]})))
    return tuple(facts)


def _keys(
    found: Gathering, path: Path, fields: Mapping[str, Any], known: frozenset[str]
) -> None:
    for key in fields:
        if key not in known:
            found.warn((*path, key), f"unknown key{nearest(str(key), known)}")
