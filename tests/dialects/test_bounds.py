"""What a writer leaves out, or nobody here knows, makes a cost a bound and never a sure one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from tests.calls.traffic import END_NS, Said, enricher, ours, request
from tests.pricing.tables import table

if TYPE_CHECKING:
    from processor.wire.fields import Value

PRICES: Final = table("""
genai-cost: 1
providers:
  anthropic:
    models:
      claude-sonnet-4-5: {prices: {input: 3, cache_read: 0.30, cache_write: 3.75, output: 15}}
  openai:
    models:
      gpt-4o: {prices: {input: 2.5, cache_read: 1.25, output: 10}}
""")
SURE: Final = "priced"
BOUND: Final = "priced_lower_bound"
OPENLIT: Final = "openlit.instrumentation."


@pytest.mark.parametrize(
    ("scope", "provider", "model", "status"),
    [
        pytest.param(f"{OPENLIT}langchain", "anthropic", "claude-sonnet-4-5", BOUND),
        pytest.param(f"{OPENLIT}langchain", "openai", "gpt-4o", SURE),
        pytest.param(f"{OPENLIT}anthropic", "anthropic", "claude-sonnet-4-5", SURE),
    ],
)
def test_zeros_of_a_writer_who_leaves_cached_tokens_out(
    scope: str, provider: str, model: str, status: str
) -> None:
    attributes: dict[str, Value] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 50,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.usage.cache_creation.input_tokens": 0,
    }
    assert status_of(attributes, scope) == status


@pytest.mark.parametrize(
    ("usage", "status"),
    [
        pytest.param({"input": 100, "output": 50, "total": 150}, SURE, id="all"),
        pytest.param({"input": 100, "output": 50}, SURE, id="no-sum"),
        pytest.param({"input": 100, "output": 50, "total": 140}, SURE, id="a-sum-too-small"),
        pytest.param({"input": 100, "output": 50, "total": 170}, BOUND, id="below-the-sum"),
        pytest.param({"input": 100, "output": 50, "input_new": 20}, BOUND, id="unknown-input"),
        pytest.param(
            {"input": 100, "output": 50, "output_new": 20}, BOUND, id="unknown-output"
        ),
        pytest.param({"input": 100, "output": 50, "input_new": 0}, SURE, id="unknown-and-zero"),
        pytest.param(
            {"input": 60, "output": 40, "input_cache_read": 40, "output_reasoning": 10},
            SURE,
            id="known-buckets",
        ),
        pytest.param(
            {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150},
            SURE,
            id="the-provider's-block",
        ),
    ],
)
def test_buckets_of_langfuse_that_come_to_less_than_all(
    usage: dict[str, int], status: str
) -> None:
    attributes: dict[str, Value] = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": "gpt-4o",
        "langfuse.observation.usage_details": json.dumps(usage),
    }
    assert status_of(attributes, "langfuse-sdk") == status


def status_of(attributes: dict[str, Value], scope: str) -> Value | None:
    body = request(Said(span_id=b"12345678", attributes=attributes, scope=scope))
    return ours(enricher().enrich(body, PRICES, END_NS).body).get("status", SURE)
