"""Codex CLI's log record of a stream's end: `codex.sse_event`, or `codex.websocket_event`.

Of the many records of a stream only the one of kind `response.completed` counts tokens, and of the two
that are written of that one only the fuller. Counts are OpenAI's: cached tokens are part of the input,
thoughts of the output; `tool_token_count` is the sum of all. It knows no cost.
"""

from __future__ import annotations

from typing import Final

from processor.dialects.dialect import Dialect

CODEX: Final = Dialect(
    name="codex",
    read_from="codex-rs 0.137.0 (codex-otel: SSE and WebSocket; some counts are text, some numbers)",
    scopes=("codex",),
    operation=(),
    request_model=("model",),
    response_id=("response.id",),
    usage={
        "input": ("input_token_count",),
        "output": ("output_token_count",),
        "cache_read": ("cached_token_count",),
        "cache_write": ("cache_write_token_count",),
        "reasoning": ("reasoning_token_count",),
    },
)
