"""Logfire's own OpenAI and Anthropic instrumentation: the conventions plus the raw usage block.

Cached tokens, TTLs and the service tier stand only in the JSON text `gen_ai.usage.raw`. A stream's
usage is on a second, zero-length span; the first has none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.answers import search_size
from processor.dialects.semconv import SEMCONV, USAGE

_RAW: Final = "gen_ai.usage.raw#"
_ASKED: Final = "request_data#"

LOGFIRE: Final = replace(
    SEMCONV,
    name="logfire",
    read_from="logfire 5.2.0 and 5.4.0",
    scopes=("logfire.",),
    service_tier=(
        *SEMCONV.service_tier,
        f"{_RAW}service_tier",
        "response_data#service_tier",
        f"{_ASKED}service_tier",
    ),
    usage={
        **USAGE,
        "cache_read": (
            *USAGE["cache_read"],
            f"{_RAW}prompt_tokens_details.cached_tokens",
            f"{_RAW}input_tokens_details.cached_tokens",
            f"{_RAW}cache_read_input_tokens",
        ),
        "cache_write": (
            *USAGE["cache_write"],
            f"{_RAW}prompt_tokens_details.cache_write_tokens",
            f"{_RAW}input_tokens_details.cache_write_tokens",
            f"{_RAW}cache_creation_input_tokens",
        ),
        "cache_write_1h": (
            *USAGE["cache_write_1h"],
            f"{_RAW}cache_creation.ephemeral_1h_input_tokens",
        ),
        "reasoning": (
            *USAGE["reasoning"],
            f"{_RAW}completion_tokens_details.reasoning_tokens",
            f"{_RAW}output_tokens_details.reasoning_tokens",
        ),
        "input_audio": (*USAGE["input_audio"], f"{_RAW}prompt_tokens_details.audio_tokens"),
        "output_audio": (
            *USAGE["output_audio"],
            f"{_RAW}completion_tokens_details.audio_tokens",
        ),
        "searches": (
            *USAGE["searches"],
            f"{_RAW}server_tool_use.web_search_requests",
            f"{_RAW}num_search_queries",
        ),
        "citation+": (f"{_RAW}citation_tokens",),
        "images": ("response_data#images.n()",),
    },
    conditions={
        "size": (f"{_ASKED}size",),
        "quality": (f"{_ASKED}quality",),
        "speed": (f"{_RAW}speed", f"{_ASKED}speed"),
        "inference_geo": (f"{_RAW}inference_geo", f"{_ASKED}inference_geo"),
        "search_context_size": search_size(_ASKED, _RAW),
    },
)
