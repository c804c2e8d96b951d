"""OpenLIT: the conventions, a cost of its own making, and Gemini's thoughts beside the output."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV, USAGE

OPENLIT: Final = replace(
    SEMCONV,
    name="openlit",
    read_from="openlit 1.45.0 and 1.34.1 (PyPI), openlit (npm)",
    scopes=("openlit.", "@openlit/"),
    marks=("gen_ai.sdk.version", "openlit.agent.version_hash"),
    usage={
        **USAGE,
        "images": ("gen_ai.response.image#n()",),
        "audio_seconds": (
            *USAGE["audio_seconds"],
            "gen_ai.response.audio.duration",
            "gen_ai.request.audio_duration",
        ),
    },
    conditions={
        "size": ("gen_ai.response.image_size", "gen_ai.request.image_size"),
        "quality": ("gen_ai.response.image_quality", "gen_ai.request.image_quality"),
    },
)
