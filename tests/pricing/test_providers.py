"""Every spelling of a seller is one id; addresses and ids tell it, shared names do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import regions
from pricing.providers import canonical, from_address, from_model


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("OpenAI", "openai"),
        ("openai.chat", "openai"),
        ("openai.responses", "openai"),
        ("az.ai.openai", "azure.ai.openai"),
        ("azure", "azure.ai.openai"),
        ("Azure AI Inference", "azure.ai.inference"),
        ("az.ai.inference", "azure.ai.inference"),
        ("AWS", "aws.bedrock"),
        ("aws_bedrock", "aws.bedrock"),
        ("amazon-bedrock", "aws.bedrock"),
        ("google", "gcp.gemini"),
        ("gcp.gen_ai", "gcp.gemini"),
        ("google.generative-ai", "gcp.gemini"),
        ("google_genai", "gcp.gemini"),
        ("google.vertex.chat", "gcp.vertex_ai"),
        ("VertexAI", "gcp.vertex_ai"),
        ("vertex_ai-llama_models", "gcp.vertex_ai"),
        ("MistralAI", "mistral_ai"),
        ("mistral.chat", "mistral_ai"),
        ("xai", "x_ai"),
        ("x-ai", "x_ai"),
        ("Cohere", "cohere"),
        ("watsonx", "ibm.watsonx.ai"),
        ("together.ai", "together_ai"),
        ("Ollama", "ollama"),
        ("amazon_nova", "amazon_nova"),
        ("google_pse", "google_pse"),
        ("Acme AI", "acme ai"),
        ("", ""),
    ],
)
def test_spellings(name: str, expected: str) -> None:
    assert canonical(name) == expected


@pytest.mark.parametrize(
    ("address", "provider", "region"),
    [
        ("api.openai.com", "openai", "global"),
        ("https://eu.api.openai.com/v1", "openai", "eu"),
        ("myres.openai.azure.com:443", "azure.ai.openai", ""),
        ("myres.services.ai.azure.com", "azure.ai.inference", ""),
        ("bedrock-runtime.sa-east-1.amazonaws.com", "aws.bedrock", "sa-east-1"),
        ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "aws.bedrock", "us-gov-west-1"),
        ("us-central1-aiplatform.googleapis.com", "gcp.vertex_ai", "us-central1"),
        ("aiplatform.googleapis.com", "gcp.vertex_ai", "global"),
        ("generativelanguage.googleapis.com", "gcp.gemini", ""),
        ("api.anthropic.com", "anthropic", ""),
        ("api.deepseek.com", "deepseek", ""),
        ("api.x.ai", "x_ai", ""),
        ("openrouter.ai", "openrouter", ""),
        ("api.openai.com.evil.example", "", ""),
        ("localhost", "", ""),
        ("10.0.0.5:8000", "", ""),
        ("", "", ""),
    ],
)
def test_addresses(address: str, provider: str, region: str) -> None:
    assert (from_address(address), regions.from_address(address)) == (provider, region)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4o", "openai"),
        ("ft:gpt-4o:acme::x", "openai"),
        ("o3", "openai"),
        ("claude-sonnet-4-5", "anthropic"),
        ("claude-sonnet-4-5@20250929", "gcp.vertex_ai"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws.bedrock"),
        ("amazon.nova-pro-v1:0", "aws.bedrock"),
        ("gemini-2.5-flash", "gcp.gemini"),
        ("models/gemini-2.5-flash", "gcp.gemini"),
        ("mistral-large-latest", "mistral_ai"),
        ("grok-4", "x_ai"),
        ("openai/gpt-oss-120b", "openai"),
        ("llama-3.3-70b", ""),
        ("orca-2", ""),
        ("", ""),
    ],
)
def test_models(model: str, expected: str) -> None:
    assert from_model(model) == expected


@given(st.text(max_size=30))
def test_an_id_is_its_own_canonical_form(name: str) -> None:
    assert canonical(canonical(name)) == canonical(name)
