"""Qwen Code's `qwen-code.api_response` log record: one for each answer of the model.

Its names are Gemini CLI's, from which it comes, its providers mostly OpenAI-like: thoughts are part of
the output, unless the record's own sum has them on top.
"""

from __future__ import annotations

from typing import Final

from processor.dialects.dialect import Dialect

QWEN_CODE: Final = Dialect(
    name="qwen_code",
    read_from="QwenLM/qwen-code 10897051b (packages/core/src/telemetry: loggers.ts, types.ts)",
    scopes=("qwen-code",),
    operation=(),
    request_model=("model",),
    response_id=("response_id",),
    usage={
        "input": ("input_token_count",),
        "output": ("output_token_count",),
        "cache_read": ("cached_content_token_count",),
        "reasoning": ("thoughts_token_count",),
        "total": ("total_token_count",),
    },
)
