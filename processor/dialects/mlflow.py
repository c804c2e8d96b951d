"""MLflow tracing: every attribute is a JSON text, quoted strings included.

Its own count lacks what providers bill apart (Gemini's thoughts and tool prompts, Anthropic's one-hour
writes, all of an embedding), but the answer stands beside it.
"""

from __future__ import annotations

from typing import Final

from processor.dialects.answers import anthropic, gemini, merged, openai
from processor.dialects.dialect import Dialect

_USAGE: Final = "mlflow.chat.tokenUsage#"
_ANSWER: Final = "mlflow.spanOutputs#"

_OWN: Final = {
    "input": (
        f"{_USAGE}input_tokens",
        f"{_ANSWER}usage.prompt_tokens",
    ),
    "output": (f"{_USAGE}output_tokens",),
    "cache_read": (f"{_USAGE}cache_read_input_tokens",),
    "cache_write": (f"{_USAGE}cache_creation_input_tokens",),
    "total": (f"{_USAGE}total_tokens",),
}
# Its input is the prompt and its output the candidates: thoughts and tool prompts are beside them.
_GEMINI: Final = {
    f"{name}+" if name in {"reasoning", "tool_input"} else name: specs
    for name, specs in gemini(_ANSWER).items()
}

MLFLOW: Final = Dialect(
    name="mlflow",
    read_from="mlflow 3.17.2 autolog for OpenAI, Anthropic and Gemini, over OTLP",
    scopes=("mlflow",),
    marks=("mlflow.spanType",),
    operation=("mlflow.spanType",),
    provider=("mlflow.llm.provider",),
    request_model=("mlflow.llm.model",),
    response_model=(f"{_ANSWER}model",),
    response_id=(f"{_ANSWER}id", f"{_ANSWER}response_id"),
    service_tier=(f"{_ANSWER}service_tier", f"{_ANSWER}usage.service_tier"),
    usage=merged(_OWN, openai(f"{_ANSWER}usage."), anthropic(f"{_ANSWER}usage."), _GEMINI),
    reported_cost=("gen_ai.usage.cost",),
)
