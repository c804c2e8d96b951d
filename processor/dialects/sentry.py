"""Sentry's SDKs: the conventions, with cached tokens named below the input.

`gen_ai.operation.type` tells a client's call from what stands around it; `sentry.op` stands on every
span of an application and is therefore not asked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV

SENTRY: Final = replace(
    SEMCONV,
    name="sentry",
    read_from="sentry-sdk (PyPI) and relay, by their documents; no capture yet",
    scopes=("sentry",),
    marks=("gen_ai.operation.type",),
    operation=(*SEMCONV.operation, "gen_ai.operation.type"),
    operations={
        "ai_client": "chat",
        "handoff": "",
        "generate_text": "chat",
        "stream_text": "chat",
        "embed": "embeddings",
        "embed_many": "embeddings",
    },
)
