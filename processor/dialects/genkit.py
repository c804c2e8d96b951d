"""Genkit: usage in the JSON text of `genkit:output`, on model actions and all utilities around.

Its own usage leaves out what was cached; the provider's answer beside it (`raw`, `custom`) has it.
"""

from __future__ import annotations

from typing import Final

from processor.dialects.answers import anthropic, merged, openai
from processor.dialects.dialect import Dialect

_OUTPUT: Final = "genkit:output#"
_USAGE: Final = f"{_OUTPUT}usage."
_OPENAI: Final = openai(f"{_OUTPUT}raw.usage.")
_ANTHROPIC: Final = anthropic(f"{_OUTPUT}custom.usage.")

GENKIT: Final = Dialect(
    name="genkit",
    read_from="genkit (npm) 1.42 with @genkit-ai/compat-oai 1.42, google-genai 1.42 and anthropic 0.3",
    scopes=("genkit-tracer",),
    marks=("genkit:type",),
    operation=("genkit:metadata:subtype", "genkit:type"),
    operations={
        "model": "chat",
        "embedder": "embeddings",
        "util": "",
        "flow": "",
        "flowstep": "",
        "action": "",
        "executable-prompt": "",
        "indexer": "",
    },
    request_model=("genkit:name",),
    response_id=(f"{_OUTPUT}raw.id", f"{_OUTPUT}custom.id"),
    service_tier=(f"{_OUTPUT}raw.service_tier", f"{_OUTPUT}custom.usage.service_tier"),
    usage=merged(
        {
            "input": (f"{_USAGE}inputTokens",),
            "output": (f"{_USAGE}outputTokens",),
            "cache_read": (f"{_USAGE}cachedContentTokens",),
            "reasoning+": (f"{_USAGE}thoughtsTokens",),
            "total": (f"{_USAGE}totalTokens",),
            # Anthropic's tokens from the cache are beside its input.
            "input+": (f"{_OUTPUT}custom.usage.input_tokens",),
        },
        _OPENAI,
        _ANTHROPIC,
    ),
    reported_cost=("gen_ai.usage.cost",),
)
