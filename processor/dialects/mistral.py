"""Mistral's own SDK: its first spans mix two generations of names and have a total of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV, USAGE

MISTRAL: Final = replace(
    SEMCONV,
    name="mistral",
    read_from="mistralai (PyPI) extra/observability, by its documents; no capture yet",
    scopes=("mistralai_sdk_tracer",),
    usage={**USAGE, "total": (*USAGE["total"], "mistral_ai.request.total_tokens")},
)
