"""The OpenTelemetry GenAI conventions, current and deprecated names alike.

Also the reading of whoever follows them without being known here: it comes last.
https://github.com/open-telemetry/semantic-conventions-genai
"""

from __future__ import annotations

from typing import Final

from processor.dialects.dialect import Dialect
from processor.dialects.reported import REPORTED_COST

OPERATION: Final = ("gen_ai.operation.name", "llm.request.type")
# Cloudflare's AI Gateway has the last one, by its documentation; its spans have the first one too.
PROVIDER: Final = ("gen_ai.provider.name", "gen_ai.system", "gen_ai.model.provider")
REQUEST_MODEL: Final = ("gen_ai.request.model",)
RESPONSE_MODEL: Final = ("gen_ai.response.model",)
RESPONSE_ID: Final = ("gen_ai.response.id",)
SERVICE_TIER: Final = (
    "openai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "gen_ai.response.service_tier",
    "anthropic.response.service_tier",
    "gen_ai.service_tier",  # PromptingTools.jl by Logfire.jl: the answer's
    # What was asked for, where nobody says what was served.
    "openai.request.service_tier",
    "gen_ai.openai.request.service_tier",
    "gen_ai.request.service_tier",
    "anthropic.request.service_tier",
)

INPUT: Final = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.usage.prompt_tokens",
)
OUTPUT: Final = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.completion_tokens",
)
# The Bifrost gateway, its core/schemas/trace.go; its counts are OpenAI's of whatever provider.
_BIFROST: Final = ("gen_ai.usage.prompt_token_details.", "gen_ai.usage.input_token_details.")
CACHE_READ: Final = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.cached_tokens",
    "gen_ai.usage.cached_input_tokens",
    "gen_ai.usage.prompt_tokens_details.cached_tokens",
    "gen_ai.usage.input_tokens.cached",
    *[f"{place}cached_read_tokens" for place in _BIFROST],
)
# `cache_creation` until semantic-conventions-genai#440, `cache_write` since; both are live.
CACHE_WRITE: Final = (
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_write_input_tokens",
    "gen_ai.usage.prompt_tokens_details.cache_creation_tokens",
    "gen_ai.usage.input_tokens.cache_write",
    *[f"{place}cached_write_tokens" for place in _BIFROST],
)
REASONING: Final = (
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.reasoning_output_tokens",
    "gen_ai.usage.completion_tokens_details.reasoning_tokens",
    "gen_ai.usage.output_tokens.reasoning",
)
TOTAL: Final = ("gen_ai.usage.total_tokens", "llm.usage.total_tokens")

USAGE: Final = {
    "input": INPUT,
    "output": OUTPUT,
    "cache_read": CACHE_READ,
    "cache_write": CACHE_WRITE,
    "cache_write_1h": (
        "anthropic.usage.cache_creation.ephemeral_1h_input_tokens",
        "gen_ai.usage.details.ephemeral_1h_input_tokens",
        *[f"{place}cached_write_tokens_1h" for place in _BIFROST],
    ),
    "reasoning": REASONING,
    # The second names are agentgateway's, its crates/agentgateway/src/telemetry/log.rs at 75b4e6ce6.
    "input_audio": ("gen_ai.usage.audio.input_tokens", "gen_ai.usage.input_audio_tokens"),
    "output_audio": (
        "gen_ai.usage.audio.output_tokens",
        "gen_ai.usage.output_audio_tokens",
        "gen_ai.usage.completion_tokens_details.audio_tokens",
    ),
    "input_image": ("gen_ai.usage.image.input_tokens",),
    "output_image": ("gen_ai.usage.image.output_tokens", "gen_ai.usage.output_image_tokens"),
    "cache_read_audio": ("gen_ai.usage.audio.cache_read.input_tokens",),
    "cache_read_image": ("gen_ai.usage.image.cache_read.input_tokens",),
    "input_video": ("gen_ai.usage.video.input_tokens",),
    "output_video": ("gen_ai.usage.video.output_tokens",),
    "cache_read_video": ("gen_ai.usage.video.cache_read.input_tokens",),
    "audio_seconds": ("gen_ai.usage.seconds",),
    # The AI SDK 7 (scope `gen_ai`) tells the text that was spoken, and the size of the sound if there was an answer.
    "input_characters": ("ai.request.text#chars(ai.response.audio.size)",),
    # No convention has them yet (semantic-conventions-genai 503); Logfire.jl and others write these.
    "searches": (
        "gen_ai.usage.web_search_requests",
        "gen_ai.usage.server_tool_use.web_search_requests",
    ),
    "total": TOTAL,
}

# Spring AI 1.0 (its reference, Observability) and @traceloop/instrumentation-openai.
CONDITIONS: Final = {
    "size": ("gen_ai.request.image.size",),
    "quality": ("gen_ai.request.image.quality",),
}

SEMCONV: Final = Dialect(
    name="semconv",
    read_from=(
        "opentelemetry-instrumentation-genai-openai 1.3b0, -genai-anthropic 1.3b0, -google-genai 1.3b0 "
        "and 0.3b0, -openai-v2 2.1b0 and 2.4b0, -botocore 0.66b2; anthropic 2.x; @anthropic-ai/sdk 1.12 and "
        "@ai-sdk/otel 1.0 (npm)"
    ),
    scopes=(
        "com.anthropic.sdk",
        "gen_ai",  # the AI SDK's, 7.0
        "opentelemetry.instrumentation.botocore",
        "opentelemetry.instrumentation.genai.",
        "opentelemetry.instrumentation.openai_v2",
        "opentelemetry.util.genai",
    ),
    operation=OPERATION,
    operations={"ai.generatespeech": "speech", "ai.transcribe": "transcription"},
    provider=PROVIDER,
    request_model=REQUEST_MODEL,
    response_model=RESPONSE_MODEL,
    response_id=RESPONSE_ID,
    service_tier=SERVICE_TIER,
    # Envoy AI Gateway's word for counting tokens, which nobody bills.
    unbilled=(("litellm.cache_hit", "true"), ("gen_ai.operation.name", "tokenize")),
    usage=USAGE,
    reported_cost=REPORTED_COST,
    conditions=CONDITIONS,
)
