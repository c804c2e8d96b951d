"""OpenInference (Arize): `llm.*` and `openinference.span.kind`.

It sets no operation, response id or tier as attributes; id and tier stand in the provider's own
answer, which is kept as JSON in `output.value`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.answers import (
    anthropic,
    file_searches,
    gemini,
    merged,
    openai,
    perplexity,
    search_size,
    searches,
)
from processor.dialects.dialect import Dialect

_ANSWER: Final = "output.value#usage"
_COUNT: Final = "llm.token_count."
_ASKED: Final = "llm.invocation_parameters#"
# What LangChain hands to its callbacks, in either language: the first message of the first prompt.
_MESSAGE: Final = "output.value#generations.message.kwargs"
_TAKEN: Final = f"{_MESSAGE}.usage_metadata.input_token_details"

_OWN: Final = {
    "input": (
        f"{_COUNT}prompt",
        f"{_ANSWER}.prompt_tokens",
        f"{_ANSWER}.input_tokens",
    ),
    "output": (
        f"{_COUNT}completion",
        f"{_ANSWER}.completion_tokens",
        f"{_ANSWER}.output_tokens",
    ),
    "cache_read": (f"{_COUNT}prompt_details.cache_read",),
    # The second is Envoy AI Gateway's, its internal/tracing/openinference at c217da8a5.
    "cache_write": (
        f"{_COUNT}prompt_details.cache_write",
        f"{_COUNT}prompt_details.cache_creation",
        f"{_TAKEN}.cache_creation",
    ),
    # langchain-anthropic 1.7 says these, and 0 for all writes.
    "cache_write_5m": (f"{_TAKEN}.ephemeral_5m_input_tokens",),
    "cache_write_1h": (
        f"{_TAKEN}.ephemeral_1h_input_tokens",
        f"{_MESSAGE}.additional_kwargs.usage.cache_creation.ephemeral_1h_input_tokens",
        f"{_MESSAGE}.response_metadata.usage.cache_creation.ephemeral_1h_input_tokens",
    ),
    "cache_read_audio": (f"{_COUNT}prompt_details.cache_read_audio",),
    "reasoning": (f"{_COUNT}completion_details.reasoning",),
    "input_audio": (f"{_COUNT}prompt_details.audio",),
    "output_audio": (f"{_COUNT}completion_details.audio",),
    # Only images answer with pictures; embeddings have a list of the same name.
    "images": ("output.value#data.b64_json|url=*.n()",),
    "rerank_units": ("output.value#meta.billed_units.search_units",),
    # 3.1 of the Anthropic one keeps them where the answer itself is hidden, and where it is streamed.
    "searches": ("metadata#server_tool_use.web_search_requests", *searches("output.value#")),
    "file_searches": file_searches("output.value#"),
    "total": (f"{_COUNT}total",),
}

OPENINFERENCE: Final = Dialect(
    name="openinference",
    read_from=(
        "openinference-instrumentation-openai 0.1.52 and 0.1.66, -anthropic 3.1.0 and 0.1.3, "
        "-langchain 0.1.70, -google-genai 1.4.14, -bedrock, -litellm, -mistralai, -smolagents; "
        "@arizeai/openinference-instrumentation-openai 4.2, -langchain 4.1, -anthropic 0.2; openinference-semantic-conventions 0.1.25"
    ),
    scopes=("openinference.", "@arizeai/openinference"),
    marks=("openinference.span.kind",),
    operation=("openinference.span.kind",),
    provider=("llm.provider", "llm.system", "metadata#ls_provider"),
    request_model=(
        "llm.request.model_name",
        "llm.model_name",
        "embedding.model_name",
        "reranker.model_name",
        "llm.invocation_parameters#model",
        "input.value#model",
        "metadata#ls_model_name",
    ),
    response_model=("llm.response.model_name",),
    response_id=("output.value#id", "output.value#response_id", "output.value#responseId"),
    service_tier=(
        "output.value#service_tier",
        f"{_ANSWER}.service_tier",
        "output.value#usage_metadata.traffic_type",
        "output.value#usageMetadata.trafficType",
        "llm.invocation_parameters#service_tier",
    ),
    usage=merged(
        _OWN,
        openai(f"{_ANSWER}."),
        anthropic(f"{_ANSWER}."),
        perplexity(f"{_ANSWER}."),
        gemini("output.value#"),
    ),
    reported_cost=("gen_ai.usage.cost", f"{_ANSWER}.cost", "llm.cost.total"),
    # What a gateway says of a question how many tokens a text has.
    unbilled=(("openinference.span.kind", "token_counter"),),
    conditions={
        # As it was made, then as it was asked for: `auto` is no size.
        "size": ("output.value#size", f"{_ASKED}size", "input.value#size"),
        "quality": ("output.value#quality", f"{_ASKED}quality", "input.value#quality"),
        "steps": (f"{_ASKED}steps",),
        "speed": (f"{_ANSWER}.speed", f"{_ASKED}speed"),
        "inference_geo": (f"{_ANSWER}.inference_geo", f"{_ASKED}inference_geo"),
        "search_context_size": search_size(_ASKED, f"{_ANSWER}."),
    },
)

_CONVERSE: Final = {
    "cache_read": (f"{_ANSWER}.cacheReadInputTokens",),
    "cache_write": (f"{_ANSWER}.cacheWriteInputTokens",),
}

# Its `llm.model_name` is the id without its vendor and what follows the first dot: `anthropic` for
# `us.anthropic.claude-...`. Converse's own request has the whole.
OPENINFERENCE_BEDROCK: Final = replace(
    OPENINFERENCE,
    name="openinference_bedrock",
    read_from="@arizeai/openinference-instrumentation-bedrock 0.5.1",
    scopes=("@arizeai/openinference-instrumentation-bedrock",),
    marks=(),
    request_model=("input.value#modelId", *OPENINFERENCE.request_model),
    usage=merged(OPENINFERENCE.usage, _CONVERSE),
)
