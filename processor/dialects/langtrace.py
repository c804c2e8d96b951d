"""Langtrace: older names of the conventions beside `langtrace.*`; Cohere's search units by name.

Its totals leave out what Anthropic cached, and it has no key for it (see containment).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV, USAGE

LANGTRACE: Final = replace(
    SEMCONV,
    name="langtrace",
    read_from="langtrace-python-sdk 3.8.21 (PyPI), utils/llm.py, with langtrace-trace-attributes 7.2",
    scopes=("langtrace", "@langtrase/"),
    marks=("langtrace.service.type",),
    operation=(*SEMCONV.operation, "langtrace.service.type"),
    operations={"framework": "", "vectordb": ""},
    provider=(*SEMCONV.provider, "langtrace.service.name"),
    usage={**USAGE, "rerank_units": ("gen_ai.usage.search_units",)},
)
