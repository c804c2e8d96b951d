"""OpenInference (Arize): `llm.*` and `openinference.span.kind`.

It sets no operation, response id or tier as attributes; id and tier stand in the provider's own
answer, which is kept as JSON in `output.value`.
"""

from __future__ import annotations

from typing import Final

from processor.dialects.dialect import Dialect

_ANSWER: Final = "output.value#usage"

OPENINFERENCE: Final = Dialect(
    name="openinference",
    read_from=(
        "openinference-instrumentation-openai 0.1.52, -anthropic 3.0.1 and 0.1.3, -langchain 0.1.70, "
        "-bedrock, -google-genai, -litellm, -mistralai, -smolagents; @arizeai/openinference-* 4"
    ),
    scopes=("openinference.", "@arizeai/openinference"),
    marks=("openinference.span.kind",),
    operation=("openinference.span.kind",),
    provider=("llm.provider", "llm.system"),
    request_model=(
        "llm.request.model_name",
        "llm.model_name",
        "embedding.model_name",
        "llm.invocation_parameters#model",
        "input.value#model",
    ),
    response_model=("llm.response.model_name",),
    response_id=("output.value#id",),
    service_tier=("output.value#service_tier", f"{_ANSWER}.service_tier"),
    usage={
        "input": (
            "llm.token_count.prompt",
            f"{_ANSWER}.prompt_tokens",
            f"{_ANSWER}.input_tokens",
        ),
        "output": (
            "llm.token_count.completion",
            f"{_ANSWER}.completion_tokens",
            f"{_ANSWER}.output_tokens",
        ),
        "cache_read": (
            "llm.token_count.prompt_details.cache_read",
            f"{_ANSWER}.prompt_tokens_details.cached_tokens",
            f"{_ANSWER}.input_tokens_details.cached_tokens",
            f"{_ANSWER}.cache_read_input_tokens",
        ),
        "cache_write": (
            "llm.token_count.prompt_details.cache_write",
            f"{_ANSWER}.cache_creation_input_tokens",
        ),
        "cache_write_1h": (f"{_ANSWER}.cache_creation.ephemeral_1h_input_tokens",),
        "reasoning": (
            "llm.token_count.completion_details.reasoning",
            f"{_ANSWER}.completion_tokens_details.reasoning_tokens",
            f"{_ANSWER}.output_tokens_details.reasoning_tokens",
        ),
        "input_audio": (
            "llm.token_count.prompt_details.audio",
            f"{_ANSWER}.input_token_details.audio_tokens",
        ),
        "output_audio": ("llm.token_count.completion_details.audio",),
        "input_image": (f"{_ANSWER}.input_tokens_details.image_tokens",),
        "output_image": (f"{_ANSWER}.output_tokens_details.image_tokens",),
        "audio_seconds": (f"{_ANSWER}.seconds",),
        "searches": (f"{_ANSWER}.server_tool_use.web_search_requests",),
        "total": ("llm.token_count.total",),
    },
    reported_cost=("gen_ai.usage.cost", "llm.cost.total"),
    conditions={
        "size": ("llm.invocation_parameters#size", "input.value#size"),
        "quality": ("llm.invocation_parameters#quality", "input.value#quality"),
    },
)
