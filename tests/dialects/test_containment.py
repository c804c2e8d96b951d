"""Who counts parts inside their totals and who beside them."""

from __future__ import annotations

import re

import pytest

from processor.dialects.containment import (
    ASKED,
    CONVENTIONS,
    RULES,
    Rule,
    containment,
    version_number,
)

BOTOCORE = "opentelemetry.instrumentation.botocore.bedrock-runtime"
OLD_OPENINFERENCE = "openinference.instrumentation.anthropic"
NO_CACHE = "ai.usage.inputTokenDetails.noCacheTokens"


@pytest.mark.parametrize(
    ("scope", "version", "provider", "inside"),
    [
        pytest.param("", "", "", True, id="nobody"),
        pytest.param("opentelemetry.instrumentation.openai_v2", "2.1b0", "openai", True),
        pytest.param("com.anthropic.sdk.python", "2.12.0", "anthropic", True),
        pytest.param("opentelemetry.instrumentation.anthropic", "0.62.4", "anthropic", True),
        pytest.param("opentelemetry.instrumentation.anthropic", "0.40.14", "anthropic", True),
        pytest.param("@traceloop/instrumentation-anthropic", "0.27.0", "anthropic", False),
        pytest.param("@traceloop/instrumentation-openai", "0.27.0", "openai", True),
        pytest.param("opentelemetry.instrumentation.bedrock", "0.62.4", "aws.bedrock", False),
        pytest.param("opentelemetry.instrumentation.bedrock", "0.40.14", "aws.bedrock", False),
        pytest.param(BOTOCORE, "0.58b0", "aws.bedrock", False),
        pytest.param("opentelemetry.instrumentation.genai.bedrock", "1.3b0", "", False),
        pytest.param("@opentelemetry/instrumentation-aws-sdk", "0.78.0", "aws.bedrock", False),
        pytest.param("opentelemetry.instrumentation.bedrocks", "", "aws.bedrock", True),
        pytest.param("@openlit/instrumentation-anthropic", "1.0.0", "anthropic", False),
        pytest.param("@openlit/instrumentation-openai", "1.0.0", "openai", True),
        pytest.param(
            "@arizeai/openinference-instrumentation-bedrock", "", "aws.bedrock", False
        ),
        pytest.param(OLD_OPENINFERENCE, "0.1.3", "anthropic", False),
        pytest.param(OLD_OPENINFERENCE, "", "anthropic", True, id="no-version-is-none-of-old"),
        pytest.param(OLD_OPENINFERENCE, "0.1.8", "anthropic", False),
        pytest.param(OLD_OPENINFERENCE, "0.1.9", "anthropic", True),
        pytest.param(OLD_OPENINFERENCE, "0.1.20", "anthropic", True),
        pytest.param(OLD_OPENINFERENCE, "3.0.1", "anthropic", True),
        pytest.param("openlit.instrumentation.anthropic", "", "anthropic", False),
        pytest.param("openlit.instrumentation.bedrock", "1.45.0", "aws.bedrock", False),
        pytest.param("openlit.instrumentation.openai", "1.45.0", "openai", True),
        pytest.param("openlit.instrumentation.litellm", "", "anthropic", True),
        pytest.param("openlit.instrumentation.claude_agent_sdk", "", "anthropic", True),
        pytest.param("openlit.instrumentation.pydo", "", "anthropic", True),
        pytest.param("openlit.instrumentation.langchain", "", "anthropic", False),
        pytest.param("openlit.otel.tracing", "", "anthropic", False),
        pytest.param("openlit.otel.metrics", "", "anthropic", False),
        pytest.param("opentelemetry.instrumentation.llamaindex", "", "anthropic", False),
        pytest.param("opentelemetry.instrumentation.llamaindex", "", "openai", True),
        pytest.param("openinference.instrumentation.agno", "", "aws.bedrock", False),
        pytest.param("openinference.instrumentation.agno", "", "openai", True),
        pytest.param("langtrace", "", "anthropic", False),
        pytest.param("langtrace-python-sdk", "3.8", "anthropic", False),
        pytest.param("langtrace-python-sdk", "3.8", "openai", True),
        pytest.param("ai", "", "anthropic", False),
        pytest.param("ai", "", "openai", True),
        pytest.param("airline", "", "anthropic", True, id="no-word-of-the-rule"),
    ],
)
def test_cached_tokens_inside_the_input(
    scope: str, version: str, provider: str, *, inside: bool
) -> None:
    assert containment(scope, version, provider, ()).cache_inside is inside


def test_a_newer_writer_is_told_by_what_it_sends() -> None:
    assert containment("ai", "", "anthropic", {NO_CACHE}).cache_inside
    assert NO_CACHE in ASKED


@pytest.mark.parametrize(
    ("scope", "provider", "inside"),
    [
        pytest.param("openlit.instrumentation.google_ai_studio", "gcp.gemini", False),
        pytest.param("openlit.instrumentation.vertexai", "gcp.vertex_ai", False),
        pytest.param("openlit.instrumentation.openai", "openai", True),
        pytest.param("opentelemetry.instrumentation.google_genai", "gcp.gemini", True),
    ],
)
def test_thoughts_inside_the_output(scope: str, provider: str, *, inside: bool) -> None:
    assert containment(scope, "", provider, ()).reasoning_inside is inside


def test_cohere_bills_no_cached_tokens_whoever_writes() -> None:
    assert not containment("anybody", "", "cohere", ()).cache_billed
    assert CONVENTIONS.cache_billed


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.scope or '*'} {rule.evidence}")
def test_a_rule_gives_its_evidence_and_says_something_new(rule: Rule) -> None:
    later = RULES[RULES.index(rule) + 1 :]
    shields = any(not other.scope for other in later)
    assert rule.containment != CONVENTIONS or shields
    assert len(rule.evidence) > 20
    if rule.scope:
        assert re.search(r"\d|inputTokens", rule.evidence), "names a version or a figure"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", ()),
        ("1.3b0", (1, 3)),
        ("0.1.9", (0, 1, 9)),
        ("v1", ()),
        ("2", (2,)),
        ("1..2", (1,)),
        ("0.40.14-rc.1", (0, 40, 14)),
        ("9" * 5000, (999_999_999,)),
    ],
)
def test_the_leading_numbers_of_a_version(text: str, numbers: tuple[int, ...]) -> None:
    assert version_number(text) == numbers
