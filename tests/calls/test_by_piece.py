"""Of two spans of one response in one request, the one that also counts searches is billed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from tests.calls.traffic import COST, END_NS, Said, enricher, ours, request
from tests.pricing.tables import table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.wire.fields import Value

TABLE: Final = table("""\
genai-cost: 1
providers:
  anthropic:
    models:
      claude-sonnet-4-5: {prices: {input: 3, output: 15, searches: 10 per 1K searches}}
""")
ANSWER: Final = {
    "id": "msg_m03u0007",
    "usage": {"server_tool_use": {"web_search_requests": 3}},
}
AROUND: Final[Mapping[str, Value]] = {
    "openinference.span.kind": "LLM",
    "llm.provider": "anthropic",
    "llm.model_name": "claude-sonnet-4-5",
    "llm.token_count.prompt": 9100,
    "llm.token_count.completion": 240,
    "output.value": json.dumps(ANSWER),
}
SDK: Final[Mapping[str, Value]] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.request.model": "claude-sonnet-4-5",
    "gen_ai.response.id": "msg_m03u0007",
    "gen_ai.usage.input_tokens": 9100,
    "gen_ai.usage.output_tokens": 240,
}
OUTER: Final = Said(
    span_id=b"outerspn",
    attributes=AROUND,
    scope="openinference.instrumentation.anthropic",
    start_ns=END_NS - 10**9,
)
INNER: Final = Said(
    span_id=b"innerspn",
    parent=b"outerspn",
    attributes=SDK,
    scope="com.anthropic.sdk.python",
    start_ns=END_NS - 9 * 10**8,
    end_ns=END_NS - 10**8,
)


@pytest.mark.parametrize("order", [(OUTER, INNER), (INNER, OUTER)], ids=["outer", "inner"])
def test_the_one_that_counts_searches_too_is_billed(order: tuple[Said, Said]) -> None:
    body = enricher().enrich(request(*order), TABLE, END_NS).body
    said = {span.span_id: ours(body, at=at) for at, span in enumerate(order)}
    assert said[b"innerspn"] == {"status": "duplicate"}
    assert said[b"outerspn"][COST] == pytest.approx(9100 * 3e-6 + 240 * 15e-6 + 0.03)


def test_across_requests_the_first_stays_billed() -> None:
    enriching = enricher()
    first = enriching.enrich(request(INNER), TABLE, END_NS)
    later = enriching.enrich(request(OUTER), TABLE, END_NS)
    assert ours(first.body)["status"] == "priced"
    assert ours(later.body)["status"] == "duplicate"
