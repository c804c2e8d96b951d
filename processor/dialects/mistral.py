"""Mistral's own SDK: its first spans mix two generations of names and have a total of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV, USAGE

MISTRAL: Final = replace(
    SEMCONV,
    name="mistral",
    read_from="mistralai 1.12.4 and 3.7.0 (PyPI), extra/observability",
    scopes=("mistralai_sdk_tracer",),
    operation=(*SEMCONV.operation, "mistral_ai.operation.id"),
    operations={
        "chat_completion_v1_chat_completions_post": "chat",
        "embeddings_v1_embeddings_post": "embeddings",
    },
    usage={**USAGE, "total": (*USAGE["total"], "mistral_ai.request.total_tokens")},
)
