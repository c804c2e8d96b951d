"""OpenInference (Arize): `llm.*` and `openinference.span.kind`.

It sets no operation, response id or tier as attributes; id and tier stand in the provider's own
answer, which is kept as JSON in `output.value`.
"""

from __future__ import annotations

from typing import Final

from processor.dialects.dialect import Dialect

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
    request_model=("llm.request.model_name", "llm.model_name", "embedding.model_name"),
    response_model=("llm.response.model_name",),
    response_id=("output.value#id",),
    service_tier=("output.value#service_tier", "output.value#usage.service_tier"),
    usage={
        "input": ("llm.token_count.prompt",),
        "output": ("llm.token_count.completion",),
        "cache_read": ("llm.token_count.prompt_details.cache_read",),
        "cache_write": ("llm.token_count.prompt_details.cache_write",),
        "cache_write_1h": ("output.value#usage.cache_creation.ephemeral_1h_input_tokens",),
        "reasoning": ("llm.token_count.completion_details.reasoning",),
        "input_audio": ("llm.token_count.prompt_details.audio",),
        "output_audio": ("llm.token_count.completion_details.audio",),
        "total": ("llm.token_count.total",),
    },
    reported_cost=("gen_ai.usage.cost", "llm.cost.total"),
)
