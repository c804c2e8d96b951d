"""Google's Agent Development Kit: the conventions since version 2; before, its own answer as JSON.

Version 1 calls the sum of input and output the output; the answer's own total proves it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.answers import gemini, merged
from processor.dialects.semconv import SEMCONV, USAGE

_ANSWER: Final = "gcp.vertex.agent.llm_response#"

GOOGLE_ADK: Final = replace(
    SEMCONV,
    name="google_adk",
    read_from="google-adk 2.13.0 and 1.5 (PyPI), telemetry/tracing.py and _token_usage.py; @google/adk 2.0.0 (npm)",
    scopes=("gcp.vertex.agent",),
    marks=("gcp.vertex.agent.llm_response", "gcp.vertex.agent.event_id"),
    usage=merged(
        USAGE,
        gemini(_ANSWER),
        {
            "output+": (
                f"{_ANSWER}usageMetadata.candidatesTokenCount",
                f"{_ANSWER}usage_metadata.candidates_token_count",
            )
        },
        {"total-": (f"{_ANSWER}usage_metadata.total_token_count",)},
    ),
)
