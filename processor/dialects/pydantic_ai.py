"""pydantic-ai: the conventions plus `gen_ai.usage.details.*`, parts of the counts.

Its agent spans carry sums, from version 1 under `gen_ai.aggregated_usage.*`, before under the
plain names but without a model that is read here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV, USAGE

_DETAILS: Final = "gen_ai.usage.details."

PYDANTIC_AI: Final = replace(
    SEMCONV,
    name="pydantic_ai",
    read_from="pydantic-ai 0.4.0 and 2.68.0, instrumentation settings versions 1 to 6",
    scopes=("pydantic-ai",),
    batched=("pydantic_ai.batch.id",),
    usage={
        **USAGE,
        "cache_read": (
            *USAGE["cache_read"],
            f"{_DETAILS}cache_read_tokens",
            f"{_DETAILS}cached_tokens",
            f"{_DETAILS}cache_read_input_tokens",
            f"{_DETAILS}cached_content_tokens",
        ),
        "cache_write": (
            *USAGE["cache_write"],
            f"{_DETAILS}cache_write_tokens",
            f"{_DETAILS}cache_creation_input_tokens",
        ),
        "reasoning": (
            *USAGE["reasoning"],
            f"{_DETAILS}reasoning_tokens",
            f"{_DETAILS}thoughts_tokens",
        ),
        "input_audio": (*USAGE["input_audio"], f"{_DETAILS}input_audio_tokens"),
        "cache_read_audio": (
            *USAGE["cache_read_audio"],
            f"{_DETAILS}cache_audio_read_tokens",
        ),
        "output_audio": (*USAGE["output_audio"], f"{_DETAILS}output_audio_tokens"),
        "input_image": (*USAGE["input_image"], f"{_DETAILS}input_image_tokens"),
        "output_image": (*USAGE["output_image"], f"{_DETAILS}output_image_tokens"),
        "searches": (*USAGE["searches"], f"{_DETAILS}web_search_requests"),
        "images": ("image_count",),
    },
)
