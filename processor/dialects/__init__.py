"""One small table a dialect, and one loop that reads spans by them.

The order is policy: a scope's name decides, else the first dialect one of whose marks is on the
span, else the conventions, which therefore come last.
"""

from __future__ import annotations

from typing import Final

from processor.dialects.dialect import Dialect, Kind
from processor.dialects.genkit import GENKIT
from processor.dialects.langfuse import LANGFUSE
from processor.dialects.langsmith import LANGSMITH
from processor.dialects.litellm import LITELLM
from processor.dialects.logfire import LOGFIRE
from processor.dialects.mlflow import MLFLOW
from processor.dialects.openinference import OPENINFERENCE
from processor.dialects.openlit import OPENLIT
from processor.dialects.openllmetry import OPENLLMETRY
from processor.dialects.pydantic_ai import PYDANTIC_AI
from processor.dialects.reading import Reading
from processor.dialects.recognise import Recogniser
from processor.dialects.semconv import SEMCONV
from processor.dialects.vercel_ai import VERCEL_AI

DIALECTS: Final[tuple[Dialect, ...]] = (
    OPENINFERENCE,
    VERCEL_AI,
    LANGFUSE,
    LANGSMITH,
    LITELLM,
    LOGFIRE,
    PYDANTIC_AI,
    MLFLOW,
    GENKIT,
    OPENLIT,
    OPENLLMETRY,
    SEMCONV,
)

__all__ = ["DIALECTS", "Dialect", "Kind", "Reading", "Recogniser"]
