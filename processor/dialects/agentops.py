"""AgentOps: the conventions' older names, spans told apart by `agentops.span.kind`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV

AGENTOPS: Final = replace(
    SEMCONV,
    name="agentops",
    read_from="agentops 0.4.21 (PyPI), agentops/semconv and agentops/instrumentation",
    scopes=("agentops",),
    marks=("agentops.span.kind",),
    operation=(*SEMCONV.operation, "agentops.span.kind"),
    operations={"llm.call": "chat", "operation": "", "text": "", "http": ""},
)
