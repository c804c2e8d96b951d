"""LoongSuite and Alibaba's ARMS: the conventions beside `gen_ai.span.kind`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import OPERATION, SEMCONV

LOONGSUITE: Final = replace(
    SEMCONV,
    name="loongsuite",
    read_from="loongsuite-instrumentation-* (PyPI), by their documents; no capture yet",
    scopes=("loongsuite",),
    marks=("gen_ai.span.kind",),
    operation=(*OPERATION, "gen_ai.span.kind"),
    operations={"entry": ""},
)
