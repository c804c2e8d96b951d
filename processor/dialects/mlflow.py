"""MLflow tracing: every attribute is a JSON text, quoted strings included."""

from __future__ import annotations

from typing import Final

from processor.dialects.dialect import Dialect

_USAGE: Final = "mlflow.chat.tokenUsage#"

MLFLOW: Final = Dialect(
    name="mlflow",
    read_from="mlflow 3.x autolog over OTLP",
    scopes=("mlflow",),
    marks=("mlflow.spanType",),
    operation=("mlflow.spanType",),
    provider=("mlflow.llm.provider",),
    request_model=("mlflow.llm.model",),
    usage={
        "input": (f"{_USAGE}input_tokens",),
        "output": (f"{_USAGE}output_tokens",),
        "cache_read": (f"{_USAGE}cache_read_input_tokens",),
        "cache_write": (f"{_USAGE}cache_creation_input_tokens",),
        "total": (f"{_USAGE}total_tokens",),
    },
    reported_cost=("gen_ai.usage.cost",),
)
