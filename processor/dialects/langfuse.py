"""Langfuse's SDKs: everything in JSON texts under `langfuse.observation.*`.

`usage_details` has three shapes: the provider's own block (totals hold their parts), flat buckets
that stand beside each other (`input_cached_tokens`), and whatever the user wrote.
"""

from __future__ import annotations

from typing import Final

from processor.dialects.dialect import Dialect

_USAGE: Final = "langfuse.observation.usage_details#"
_MODALITIES: Final = (
    ("input_image", "input", "image"),
    ("input_video", "input", "video"),
    ("output_image", "output", "image"),
    ("output_video", "output", "video"),
    ("cache_read_audio", "cached", "audio"),
    ("cache_read_image", "cached", "image"),
    ("cache_read_video", "cached", "video"),
)
"""(class, the bucket's beginning, the modality)."""

LANGFUSE: Final = Dialect(
    name="langfuse",
    read_from="langfuse (PyPI) 3.3.0 and 5.0.4 with its OpenAI wrapper and LangChain callback; @langfuse/otel",
    scopes=("langfuse-sdk",),
    marks=("langfuse.observation.type", "langfuse.observation.model.name"),
    operation=("langfuse.observation.type",),
    provider=("langfuse.observation.metadata.ls_provider",),
    request_model=("langfuse.observation.model.name",),
    # What was served, where the wrapper of OpenAI's client saw it, else what was asked for.
    service_tier=("langfuse.observation.model.parameters#service_tier",),
    usage={
        "input": (f"{_USAGE}prompt_tokens", f"{_USAGE}input_tokens", f"{_USAGE}input"),
        "output": (f"{_USAGE}completion_tokens", f"{_USAGE}output_tokens", f"{_USAGE}output"),
        "cache_read": (
            f"{_USAGE}prompt_tokens_details.cached_tokens",
            f"{_USAGE}input_tokens_details.cached_tokens",
            f"{_USAGE}input_priority_cache_read",
        ),
        "cache_read+": (
            f"{_USAGE}input_cached_tokens",
            f"{_USAGE}input_cache_read",
            f"{_USAGE}cache_read_input_tokens",
            f"{_USAGE}input_flex_cache_read",
            f"{_USAGE}cached_modality_TEXT",
        ),
        "cache_write": (
            f"{_USAGE}prompt_tokens_details.cache_write_tokens",
            f"{_USAGE}input_tokens_details.cache_write_tokens",
        ),
        "cache_write+": (
            f"{_USAGE}cache_creation_input_tokens",
            f"{_USAGE}input_cache_creation",
        ),
        # The callback takes apart what langchain-anthropic does, streamed, and what Anthropic answers.
        "cache_write_5m+": (
            f"{_USAGE}input_ephemeral_5m_input_tokens",
            f"{_USAGE}cache_creation_ephemeral_5m_input_tokens",
        ),
        "cache_write_1h+": (
            f"{_USAGE}input_ephemeral_1h_input_tokens",
            f"{_USAGE}cache_creation_ephemeral_1h_input_tokens",
        ),
        "reasoning": (
            f"{_USAGE}completion_tokens_details.reasoning_tokens",
            f"{_USAGE}output_tokens_details.reasoning_tokens",
            f"{_USAGE}output_priority_reasoning",
        ),
        "reasoning+": (
            f"{_USAGE}output_reasoning_tokens",
            f"{_USAGE}output_reasoning",
            f"{_USAGE}output_flex_reasoning",
            f"{_USAGE}thoughts_token_count",
        ),
        # langchain-openai 1.7 names the parts after a served tier, and the callback takes those of
        # flex out of the totals, but not those of priority.
        # Gemini's come by modality, out of the totals too, the cached ones out of the modality.
        "input+": (f"{_USAGE}input_flex", f"{_USAGE}input_modality_TEXT"),
        "output+": (f"{_USAGE}output_flex", f"{_USAGE}output_modality_TEXT"),
        "tool_input+": (f"{_USAGE}tool_use_prompt_token_count",),
        "input_audio": (f"{_USAGE}prompt_tokens_details.audio_tokens",),
        "input_audio+": (
            f"{_USAGE}input_audio_tokens",
            f"{_USAGE}input_audio",
            f"{_USAGE}input_modality_AUDIO",
        ),
        "output_audio": (f"{_USAGE}completion_tokens_details.audio_tokens",),
        "output_audio+": (
            f"{_USAGE}output_audio_tokens",
            f"{_USAGE}output_audio",
            f"{_USAGE}output_modality_AUDIO",
        ),
        **{
            f"{name}+": (f"{_USAGE}{said}_modality_{kind.upper()}",)
            for name, said, kind in _MODALITIES
        },
        # Buckets that are not known here are left of the sum of all.
        "total": (f"{_USAGE}total", f"{_USAGE}total_tokens", f"{_USAGE}sum(input|output)"),
    },
    reported_cost=("gen_ai.usage.cost", "langfuse.observation.cost_details#total"),
)
