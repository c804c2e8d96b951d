"""Mastra: the conventions; only the innermost span of a call counts what it used."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV

MASTRA: Final = replace(
    SEMCONV,
    name="mastra",
    read_from="@mastra/otel-exporter (npm), by its documents; no capture yet",
    scopes=("@mastra/", "mastra"),
    marks=("mastra.span.type",),
    operation=("mastra.span.type", *SEMCONV.operation),
    operations={
        "model_generation": "chat",
        "model_inference": "chat",
        "model_step": "",
        "model_chunk": "",
        "agent_run": "",
        "tool_call": "",
        "mcp_tool_call": "",
        "processor_run": "",
        "workflow_run": "",
        "workflow_step": "",
        "generic": "",
    },
)
