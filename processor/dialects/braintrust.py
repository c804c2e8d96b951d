"""Braintrust: counts, model and kind in JSON texts under `braintrust.*`; its prompt has the cached tokens."""

from __future__ import annotations

from typing import Final

from processor.dialects.dialect import Dialect

_METRICS: Final = "braintrust.metrics#"
_METADATA: Final = "braintrust.metadata#"

BRAINTRUST: Final = Dialect(
    name="braintrust",
    read_from="braintrust 0.48.1 (PyPI), integrations/*/tracing.py and oai.py",
    scopes=("braintrust",),
    marks=("braintrust.metrics", "braintrust.span_attributes"),
    operation=("gen_ai.operation.name", "braintrust.span_attributes#type"),
    operations={"score": "", "eval": "", "function": "", "facet": "", "preprocessor": ""},
    provider=("gen_ai.provider.name", f"{_METADATA}provider"),
    request_model=("gen_ai.request.model", f"{_METADATA}model"),
    response_model=("gen_ai.response.model",),
    response_id=("gen_ai.response.id",),
    service_tier=(f"{_METADATA}service_tier",),
    usage={
        "input": ("gen_ai.usage.input_tokens", f"{_METRICS}prompt_tokens"),
        "output": ("gen_ai.usage.output_tokens", f"{_METRICS}completion_tokens"),
        "cache_read": (f"{_METRICS}prompt_cached_tokens",),
        "cache_write": (f"{_METRICS}prompt_cache_creation_tokens",),
        "cache_write_1h": (f"{_METRICS}prompt_cache_creation_1h_tokens",),
        "reasoning": (f"{_METRICS}completion_reasoning_tokens",),
        "input_audio": (f"{_METRICS}prompt_audio_tokens",),
        "output_audio": (f"{_METRICS}completion_audio_tokens",),
        "total": (f"{_METRICS}tokens",),
    },
    reported_cost=("gen_ai.usage.cost", f"{_METRICS}estimated_cost"),
)
