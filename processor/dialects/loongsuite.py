"""LoongSuite and Alibaba's ARMS: the conventions beside `gen_ai.span.kind`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import OPERATION, SEMCONV

LOONGSUITE: Final = replace(
    SEMCONV,
    name="loongsuite",
    read_from="loongsuite-instrumentation-dashscope and siblings 0.1 (PyPI), over opentelemetry.util.genai.handler",
    scopes=("loongsuite",),
    marks=("gen_ai.span.kind",),
    operation=(*OPERATION, "gen_ai.span.kind"),
    operations={"entry": ""},
)
