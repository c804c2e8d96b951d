"""Records as published agents and instrumentations write them: what is read of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from processor.dialects.events import EVENTS
from tests.pricing.tables import table
from tests.signals.logged import DETAILS, Both, Record, ours

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE: Final = table("""\
genai-cost: 1
providers:
  anthropic:
    models:
      claude-sonnet-4-5:
        prices: {input: 3, cache_read: 0.3, cache_write: 3.75, output: 15}
  openai:
    models:
      gpt-5: {prices: {input: 1.25, cache_read: 0.125, output: 10}}
  gcp.gemini:
    models:
      gemini-2.5-pro: {prices: {input: 1.25, cache_read: 0.125, output: 10}}
""")

CLAUDE: Final = {
    "session.id": "b1",
    "model": "claude-sonnet-4-5-20250929",
    "duration_ms": 2043,
    "cost_usd": 0.05,
    "input_tokens": 4,
    "output_tokens": 120,
    "cache_read_tokens": 10_000,
    "cache_creation_tokens": 2_000,
    "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy",
}
CLAUDE_USD: Final = 0.000012 + 0.0018 + 0.003 + 0.0075
CODEX: Final = {
    "event.kind": "response.completed",
    "conversation.id": "0199b9a5-5e75",
    "model": "gpt-5",
    "input_token_count": "10000",
    "output_token_count": "300",
    "cached_token_count": 8_000,
    "reasoning_token_count": 200,
    "tool_token_count": "10300",
}
CODEX_USD: Final = 0.0025 + 0.001 + 0.003
QWEN: Final = {
    "model": "gpt-5",
    "response_id": "chatcmpl-1",
    "input_token_count": 5_000,
    "output_token_count": 800,
    "cached_content_token_count": 4_000,
    "thoughts_token_count": 700,
    "total_token_count": 5_800,
}
QWEN_USD: Final = 0.00125 + 0.0005 + 0.008
GEMINI: Final = {
    "model": "gemini-2.5-pro",
    "duration_ms": 900,
    "input_token_count": 5_000,
    "output_token_count": 100,
    "cached_content_token_count": 4_000,
    "thoughts_token_count": 700,
    "tool_token_count": 50,
    "total_token_count": 5_850,
    "prompt_id": "p########0",
    "status_code": 200,
}
GEMINI_USD: Final = 0.00125 + 0.0005 + 0.008 + 0.0000625


class Case(NamedTuple):
    name: str
    read_from: str
    record: Record
    says: Mapping[str, Any]


def _record(attributes: Mapping[str, Any], **about: Any) -> Record:
    return Record(attributes=attributes, **about)


def _as_text(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: str(value) for key, value in attributes.items()}


CLAUDE_SCOPE: Final = "com.anthropic.claude_code.events"
CASES: Final = (
    Case(
        "claude_code",
        "claude-code 2.1",
        _record(CLAUDE, event="claude_code.api_request", scope=CLAUDE_SCOPE),
        {"gen_ai.usage.cost": CLAUDE_USD, "reported": 0.05, "status": "priced"},
    ),
    Case(
        "claude_code, everything as text, name in an attribute",
        "claude-code 1.0",
        _record({"event.name": "api_request", **_as_text(CLAUDE)}, scope=CLAUDE_SCOPE),
        {"gen_ai.usage.cost": CLAUDE_USD, "cache_write": 0.0075, "status": "priced"},
    ),
    Case(
        "claude_code, scope lost, name in the body",
        "claude-code 1.0",
        _record(CLAUDE, body="claude_code.api_request", scope=""),
        {"gen_ai.usage.cost": CLAUDE_USD},
    ),
    Case(
        "codex over SSE",
        "codex-rs 0.137.0",
        _record({"event.name": "codex.sse_event", **CODEX}, scope="codex_otel"),
        {"gen_ai.usage.cost": CODEX_USD, "cache_read": 0.001, "reasoning": 0.002},
    ),
    Case(
        "codex over WebSocket: the fuller record has no name",
        "codex-rs 0.137.0",
        _record(CODEX, scope="codex_otel.log_only"),
        {"gen_ai.usage.cost": CODEX_USD, "input": 0.0025, "output": 0.001},
    ),
    Case(
        "gemini_cli",
        "gemini-cli 0.21",
        _record({"event.name": "gemini_cli.api_response", **GEMINI}, scope="gemini-cli"),
        {"gen_ai.usage.cost": GEMINI_USD, "reasoning": 0.007, "tool_input": 0.0000625},
    ),
    Case(
        "qwen_code: its sum has no thoughts on top",
        "qwen-code 10897051b",
        _record({"event.name": "qwen-code.api_response", **QWEN}, scope="qwen-code"),
        {"gen_ai.usage.cost": QWEN_USD, "reasoning": 0.007},
    ),
    Case(
        "qwen_code on Gemini: it has",
        "qwen-code 10897051b",
        _record(
            {"event.name": "qwen-code.api_response", **QWEN, "total_token_count": 6_500},
            scope="qwen-code",
        ),
        {"gen_ai.usage.cost": QWEN_USD + 0.007, "reasoning": 0.007},
    ),
    Case(
        "gemini_cli's second record of the same call",
        "gemini-cli 0.21",
        _record(
            {
                "event.name": DETAILS,
                "gen_ai.provider.name": "gcp.gemini",
                "gen_ai.operation.name": "generate_content",
                "gen_ai.request.model": "gemini-2.5-pro",
                "gen_ai.response.id": "xK3faJ_dHcaq1MkP5u2W0Ac",
                "gen_ai.usage.input_tokens": 5_000,
                "gen_ai.usage.output_tokens": 100,
            },
            scope="gemini-cli",
        ),
        {"status": "duplicate"},
    ),
    Case(
        "the conventions",
        "opentelemetry-instrumentation-genai-openai 1.3b0",
        _record(
            {
                "gen_ai.provider.name": "openai",
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": "gpt-5",
                "gen_ai.response.model": "gpt-5-2025-08-07",
                "gen_ai.response.id": "chatcmpl-CZcTNzFqVQfUQl2X2RZhDmnCn7OIe",
                "gen_ai.usage.input_tokens": 1_000,
                "gen_ai.usage.output_tokens": 10,
                "gen_ai.usage.cache_read.input_tokens": 400,
            },
            event=DETAILS,
            scope="opentelemetry.instrumentation.genai.openai",
        ),
        {"gen_ai.usage.cost": 0.00075 + 0.00005 + 0.0001, "source": "computed"},
    ),
    Case(
        "the conventions, a call that failed",
        "opentelemetry-instrumentation-genai-openai 1.3b0",
        _record(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": "gpt-5",
                "error.type": "timeout",
            },
            event=DETAILS,
        ),
        {"status": "no_usage"},
    ),
    Case(
        "a model nobody knows",
        "claude-code 2.1",
        _record({**CLAUDE, "model": "local-llama"}, event="claude_code.api_request"),
        {"status": "unknown_model"},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_record_is_priced_as_what_it_describes(case: Case) -> None:
    said = ours(Both(TABLE).logged(case.record))
    found = {key: said.get(key) for key in case.says}
    assert found == {
        key: pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
        for key, value in case.says.items()
    }


def test_every_event_has_a_case() -> None:
    called = {case.record.event for case in CASES}
    called |= {str(case.record.attributes.get("event.name")) for case in CASES}
    assert not [event for event in EVENTS if called.isdisjoint(event.names)]


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(_record(CLAUDE, event="claude_code.api_error"), id="another-event"),
        pytest.param(_record(CLAUDE), id="no-event"),
        pytest.param(
            _record({**CLAUDE, "event.name": "api_request"}), id="short-name-of-others"
        ),
        pytest.param(
            _record({**CODEX, "event.kind": "response.created"}, event="codex.sse_event"),
            id="another-kind",
        ),
        pytest.param(
            _record({"event.name": 1, "model": 2.5, **_as_text({})}), id="a-name-that-is-none"
        ),
        pytest.param(
            _record({**CLAUDE, "genai_cost.status": "priced"}, event="claude_code.api_request"),
            id="settled-by-a-hop-before",
        ),
        pytest.param(
            _record({"x": "claude_code.api_request"}, body="claude_code.api_request" * 20),
            id="a-long-body",
        ),
    ],
)
def test_a_record_that_is_no_call_of_ours_leaves_as_it_came(record: Record) -> None:
    both = Both(TABLE)
    enriched = both.logs.enrich(before := _bytes(record), TABLE, 1)
    assert enriched.body is before
    assert (enriched.items, enriched.charges) == (1, [])


def _bytes(record: Record) -> bytes:
    from tests.signals.logged import request  # noqa: PLC0415

    return request(record)


def test_a_charge_carries_the_labels_of_a_span() -> None:
    both = Both(TABLE, dimensions=("user.tier",))
    both.logged(
        _record(
            {**CLAUDE, "user.tier": "pro"},
            event="claude_code.api_request",
            resource={"service.name": "claude-code"},
        )
    )
    (charge,) = both.charges
    labels = charge.labels
    assert labels.origin.service_name == "claude-code"
    assert (labels.provider, labels.operation, labels.source) == (
        "anthropic",
        "chat",
        "computed",
    )
    assert labels.request_model == "claude-sonnet-4-5-20250929"
    assert labels.dimensions == ("pro",)
    assert charge.end_unix_ns == 1_785_000_000_000_000_000
    assert dict(charge.tokens) == {
        "input": 4,
        "output": 120,
        "cache_read": 10_000,
        "cache_write": 2_000,
    }
