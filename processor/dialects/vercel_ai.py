"""The Vercel AI SDK's own spans (scope `ai`, versions 4 to 7): `ai.*` beside `gen_ai.*`.

Its outer spans repeat the usage of their last step; the steps are the calls. From version 7 its
other exporter writes the conventions under scope `gen_ai` and is read as such.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.reported import GATEWAYS_CHARGES, REPORTED_COST
from processor.dialects.semconv import INPUT, OUTPUT, SEMCONV

_ANTHROPIC: Final = "ai.response.providerMetadata#anthropic"
_PERPLEXITY: Final = "ai.response.providerMetadata#perplexity.usage"
_BEDROCK: Final = "ai.response.providerMetadata#bedrock.usage"
_GOOGLE: Final = "ai.response.providerMetadata#google.usageMetadata"
_VERTEX: Final = "ai.response.providerMetadata#vertex.usageMetadata"
_DEEPSEEK: Final = "ai.response.providerMetadata#deepseek"
_XAI: Final = "ai.response.providerMetadata#xai"
# Version 4 keeps the parts of an OpenAI-like answer under the name of its provider.
_LIKE_OPENAI: Final = tuple(
    f"ai.response.providerMetadata#{name}"
    for name in (
        "openai",
        "azure",
        "cerebras",
        "deepinfra",
        "deepseek",
        "fireworks",
        "openrouter",
        "perplexity",
        "togetherai",
        "xai",
    )
)

_CALLS: Final = {
    "ai.generatetext.dogenerate": "chat",
    "ai.streamtext.dostream": "chat",
    "ai.generateobject.dogenerate": "chat",
    "ai.streamobject.dostream": "chat",
    "ai.embed.doembed": "embeddings",
    "ai.embedmany.doembed": "embeddings",
    "ai.generateimage.dogenerate": "image_generation",
    "ai.generatespeech.dogenerate": "speech",
    "ai.transcribe.dogenerate": "transcription",
    "ai.rerank.dorerank": "rerank",
    # These have no inner span so far; where one comes, the inner one is billed.
    "ai.generateimage": "image_generation",
    "ai.generatespeech": "speech",
    "ai.transcribe": "transcription",
    "ai.rerank": "rerank",
}
_AROUND: Final = (
    "ai.generatetext",
    "ai.streamtext",
    "ai.generateobject",
    "ai.streamobject",
    "ai.embed",
    "ai.embedmany",
    "ai.toolcall",
)

VERCEL_AI: Final = replace(
    SEMCONV,
    name="vercel_ai",
    read_from="ai (npm) 4.3, 5.0, 6.0 and 7.0 with LegacyOpenTelemetry, with 11 of the @ai-sdk providers",
    scopes=(),
    marks=("ai.operationId",),
    operation=("ai.operationId",),
    operations={**_CALLS, **dict.fromkeys(_AROUND, "")},
    provider=("gen_ai.system", "ai.model.provider"),
    request_model=("gen_ai.request.model", "ai.model.id"),
    response_model=("gen_ai.response.model", "ai.response.model"),
    response_id=("gen_ai.response.id", "ai.response.id"),
    service_tier=(
        "ai.response.providerMetadata#openai.serviceTier",
        "ai.response.providerMetadata#azure.serviceTier",
        f"{_ANTHROPIC}.usage.service_tier",
        "ai.response.providerMetadata#google.usageMetadata.serviceTier",
        "ai.response.providerMetadata#google.usageMetadata.trafficType",
    ),
    usage={
        "input": ("ai.usage.inputTokens", "ai.usage.promptTokens", *INPUT, "ai.usage.tokens"),
        # What is told apart in full, where it is: `input` and `output` hold this in one version of
        # the SDK and that in the next.
        "input+": (
            "ai.usage.inputTokenDetails.noCacheTokens",
            f"{_ANTHROPIC}.usage.input_tokens",
        ),
        "output+": (f"{_GOOGLE}.candidatesTokenCount", f"{_VERTEX}.candidatesTokenCount"),
        "output": ("ai.usage.outputTokens", "ai.usage.completionTokens", *OUTPUT),
        "cache_read": (
            "ai.usage.inputTokenDetails.cacheReadTokens",
            "ai.usage.cachedInputTokens",
            *[f"{place}.cachedPromptTokens" for place in _LIKE_OPENAI],
            f"{_DEEPSEEK}.promptCacheHitTokens",
            f"{_GOOGLE}.cachedContentTokenCount",
            f"{_VERTEX}.cachedContentTokenCount",
            f"{_ANTHROPIC}.cacheReadInputTokens",
            f"{_ANTHROPIC}.usage.cache_read_input_tokens",
            f"{_BEDROCK}.cacheReadInputTokens",
        ),
        "cache_write": (
            "ai.usage.inputTokenDetails.cacheWriteTokens",
            f"{_ANTHROPIC}.cacheCreationInputTokens",
            f"{_ANTHROPIC}.usage.cache_creation_input_tokens",
            f"{_BEDROCK}.cacheWriteInputTokens",
        ),
        "cache_write_1h": (f"{_ANTHROPIC}.usage.cache_creation.ephemeral_1h_input_tokens",),
        "reasoning": (
            "ai.usage.outputTokenDetails.reasoningTokens",
            "ai.usage.reasoningTokens",
            *[f"{place}.reasoningTokens" for place in _LIKE_OPENAI if place != _XAI],
            f"{_GOOGLE}.thoughtsTokenCount",
            f"{_VERTEX}.thoughtsTokenCount",
        ),
        # xAI's own answers have them beside the output; from version 5 on the SDK adds them up.
        "reasoning+": (f"{_XAI}.reasoningTokens",),
        "total": ("ai.usage.totalTokens",),
        "audio_seconds": ("ai.usage.seconds",),
        "input_characters": ("ai.request.text#chars(ai.response.audio.size)",),
        "searches": (
            f"{_ANTHROPIC}.usage.server_tool_use.web_search_requests",
            f"{_PERPLEXITY}.numSearchQueries",
        ),
        "citation+": (f"{_PERPLEXITY}.citationTokens",),
    },
    conditions={
        "speed": (f"{_ANTHROPIC}.usage.speed",),
        "inference_geo": (f"{_ANTHROPIC}.usage.inference_geo",),
    },
    reported_cost=(*REPORTED_COST, *GATEWAYS_CHARGES),
)
