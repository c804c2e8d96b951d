"""LiteLLM's prices that are not per token: images, pixels, seconds, characters, pages, calls.

Each rule reads one entry and yields class, condition and price. A call is charged by one measure:
where an entry prices tokens, its per-image, per-second and per-character estimates are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pricing.tables.making.decimals import clean, of_float, short_rate, undivided
from pricing.tables.making.rows import Price, When, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    Fields = Mapping[str, Any]
    Found = Iterator[tuple[str, When, Price]]

_MINUTE: Final = 60
_HOUR: Final = 3600
_TIME: Final = {1: "second", _MINUTE: "minute", _HOUR: "hour"}
_QUERIES: Final = {"rerank": ("rerank_units", "units"), "search": ("searches", "searches")}
_SIZES: Final = ("low", "medium", "high")


def amount(fields: Fields, key: str) -> Decimal | None:
    """A price above zero, or None."""
    value = fields.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return None
    return of_float(value)


def calls(fields: Fields) -> Found:
    """Fees that come on top of tokens."""
    yield from _web_searches(fields)
    yield from _per(
        fields, "google_maps_grounding_cost_per_query", "maps_searches", 1000, "searches"
    )
    yield from _per(fields, "input_cost_per_request", "requests", 1000, "requests")
    yield from _per(fields, "code_interpreter_cost_per_session", "code_sessions", 1, "session")


def other_units(fields: Fields, mode: str, place: When) -> Found:
    """Measures that stand for the whole call, for an entry that prices no tokens."""
    yield from _seconds(fields, mode)
    yield from _images(fields, mode, place)
    yield from _per(fields, "input_cost_per_character", "input_characters", 10**6, "characters")
    name, unit = _QUERIES.get(mode, ("requests", "requests"))
    yield from _per(fields, "input_cost_per_query", name, 1000, unit)
    yield from _per(fields, "ocr_cost_per_page", "pages", 1000, "pages")
    for name, condition, price in _per(
        fields, "ocr_cost_per_page_batches", "pages", 1000, "pages"
    ):
        yield name, (*condition, ("batch", "true")), price


def of_media_inputs(fields: Fields) -> Found:
    """What an embedding of an image, a clip or a recording costs beside its text."""
    yield from _per(fields, "input_cost_per_image", "input_images", 1, "image")
    for key, name in (
        ("input_cost_per_video_per_second", "input_video_seconds"),
        ("input_cost_per_audio_per_second", "audio_seconds"),
    ):
        if (value := amount(fields, key)) is not None:
            yield name, (), _timed(value, (_MINUTE,))


def _per(fields: Fields, key: str, name: str, count: int, unit: str) -> Found:
    value = amount(fields, key)
    if value is not None:
        label = unit if count == 1 else f"{'1M' if count == 10**6 else '1K'} {unit}"
        yield name, (), Price(clean(value * count), label)


def _web_searches(fields: Fields) -> Found:
    given: Fields | None = fields.get("search_context_cost_per_query")
    if not given:
        return
    found = {size: amount(given, f"search_context_size_{size}") for size in _SIZES}
    if len(set(found.values())) == 1:
        if (value := found["medium"]) is not None:
            yield "searches", (), Price(clean(value * 1000), "1K searches")
        return
    # Perplexity's fee for each request; a request that names no size gets the low one.
    for size, value in found.items():
        if value is not None:
            price = Price(clean(value * 1000), "1K requests")
            yield "requests", when(search_context_size=size), price
            if size == "low":
                yield "requests", (), price


def _seconds(fields: Fields, mode: str) -> Found:
    if mode == "video":
        yield from _video(fields)
        return
    value = amount(fields, "input_cost_per_second")
    if value is None and mode == "transcription":
        value = amount(fields, "output_cost_per_second")
    if value is not None:
        yield "audio_seconds", (), _timed(value, (_MINUTE, _HOUR))
    if mode == "speech" and (value := amount(fields, "output_cost_per_second")) is not None:
        yield "output_audio_seconds", (), _timed(value, (_MINUTE,))


def _video(fields: Fields) -> Found:
    whole = amount(fields, "output_cost_per_second")
    if whole is None:
        whole = amount(fields, "output_cost_per_video_per_second")
    if whole is not None:
        yield "video_seconds", (), _timed(whole, ())
    for resolution in ("480p", "720p", "768p", "1080p", "2k", "4k"):
        value = amount(fields, f"output_cost_per_second_{resolution}")
        if value is not None:
            yield "video_seconds", when(resolution=resolution), _timed(value, ())


def _timed(per_second: Decimal, scales: tuple[int, ...]) -> Price:
    value, scale = short_rate(per_second, scales)
    return Price(value, _TIME[scale])


def _images(fields: Fields, mode: str, place: When) -> Found:
    if mode != "image":
        return
    value = amount(fields, "output_cost_per_image")
    if value is None:
        value = amount(fields, "input_cost_per_image")
    if value is not None:
        yield "images", (), Price(clean(value), "image")
    else:
        yield from _pixels(fields, dict(place).get("size", ""))
    for label in ("512", "1024", "1536", "0.5K", "1K", "2K", "4K"):
        sized = amount(fields, f"output_cost_per_image_{label}")
        if sized is not None:
            yield "images", when(resolution=label.lower()), Price(clean(sized), "image")


def _pixels(fields: Fields, size: str) -> Found:
    """A price per pixel for a size is the vendor's price per image, divided; so multiply it back."""
    value = amount(fields, "input_cost_per_pixel")
    if value is None:
        value = amount(fields, "output_cost_per_pixel")
    if value is None:
        return
    if size:
        width, height = (int(side) for side in size.split("x"))
        whole = undivided(value, width * height)
        if whole is not None:
            yield "images", (), Price(whole, "image")
    else:
        yield "pixels", (), Price(clean(value * 10**6), "1M pixels")
