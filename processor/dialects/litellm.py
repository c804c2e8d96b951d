"""LiteLLM's `otel` callback: the conventions plus its own usage object, a Python repr.

Where an application span is active it writes its attributes there, so a mark tells it, not a scope.
Behind its gateway request and response model may both be aliases: `litellm.provider.model` is real.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV, USAGE

_OBJECT: Final = "metadata.usage_object#"

LITELLM: Final = replace(
    SEMCONV,
    name="litellm",
    read_from="litellm 1.60, 1.106 and 1.109, callback `otel`, and its gateway",
    scopes=("litellm",),
    marks=("litellm.call_id", "litellm.provider.model"),
    request_model=("litellm.provider.model", "gen_ai.request.model"),
    usage={
        **USAGE,
        "cache_read": (
            *USAGE["cache_read"],
            f"{_OBJECT}prompt_tokens_details.cached_tokens",
            f"{_OBJECT}cache_read_input_tokens",
        ),
        "cache_write": (
            *USAGE["cache_write"],
            f"{_OBJECT}prompt_tokens_details.cache_write_tokens",
            f"{_OBJECT}prompt_tokens_details.cache_creation_tokens",
            f"{_OBJECT}cache_creation_input_tokens",
        ),
        "cache_write_1h": (
            *USAGE["cache_write_1h"],
            f"{_OBJECT}prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens",
        ),
        "reasoning": (
            *USAGE["reasoning"],
            f"{_OBJECT}completion_tokens_details.reasoning_tokens",
        ),
        "input_audio": (*USAGE["input_audio"], f"{_OBJECT}prompt_tokens_details.audio_tokens"),
        "output_audio": (
            *USAGE["output_audio"],
            f"{_OBJECT}completion_tokens_details.audio_tokens",
        ),
        "input_image": (*USAGE["input_image"], f"{_OBJECT}prompt_tokens_details.image_tokens"),
        "output_image": (
            *USAGE["output_image"],
            f"{_OBJECT}completion_tokens_details.image_tokens",
        ),
        "images": (f"{_OBJECT}output_image_count",),
        "searches": (
            *USAGE["searches"],
            f"{_OBJECT}server_tool_use.web_search_requests",
            f"{_OBJECT}prompt_tokens_details.web_search_requests",
        ),
    },
    service_tier=(*SEMCONV.service_tier, f"{_OBJECT}service_tier"),
    conditions={
        **SEMCONV.conditions,
        "speed": (f"{_OBJECT}speed",),
        "inference_geo": (f"{_OBJECT}inference_geo",),
        "search_context_size": (f"{_OBJECT}search_context_size",),
    },
)
