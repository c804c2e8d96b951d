"""One small table a dialect, and one loop that reads spans by them.

The order is policy: a scope's name decides, else the first dialect one of whose marks is on the
span, else the conventions, which therefore come last.
"""

from __future__ import annotations

from typing import Final

from processor.dialects.agent_framework import AGENT_FRAMEWORK
from processor.dialects.agentops import AGENTOPS
from processor.dialects.azure_inference import AZURE_INFERENCE
from processor.dialects.braintrust import BRAINTRUST
from processor.dialects.dialect import Dialect, Kind
from processor.dialects.genkit import GENKIT
from processor.dialects.google_adk import GOOGLE_ADK
from processor.dialects.google_genai import GOOGLE_GENAI
from processor.dialects.laminar import LAMINAR
from processor.dialects.langfuse import LANGFUSE
from processor.dialects.langsmith import LANGSMITH
from processor.dialects.langtrace import LANGTRACE
from processor.dialects.langwatch import LANGWATCH
from processor.dialects.litellm import LITELLM
from processor.dialects.logfire import LOGFIRE
from processor.dialects.loongsuite import LOONGSUITE
from processor.dialects.mastra import MASTRA
from processor.dialects.mistral import MISTRAL
from processor.dialects.mlflow import MLFLOW
from processor.dialects.openinference import OPENINFERENCE, OPENINFERENCE_BEDROCK
from processor.dialects.openlit import OPENLIT
from processor.dialects.openllmetry import OPENLLMETRY
from processor.dialects.pydantic_ai import PYDANTIC_AI
from processor.dialects.reading import Reading
from processor.dialects.recognise import Recogniser
from processor.dialects.semconv import SEMCONV
from processor.dialects.sentry import SENTRY
from processor.dialects.strands import STRANDS
from processor.dialects.vercel_ai import VERCEL_AI

DIALECTS: Final[tuple[Dialect, ...]] = (
    # Before OpenInference, whose processor adds its attributes to this one's spans.
    VERCEL_AI,
    OPENINFERENCE_BEDROCK,
    OPENINFERENCE,
    LANGFUSE,
    LANGSMITH,
    LITELLM,
    LOGFIRE,
    PYDANTIC_AI,
    MLFLOW,
    GENKIT,
    OPENLIT,
    OPENLLMETRY,
    AGENTOPS,
    LANGTRACE,
    LANGWATCH,
    LAMINAR,
    MASTRA,
    STRANDS,
    GOOGLE_ADK,
    AGENT_FRAMEWORK,
    MISTRAL,
    AZURE_INFERENCE,
    BRAINTRUST,
    SENTRY,
    LOONGSUITE,
    GOOGLE_GENAI,
    SEMCONV,
)

__all__ = ["DIALECTS", "Dialect", "Kind", "Reading", "Recogniser"]
