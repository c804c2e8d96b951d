"""Claude Code's `claude_code.api_request` log record: one for each answer of the model.

Counts are Anthropic's own: cached tokens stand beside the input. `cost_usd` is its own estimate from
list prices, whatever is paid. https://code.claude.com/docs/en/monitoring-usage
"""

from __future__ import annotations

from typing import Final

from processor.dialects.dialect import Dialect

CLAUDE_CODE: Final = Dialect(
    name="claude_code",
    read_from="Claude Code 2.1 (events as its documentation has them, numbers as text before 2.0)",
    scopes=("com.anthropic.claude_code",),
    operation=(),
    request_model=("model",),
    response_id=("request_id",),
    usage={
        "input": ("input_tokens",),
        "output": ("output_tokens",),
        "cache_read": ("cache_read_tokens",),
        "cache_write": ("cache_creation_tokens",),
    },
    reported_cost=("cost_usd",),
    conditions={"speed": ("speed",)},
)
