"""Genkit: usage in the JSON text of `genkit:output`, on model actions and all utilities around."""

from __future__ import annotations

from typing import Final

from processor.dialects.dialect import Dialect

_USAGE: Final = "genkit:output#usage."

GENKIT: Final = Dialect(
    name="genkit",
    read_from="genkit (npm) 1.x with @genkit-ai/compat-oai and @genkit-ai/googleai",
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
    usage={
        "input": (f"{_USAGE}inputTokens",),
        "output": (f"{_USAGE}outputTokens",),
        "cache_read": (f"{_USAGE}cachedContentTokens",),
        "reasoning+": (f"{_USAGE}thoughtsTokens",),
        "total": (f"{_USAGE}totalTokens",),
    },
    reported_cost=("gen_ai.usage.cost",),
)
