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
        # A video's span says its id, so that asking how it goes is no second video.
        "video_seconds": ("gen_ai.openai.video.seconds",),
        "audio_seconds": (
            *USAGE["audio_seconds"],
            "gen_ai.response.audio.duration",
            "gen_ai.request.audio_duration",
        ),
    },
    conditions={
        "size": (
            "gen_ai.response.image_size",
            "gen_ai.request.image_size",
            "gen_ai.openai.video.size",
        ),
        "quality": ("gen_ai.response.image_quality", "gen_ai.request.image_quality"),
    },
    unbilled=(*SEMCONV.unbilled, ("gen_ai.response.status", "failed")),
    # Which tools the answer used, opened pages among the searches: no count of what is billed.
    signs=(
        ("openai.response.built_in_tools", "web_search", "searches"),
        ("openai.response.built_in_tools", "file_search", "file_searches"),
        ("openai.response.built_in_tools", "code_interpreter", "code_sessions"),
    ),
)
