"""OpenLLMetry (Traceloop): semantic conventions of three generations plus `traceloop.*`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from processor.dialects.semconv import SEMCONV

OPENLLMETRY: Final = replace(
    SEMCONV,
    name="openllmetry",
    read_from="opentelemetry-instrumentation-openai and siblings 0.40.7, 0.47.5, 0.62.1; @traceloop 0.27",
    scopes=(
        "opentelemetry.instrumentation.anthropic",
        "opentelemetry.instrumentation.bedrock",
        "opentelemetry.instrumentation.cohere",
        "opentelemetry.instrumentation.crewai",
        "opentelemetry.instrumentation.google_generativeai",
        "opentelemetry.instrumentation.groq",
        "opentelemetry.instrumentation.langchain",
        "opentelemetry.instrumentation.llamaindex",
        "opentelemetry.instrumentation.mistralai",
        "opentelemetry.instrumentation.ollama",
        "opentelemetry.instrumentation.openai.v1",
        "opentelemetry.instrumentation.openai.v0",
        "opentelemetry.instrumentation.openai_agents",
        "opentelemetry.instrumentation.together",
        "opentelemetry.instrumentation.vertexai",
        "opentelemetry.instrumentation.watsonx",
        "@traceloop/",
        "traceloop.",
    ),
    marks=("traceloop.span.kind", "traceloop.entity.path"),
    address=("server.address", "gen_ai.openai.api_base"),
    # A workflow's span names its kind and no operation; its calls' spans name both.
    operation=(*SEMCONV.operation, "traceloop.span.kind"),
    # 0.47 lists what the Responses API did among the tool calls, opened pages too.
    signs=(("gen_ai.completion.0.tool_calls.0.name", "web_search_call", "searches"),),
)
