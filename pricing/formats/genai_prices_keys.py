"""genai-prices' price keys: what each is the price of, and by how many units. Data alone.

A key is priced here or named in `NOT_FROM_A_CALL`; any other is a problem of the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

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
# The plain-text share of a class that is our class itself.
_TEXT: Final = re.compile(
    r"(input|output)_text_mtok|cache_text_(read|write|write_5m|write_1h)_mtok"
)
NOT_FROM_A_CALL: Final = frozenset(
    {"input_annotated_document_kpages", "input_text_messages_kcount", "social_searches_kcount"}
)
FACTS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "processing": {"batch": ("batch", "true")},
    "service_tier": {"default": ("service_tier", "standard")},
    "speed": {},
}
PROVIDER: Final = frozenset(
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
MODEL: Final = frozenset(
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


def class_of(key: str) -> tuple[str, int] | None:
    """The class of a price key, and the units that its price is for; None for no known key."""
    text = _TEXT.fullmatch(key)
    return CLASS_OF.get(key.replace("_text", "") if text is not None else key)
