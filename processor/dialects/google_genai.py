"""The conventions' instrumentation of the Google Gen AI SDK: counts of one stream's chunks add up in it.

Each chunk of a stream repeats the count of the prompt; 0.3b0 sums them, and nothing says how many came.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV

GOOGLE_GENAI: Final = replace(
    SEMCONV,
    name="google_genai",
    read_from="opentelemetry-instrumentation-google-genai 0.3b0 and opentelemetry-instrumentation-genai-google-genai 1.3b0",
    scopes=("opentelemetry.instrumentation.google_genai",),
    untrue=(("code.function.name", "_stream"),),  # 1.3b0 names no function, and counts right
)
