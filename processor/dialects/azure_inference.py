"""Azure's inference SDK and its agents: the conventions, without cached tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV

AZURE_INFERENCE: Final = replace(
    SEMCONV,
    name="azure_inference",
    read_from="azure-ai-inference 1.0.0b9 with azure-core-tracing-opentelemetry 1.0.0b13 (PyPI); agents by their documents",
    scopes=("azure.ai.", "azure.core."),
    operations={
        "create_thread": "",
        "create_message": "",
        "start_thread_run": "",
        "process_thread_run": "",
        "submit_tool_outputs": "",
    },
)
