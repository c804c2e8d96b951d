"""LiteLLM's price map (and tokencost's older copy of it) as entries.

It knows today only: one period without dates. Zero for everything is no price, except for models
that run on the caller's own machine. https://github.com/BerriAI/litellm, MIT.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pricing.tables.making import litellm_units
from pricing.tables.making.decimals import clean, of_float, plain, rounded
from pricing.tables.making.litellm_ids import Place, place
from pricing.tables.making.litellm_keys import tidy, token_price_key
from pricing.tables.making.rows import (
    ALWAYS,
    TOKENS,
    Book,
    Classes,
    Entry,
    Multiplier,
    Period,
    Price,
    When,
    is_token,
    lookup,
    ordered,
    priced_by_tokens,
    when,
    with_condition,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    Fields = Mapping[str, Any]

_MODES: Final = {
    "chat": "chat",
    "responses": "chat",
    "realtime": "chat",
    "completion": "completion",
    "embedding": "embedding",
    "image_generation": "image",
    "image_edit": "image",
    "audio_transcription": "transcription",
    "audio_speech": "speech",
    "rerank": "rerank",
    "ocr": "ocr",
    "moderation": "moderation",
    "video_generation": "video",
    "evaluation": "chat",
    "search": "search",
}
_LOCAL: Final = frozenset({"ollama", "lemonade"})
# Zero is the vendor's price here, and not a gap: its own pages call these models free of charge.
_FREE: Final = frozenset(
    {
        ("openai", "omni-moderation-latest"),  # developers.openai.com, the model's page
        ("openai", "omni-moderation-2024-09-26"),
        ("openai", "text-moderation-latest"),
        ("openai", "text-moderation-stable"),
        ("openai", "text-moderation-007"),
        ("gcp.gemini", "gemma-3-27b-it"),  # ai.google.dev/gemini-api/docs/pricing
        ("gcp.gemini", "gemma-4-26b-a4b-it"),
        ("gcp.gemini", "gemma-4-31b-it"),
    }
)
_MILLION: Final = 10**6

Grid = dict[When, Classes]


def read(content: bytes, label: str) -> Book:
    """Every priced model, by provider and id; the first key of an id wins."""
    book: Book = {}
    for key, fields in sorted(json.loads(content).items(), key=_bare_first):
        where = place(key, str(fields.get("litellm_provider") or ""))
        mode = _MODES.get(str(fields.get("mode") or "audio_speech"))
        if where is None or mode is None:
            continue
        grid = _grid(fields, mode, where)
        if grid:
            entry = _add(book, where, mode, _labelled(grid, label))
            if not where.when and not entry.multipliers:
                entry.multipliers = _multipliers(fields, label)
    for entry in book.values():
        _one_measure(entry)
    _high_resolution(book)
    return book


def _high_resolution(book: Book) -> None:
    """LiteLLM has a name of its own for the larger sizes of sora-2-pro; the vendor's calls say the size."""
    for provider in ("openai", "azure.ai.openai"):
        plain, large = (book.get((provider, f"sora-2-pro{end}")) for end in ("", "-high-res"))
        if plain is None or large is None:
            continue
        for size in ("1024x1792", "1792x1024"):
            plain.periods[0].grid[when(size=size)] = dict(large.periods[0].grid[ALWAYS])


def _bare_first(item: tuple[str, Any]) -> tuple[int, str]:
    """The plain entry of a model before its regional and sized ones; Mantle's copy last."""
    key = item[0]
    return (key.count("/") + 9 * key.startswith("bedrock_mantle/"), key)


def _add(book: Book, where: Place, mode: str, grid: Grid) -> Entry:
    entry = book.setdefault(
        (where.provider, where.model.lower()),
        Entry(where.provider, where.model, mode, [Period()]),
    )
    for condition, classes in grid.items():
        entry.periods[0].grid.setdefault(condition, classes)
    return entry


def _labelled(grid: Grid, label: str) -> Grid:
    return {
        condition: {n: replace(p, sources=frozenset({label})) for n, p in classes.items()}
        for condition, classes in grid.items()
    }


def _grid(fields: Fields, mode: str, where: Place) -> Grid:
    """Prices by condition, the place's own conditions included."""
    grid = _by_token(fields, where.provider)
    free = _free(fields, where.provider, where.model)
    if not priced_by_tokens(grid.get(ALWAYS, {})) and not free:
        grid = Grid()
        _add_all(grid, litellm_units.other_units(fields, mode, where.when))
    if grid:
        _add_all(grid, litellm_units.calls(fields))
    if mode == "embedding":
        _add_all(grid, litellm_units.of_media_inputs(fields))
    _media_out(grid, mode)
    _fast(grid, fields)
    return {ordered([*condition, *where.when]): classes for condition, classes in grid.items()}


def _by_token(fields: Fields, provider: str) -> Grid:
    grid = _tokens(fields)
    _plain_dollars(grid, provider)
    grid = {_from(condition, provider): classes for condition, classes in grid.items()}
    _tiered(grid, fields)
    _off_peak(grid, fields)
    for condition in [
        c for c, v in grid.items() if c and not any(p.amount for p in v.values())
    ]:
        del grid[condition]
    standard = grid.get(ALWAYS, {})
    for classes in grid.values():
        tidy(classes, standard)
    return {condition: classes for condition, classes in grid.items() if classes}


def _add_all(grid: Grid, found: Iterable[tuple[str, When, Price]]) -> None:
    for name, condition, price in found:
        grid.setdefault(ordered(condition), {})[name] = price


def _tokens(fields: Fields) -> Grid:
    grid: Grid = {}
    for key, value in fields.items():
        found = token_price_key(key)
        if found is None or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        name, condition = found
        if value >= 0:
            grid.setdefault(condition, {})[name] = Price(
                clean(of_float(value) * _MILLION), TOKENS
            )
    standard = grid.get(ALWAYS, {})
    hit = fields.get("input_cost_per_token_cache_hit")
    if standard and hit and "cache_read" not in standard:
        standard["cache_read"] = Price(clean(of_float(hit) * _MILLION), TOKENS)
    return grid


def _tiered(grid: Grid, fields: Fields) -> None:
    """Whole-request tiers by prompt size; a tier begins above its lower bound."""
    for tier in fields.get("tiered_pricing") or ():
        bounds = tier.get("range")
        if not bounds:
            continue
        condition = () if not bounds[0] else (("context_over", str(int(bounds[0]))),)
        for key, value in tier.items():
            found = token_price_key(key)
            if found is not None and isinstance(value, int | float):
                price = Price(clean(of_float(value) * _MILLION), TOKENS)
                grid.setdefault(ordered([*condition, *found[1]]), {})[found[0]] = price


def _from(condition: When, provider: str) -> When:
    """XAI's thresholds are reached, not passed: 200,000 tokens cost the higher price already."""
    threshold = dict(condition).get("context_over")
    if provider != "x_ai" or not threshold:
        return condition
    return with_condition(condition, "context_over", str(int(threshold) - 1))


def _plain_dollars(grid: Grid, provider: str) -> None:
    """Databricks lists DBU and dollars; LiteLLM multiplied a rounded DBU figure: 0.15001 is 0.15."""
    if provider != "databricks":
        return
    for classes in grid.values():
        for name, price in classes.items():
            short = plain(rounded(price.amount, 3))
            if abs(short - price.amount) * 1000 <= price.amount:
                classes[name] = replace(price, amount=short)


_PEAK: Final = "Mon-Fri 01:00-04:00, Mon-Fri 06:00-10:00"
_OFF_PEAK_HOURS: Final = ["00:00-01:00", "04:00-06:00", "10:00-00:00"]


def _off_peak(grid: Grid, fields: Fields) -> None:
    """DeepSeek's hours, turned round: the cheaper price always, the dearer one at peak."""
    given = fields.get("off_peak_pricing")
    if not given:
        return
    if given["windows"][0]["hours_utc"] != _OFF_PEAK_HOURS:
        raise ValueError(f"unknown off-peak windows: {given['windows']}")
    cheap: Classes = {}
    for key, value in given.items():
        found = token_price_key(key)
        if found is not None:
            cheap[found[0]] = Price(clean(of_float(value) * _MILLION), TOKENS)
    dear = grid[ALWAYS]
    grid[with_condition(ALWAYS, "hours", _PEAK)] = {name: dear[name] for name in cheap}
    grid[ALWAYS] = {**dear, **cheap}


def _free(fields: Fields, provider: str, model: str) -> bool:
    zero = [fields.get(key) for key in ("input_cost_per_token", "output_cost_per_token")]
    local = provider in _LOCAL and not model.endswith("-cloud")
    free = local or model.endswith(":free") or (provider, model) in _FREE
    return free and all(value == 0 for value in zero)


def _media_out(grid: Grid, mode: str) -> None:
    """What an image or speech model puts out is images or sound, also where a count says no more."""
    for classes in grid.values():
        if mode == "image" and "output" not in classes and "output_image" in classes:
            classes["output"] = classes["output_image"]
        if mode == "speech" and "output_audio" in classes:
            classes["output"] = classes["output_audio"]


def _fast(grid: Grid, fields: Fields) -> None:
    """A multiplier for a faster service, written out as rows: genai-prices has them as prices."""
    factor = _special(fields).get("fast")
    if not factor or factor == 1:
        return
    for condition, classes in list(grid.items()):
        if not condition and (scaled := _scaled(classes, of_float(float(factor)))):
            grid[when(speed="fast")] = scaled


def _special(fields: Fields) -> Fields:
    found: Fields | None = fields.get("provider_specific_entry")
    return found or {}


def _multipliers(fields: Fields, label: str) -> list[Multiplier]:
    """Surcharges for where a call is processed."""
    special = _special(fields)
    factors = (
        ("us", special.get("us")),
        ("eu", fields.get("regional_processing_uplift_multiplier_eu")),
        ("us", fields.get("regional_processing_uplift_multiplier_us")),
        ("!global", fields.get("regional_endpoint_uplift_multiplier")),
    )
    return [
        Multiplier(when(region=region), of_float(float(factor)), frozenset({label}))
        for region, factor in factors
        if factor and factor != 1
    ]


def _scaled(classes: Classes, factor: Decimal) -> Classes:
    return {
        name: replace(price, amount=plain(price.amount * factor))
        for name, price in classes.items()
        if is_token(name)
    }


def _one_measure(entry: Entry) -> None:
    """A model billed by tokens keeps no price per image beside them, but for what a size comes to.

    That one is for calls that report no tokens: with tokens of images, an image is not charged again.
    """
    grid = entry.periods[0].grid
    if any(priced_by_tokens(classes) for classes in grid.values()):
        for condition in list(grid):
            if not lookup(condition, "size"):
                grid[condition].pop("images", None)
            if not grid[condition]:
                del grid[condition]
