"""OpenInference (Arize): `llm.*` and `openinference.span.kind`.

It sets no operation, response id or tier as attributes; id and tier stand in the provider's own
answer, which is kept as JSON in `output.value`.
"""

from __future__ import annotations

from typing import Final

from processor.dialects.answers import anthropic, gemini, merged, openai
from processor.dialects.dialect import Dialect

_ANSWER: Final = "output.value#usage"
_COUNT: Final = "llm.token_count."

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
    "cache_write": (f"{_COUNT}prompt_details.cache_write",),
    "cache_read_audio": (f"{_COUNT}prompt_details.cache_read_audio",),
    "reasoning": (f"{_COUNT}completion_details.reasoning",),
    "input_audio": (f"{_COUNT}prompt_details.audio",),
    "output_audio": (f"{_COUNT}completion_details.audio",),
    # Only images answer with pictures; embeddings have a list of the same name.
    "images": ("output.value#data.b64_json=*.n()", "output.value#data.url=*.n()"),
    "rerank_units": ("output.value#meta.billed_units.search_units",),
    "total": (f"{_COUNT}total",),
}

OPENINFERENCE: Final = Dialect(
    name="openinference",
    read_from=(
        "openinference-instrumentation-openai 0.1.52 and 0.1.66, -anthropic 3.1.0 and 0.1.3, "
        "-langchain 0.1.70, -google-genai 1.4.14, -bedrock, -litellm, -mistralai, -smolagents; "
        "@arizeai/openinference-* 4; openinference-semantic-conventions 0.1.25"
    ),
    scopes=("openinference.", "@arizeai/openinference"),
    marks=("openinference.span.kind",),
    operation=("openinference.span.kind",),
    provider=("llm.provider", "llm.system"),
    request_model=(
        "llm.request.model_name",
        "llm.model_name",
        "embedding.model_name",
        "reranker.model_name",
        "llm.invocation_parameters#model",
        "input.value#model",
    ),
    response_model=("llm.response.model_name",),
    response_id=("output.value#id", "output.value#response_id", "output.value#responseId"),
    service_tier=("output.value#service_tier", f"{_ANSWER}.service_tier"),
    region=("cloud.region", f"{_ANSWER}.inference_geo"),
    usage=merged(
        _OWN, openai(f"{_ANSWER}."), anthropic(f"{_ANSWER}."), gemini("output.value#")
    ),
    reported_cost=("gen_ai.usage.cost", f"{_ANSWER}.cost", "llm.cost.total"),
    conditions={
        "size": ("llm.invocation_parameters#size", "input.value#size"),
        "quality": ("llm.invocation_parameters#quality", "input.value#quality"),
        "speed": (f"{_ANSWER}.speed",),
    },
)
