"""Gemini CLI's `gemini_cli.api_response` log record: one for each answer of the model.

Counts are the API's own usageMetadata: cached tokens are part of the prompt; thoughts stand beside the
candidates, what tools put into the prompt beside the prompt. The conventions' event that it writes
next to this one repeats the call without cached tokens and thoughts (`events.py`).
"""

from __future__ import annotations

from typing import Final

from processor.dialects.dialect import Dialect

GEMINI_CLI: Final = Dialect(
    name="gemini_cli",
    read_from="@google/gemini-cli 0.21 (packages/core/src/telemetry/types.ts, ApiResponseEvent)",
    scopes=("gemini-cli",),
    operation=(),
    request_model=("model",),
    usage={
        "input": ("input_token_count",),
        "output": ("output_token_count",),
        "cache_read": ("cached_content_token_count",),
        "reasoning+": ("thoughts_token_count",),
        "tool_input+": ("tool_token_count",),
    },
)
