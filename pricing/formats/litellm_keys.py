"""LiteLLM's price keys: what each is the price of. Data, and the grammar of their suffixes.

`<class>[_above_<N>k_tokens][_<tier>]`, USD per single unit. A key is priced here, read elsewhere in
the reader, or named in `NOT_FROM_A_CALL`; nothing else is let through in silence.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

CLASS_OF: Final[Mapping[str, str]] = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "input_cost_per_token_cache_hit": "cache_read",
    "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "cache_creation_input_token_cost_above_12hr": "cache_write_12h",
    "output_cost_per_reasoning_token": "reasoning",
    "citation_cost_per_token": "citation",
    "input_cost_per_audio_token": "input_audio",
    "output_cost_per_audio_token": "output_audio",
    "cache_read_input_audio_token_cost": "cache_read_audio",
    "input_cost_per_image_token": "input_image",
    "output_cost_per_image_token": "output_image",
    "cache_read_input_image_token_cost": "cache_read_image",
    "input_cost_per_video_token": "input_video",
    "output_cost_per_video_token": "output_video",
    "input_cost_per_character": "input_characters",
    "output_cost_per_character": "output_characters",
    "output_cost_per_image": "images",
    "input_cost_per_audio_per_second": "audio_seconds",
    "input_cost_per_video_per_second": "input_video_seconds",
    "output_cost_per_video_per_second": "video_seconds",
    "input_cost_per_request": "requests",
    "google_maps_grounding_cost_per_query": "maps_searches",
    "ocr_cost_per_page": "pages",
    "code_interpreter_cost_per_session": "code_sessions",
}

# What a second key means depends on what the model does.
BY_MODE: Final[Mapping[str, Mapping[str, str]]] = {
    "input_cost_per_image": {"image": "images", "": "input_images"},
    "input_cost_per_pixel": {"image": "pixels"},
    "output_cost_per_pixel": {"image": "pixels"},
    "input_cost_per_second": {"transcription": "audio_seconds", "realtime": "audio_seconds"},
    "output_cost_per_second": {
        "video": "video_seconds",
        "speech": "output_audio_seconds",
        "transcription": "audio_seconds",
    },
    "input_cost_per_query": {"rerank": "rerank_units", "search": "searches", "": "requests"},
}

# Where two keys of one model name one class: the first that is not zero.
PREFERRED: Final = (
    "cache_read_input_token_cost",
    "input_cost_per_second",
    "input_cost_per_pixel",
)

MODES: Final[Mapping[str, str]] = {
    "chat": "chat",
    "completion": "completion",
    "responses": "responses",
    "realtime": "realtime",
    "embedding": "embedding",
    "image_generation": "image",
    "image_edit": "image",
    "audio_speech": "speech",
    "audio_transcription": "transcription",
    "video_generation": "video",
    "rerank": "rerank",
    "ocr": "ocr",
    "moderation": "moderation",
    "search": "search",
}

TIERS: Final[Mapping[str, tuple[str, str]]] = {
    "batches": ("batch", "true"),
    "priority": ("service_tier", "priority"),
    "flex": ("service_tier", "flex"),
    "balanced": ("service_tier", "balanced"),
    "ultrafast": ("service_tier", "ultrafast"),
    "decisions": ("service_tier", "decisions"),
}

# Read by name in the reader.
STRUCTURES: Final = frozenset(
    {
        "tiered_pricing",
        "off_peak_pricing",
        "provider_specific_entry",
        "search_context_cost_per_query",
        "file_search_cost_per_1k_calls",
        "regional_endpoint_uplift_multiplier",
        "regional_processing_uplift_multiplier_eu",
        "regional_processing_uplift_multiplier_us",
    }
)

# Prices that no usage of one call can be multiplied with, each with why.
NOT_FROM_A_CALL: Final[Mapping[str, str]] = {
    "annotation_cost_per_page": "annotated pages are not told apart",
    "computer_use_input_cost_per_1k_tokens": "a second price of tokens that are counted already",
    "computer_use_output_cost_per_1k_tokens": "a second price of tokens that are counted already",
    "cache_creation_input_audio_token_cost": "storage of audio is not told apart",
    "cost_per_second": "provisioned or machine time",
    "explicit_cache_read_input_token_cost": "explicit and implicit cache reads are not told apart",
    "file_search_cost_per_gb_per_day": "storage",
    "guardrail_cost_per_unit": "policy units are in no telemetry",
    "input_cost_per_text_message": "messages are not counted",
    "input_cost_per_video_per_second_above_15s_interval": "length intervals are not told apart",
    "input_cost_per_video_per_second_above_8s_interval": "length intervals are not told apart",
    "input_dbu_cost_per_token": "Databricks units",
    "output_dbu_cost_per_token": "Databricks units",
    "output_db_cost_per_token": "Databricks units",
    "ocr_cost_per_credit": "credits are in no telemetry",
    "search_free_requests": "a quota over a day or a month; costs are gross",
    "vector_store_cost_per_gb_per_day": "storage",
    "web_search_billing_unit": "says how searches are counted, not what they cost",
}

_TIER: Final = re.compile(rf"(.+)_({'|'.join(TIERS)})")
_ABOVE: Final = re.compile(r"(.+)_above_(\d+)k_tokens")
# Spellings of older copies of the map.
_OLDER: Final = {"input_cost_per_token_batch_requests": "input_cost_per_token_batches"}
_VIDEO: Final = re.compile(r"output_cost_per_second_(480p|720p|768p|1080p|2k|4k)")
_IMAGE: Final = re.compile(r"output_cost_per_image_(0\.5K|[124]K|512|1024|1536)")


_LONGEST: Final = 100


class Key(NamedTuple):
    """A price key, taken apart."""

    base: str
    tier: str = ""
    above: int = 0
    """Tokens; 0 for no threshold."""
    resolution: str = ""


def take_apart(key: str) -> Key:
    """The parts of a price key."""
    key = _OLDER.get(key, key)
    sized = _VIDEO.fullmatch(key) or _IMAGE.fullmatch(key)
    if sized is not None:
        return Key(key.removesuffix(f"_{sized[1]}"), resolution=sized[1].lower())
    tier = above = None
    tiered = _TIER.fullmatch(key)
    if tiered is not None:
        key, tier = tiered[1], tiered[2]
    over = _ABOVE.fullmatch(key)
    if over is not None:
        key, above = over[1], int(over[2]) * 1000
    return Key(key, tier or "", above or 0)


def why_not(key: str) -> str:
    """Why no usage of a call can be multiplied with a key's price; empty where some can."""
    return NOT_FROM_A_CALL.get(key) or NOT_FROM_A_CALL.get(take_apart(key).base, "")


def is_named(key: str) -> bool:
    """Whether a price key is one that the reader prices, or one that has its reason not to be."""
    base = take_apart(key).base
    return base in CLASS_OF or base in BY_MODE or key in STRUCTURES or bool(why_not(key))


@lru_cache(maxsize=1024)
def slip(key: str) -> str:
    """The price key that a key is likely a misspelling of, by a letter or two; empty for none."""
    if len(key) > _LONGEST or is_named(key):
        return ""
    known = (*CLASS_OF, *BY_MODE, *STRUCTURES)
    return next(iter(get_close_matches(take_apart(key).base, known, n=1, cutoff=0.94)), "")


def is_price(key: str) -> bool:
    """Whether a key speaks of money at all."""
    return key in NOT_FROM_A_CALL or any(
        word in key for word in ("cost", "pric", "multiplier", "provider_specific_entry")
    )
