"""Microsoft's agent frameworks: the conventions; agents' spans have the sums of their calls.

Agent Framework, Semantic Kernel, AutoGen and Microsoft.Extensions.AI.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV

AGENT_FRAMEWORK: Final = replace(
    SEMCONV,
    name="agent_framework",
    read_from=(
        "agent-framework-core 1.23.0 observability.py, semantic-kernel 1.45.0 "
        "utils/telemetry/model_diagnostics, autogen-core 0.7"
    ),
    scopes=(
        "agent_framework",
        "autogen",
        "semantic_kernel",
        "Microsoft.SemanticKernel",
        "Microsoft.Agents",
        "Experimental.Microsoft.",
    ),
)
