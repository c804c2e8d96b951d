"""How a call's model id finds its row, and above all what it never finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import NotPriced, Offer, PriceTable, Question
from pricing.match import candidates, split_date
from tests.pricing.tables import models, table

TABLE = table(
    models(
        "openai",
        **{
            "gpt-4o": "{input: 1}",
            "gpt-4o-2024-05-13": "{input: 2}",
            "gpt-5.2": "{input: 3}",
            "gpt-5.2-2025-12-11": "{input: 4}",
            "ft:gpt-4o-mini-2024-07-18": "{input: 5}",
            "gpt-4o-mini": "{input: 6}",
            "ft:gpt-4.1": "{input: 7}",
        },
    ),
    "genai-cost: 1\nproviders: {openai: {models: {gpt-4.1: {aliases: [gpt-4.1-2025-04-14], prices: {input: 8}}}}}",
    models("azure.ai.openai", **{"gpt-4o": "{input: 10}"}),
    models("groq", **{"openai/gpt-oss-120b": "{input: 11}"}),
    models(
        "openrouter",
        **{"openai/gpt-4o": "{input: 12}", "deepseek/deepseek-chat:free": "{input: 0}"},
    ),
    models(
        "aws.bedrock",
        **{
            "anthropic.claude-sonnet-4-5-20250929-v1:0": "{input: 20}",
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0": "{input: 21}",
            "global.anthropic.claude-haiku-4-5-20251001-v1:0": "{input: 22}",
            "amazon.nova-pro-v1:0": "{input: 23}",
        },
    ),
    models(
        "gcp.vertex_ai",
        **{"claude-sonnet-4-5@20250929": "{input: 30}", "gemini-2.5-flash": "{input: 31}"},
    ),
    models("gcp.gemini", **{"gemini-2.5-flash": "{input: 32}"}),
    models(
        "anthropic",
        **{"claude-sonnet-4-5": "{input: 33}", "claude-sonnet-4-5-20250929": "{input: 34}"},
    ),
    models("fireworks_ai", **{"accounts/fireworks/models/qwen3-8b": "{input: 40}"}),
    models("ollama", **{"llama3.2": "{input: 0}"}),
    models(
        "mistral_ai",
        **{"mistral-large-latest": "{input: 41}", "mistral-large-2411": "{input: 42}"},
    ),
    aliases={
        "prod-chat": "gpt-4o",
        "myresource.openai.azure.com/chat": "openai/gpt-5.2",
        "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc": "amazon.nova-pro-v1:0",
    },
)
ARN = "arn:aws:bedrock:us-east-1:123456789012:"


def found(question: Question, prices: PriceTable = TABLE) -> str:
    offer = prices.find(question)
    if isinstance(offer, NotPriced):
        return offer.reason
    return f"{offer.provider} {offer.basis.entry.model} {offer.match}"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param(Question("gpt-4o", provider="openai"), "openai gpt-4o exact", id="exact"),
        pytest.param(Question("GPT-4o", provider="OpenAI"), "openai gpt-4o exact", id="case"),
        pytest.param(
            Question("gpt-4.1-2025-04-14", provider="openai"),
            "openai gpt-4.1 alias",
            id="alias",
        ),
        pytest.param(
            Question("gpt-4o-2024-11-20", provider="openai"),
            "openai gpt-4o date_stripped",
            id="date-stripped",
        ),
        pytest.param(
            Question("gpt-4o-2024-05-13", provider="openai"),
            "openai gpt-4o-2024-05-13 exact",
            id="own-dated-row",
        ),
        pytest.param(
            Question("gpt-5.2-20251211", provider="openai"),
            "openai gpt-5.2-2025-12-11 date_respelled",
            id="compact-date",
        ),
        pytest.param(
            Question("openai/gpt-4o", provider="openai"),
            "openai gpt-4o prefix",
            id="own-prefix",
        ),
        pytest.param(
            Question("openai/gpt-4o", provider="litellm"), "openai gpt-4o prefix", id="gateway"
        ),
        pytest.param(
            Question("openai/gpt-4o"), "openai gpt-4o prefix", id="prefix-without-provider"
        ),
        pytest.param(Question("gpt-4o"), "openai gpt-4o inferred", id="coined-name"),
        pytest.param(
            Question("ft:gpt-4o-mini-2024-07-18:acme:support:AbC123", provider="openai"),
            "openai ft:gpt-4o-mini-2024-07-18 fine_tune",
            id="fine-tune",
        ),
        pytest.param(
            Question("ft:gpt-4.1-2025-04-14:acme::x:ckpt-step-90", provider="openai"),
            "openai ft:gpt-4.1 fine_tune+date_stripped",
            id="fine-tune-undated",
        ),
        pytest.param(
            Question("gpt-4o", provider="azure"), "azure.ai.openai gpt-4o exact", id="azure"
        ),
        pytest.param(
            Question("gpt-4o-2024-08-06", request_model="prod-chat", provider="azure"),
            "azure.ai.openai gpt-4o date_stripped",
            id="azure-response-before-deployment",
        ),
        pytest.param(
            Question("prod-chat", provider="azure"),
            "azure.ai.openai gpt-4o alias",
            id="azure-deployment-alias",
        ),
        pytest.param(
            Question("chat", provider="azure", endpoint="myresource.openai.azure.com"),
            "openai gpt-5.2 alias",
            id="alias-of-a-resource",
        ),
        pytest.param(
            Question("gpt-5.2", provider="azure"),
            "openai gpt-5.2 list_of:openai",
            id="azure-list-price",
        ),
        pytest.param(
            Question("gpt-4o", provider="openai", endpoint="x.openai.azure.com"),
            "azure.ai.openai gpt-4o exact",
            id="address-outranks-name",
        ),
        pytest.param(
            Question(
                "openai/gpt-oss-120b",
                provider="openai",
                endpoint="https://api.groq.com/openai/v1",
            ),
            "groq openai/gpt-oss-120b exact",
            id="address-of-another-seller",
        ),
        pytest.param(
            Question("openai/gpt-oss-120b", provider="groq"),
            "groq openai/gpt-oss-120b exact",
            id="not-openai",
        ),
        pytest.param(
            Question("anthropic/claude-sonnet-4-5", provider="openai"),
            "anthropic claude-sonnet-4-5 prefix",
            id="openais-client-to-a-gateway",
        ),
        pytest.param(
            Question("openai/gpt-4o-2024-08-06", provider="openrouter"),
            "openrouter openai/gpt-4o date_stripped",
            id="openrouter",
        ),
        pytest.param(
            Question("openrouter/openai/gpt-4o", provider="litellm"),
            "openrouter openai/gpt-4o prefix",
            id="two-prefixes",
        ),
        pytest.param(
            Question("deepseek/deepseek-chat:free", provider="openrouter"),
            "openrouter deepseek/deepseek-chat:free exact",
            id="free-variant",
        ),
        pytest.param(
            Question("us.anthropic.claude-sonnet-4-5-20250929-v1:0", provider="aws.bedrock"),
            "aws.bedrock us.anthropic.claude-sonnet-4-5-20250929-v1:0 exact",
            id="bedrock-geo-own-row",
        ),
        pytest.param(
            Question("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", provider="aws.bedrock"),
            "aws.bedrock anthropic.claude-sonnet-4-5-20250929-v1:0 geo_stripped",
            id="bedrock-geo-is-in-region",
        ),
        pytest.param(
            Question(ARN + "inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            "aws.bedrock us.anthropic.claude-sonnet-4-5-20250929-v1:0 arn",
            id="bedrock-system-profile",
        ),
        pytest.param(
            Question(
                "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc",
                provider="aws.bedrock",
            ),
            "aws.bedrock amazon.nova-pro-v1:0 alias",
            id="bedrock-application-profile-by-alias",
        ),
        pytest.param(
            Question("amazon.nova-pro-v1:0:300k", provider="aws.bedrock"),
            "aws.bedrock amazon.nova-pro-v1:0 version_stripped",
            id="bedrock-context-suffix",
        ),
        pytest.param(
            Question("amazon.nova-pro-v1", provider="aws.bedrock"),
            "aws.bedrock amazon.nova-pro-v1:0 version_added",
            id="bedrock-without-revision",
        ),
        pytest.param(
            Question("bedrock/converse/amazon.nova-pro-v1:0", provider="litellm"),
            "aws.bedrock amazon.nova-pro-v1:0 prefix",
            id="bedrock-litellm-route",
        ),
        pytest.param(
            Question(
                "claude-sonnet-4-5-20250929",
                request_model="us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                provider="anthropic",
            ),
            "aws.bedrock us.anthropic.claude-sonnet-4-5-20250929-v1:0 request_model",
            id="bedrock-through-anthropics-client",
        ),
        pytest.param(
            Question(
                "anthropic.claude-sonnet-4-5-20250929-v1:0",
                request_model="us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                provider="aws.bedrock",
            ),
            "aws.bedrock us.anthropic.claude-sonnet-4-5-20250929-v1:0 request_model",
            id="request-names-the-geography",
        ),
        pytest.param(
            Question("models/gemini-2.5-flash", provider="google"),
            "gcp.gemini gemini-2.5-flash path",
            id="models/",
        ),
        pytest.param(
            Question("publishers/google/models/gemini-2.5-flash", provider="vertex_ai"),
            "gcp.vertex_ai gemini-2.5-flash path",
            id="publishers/",
        ),
        pytest.param(
            Question("claude-sonnet-4-5-20250929", provider="gcp.vertex_ai"),
            "gcp.vertex_ai claude-sonnet-4-5@20250929 date_respelled",
            id="vertex-@date",
        ),
        pytest.param(
            Question("claude-sonnet-4-5@20250929", provider="anthropic"),
            "gcp.vertex_ai claude-sonnet-4-5@20250929 exact",
            id="vertex-grammar",
        ),
        pytest.param(
            Question("qwen3-8b", provider="fireworks"),
            "fireworks_ai accounts/fireworks/models/qwen3-8b path",
            id="fireworks-short-id",
        ),
        pytest.param(
            Question("llama3.2:latest", provider="ollama"),
            "ollama llama3.2 tag_stripped",
            id="ollama-tag",
        ),
        pytest.param(
            Question(
                "mistral-large-2411",
                request_model="mistral-large-latest",
                provider="mistral_ai",
            ),
            "mistral_ai mistral-large-2411 exact",
            id="response-before-request",
        ),
        pytest.param(
            Question("", request_model="mistral-large-latest", provider="mistral_ai"),
            "mistral_ai mistral-large-latest request_model",
            id="request-without-response",
        ),
    ],
)
def test_an_id_finds_its_row(question: Question, expected: str) -> None:
    assert found(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(Question("gpt-4o-nano", provider="openai"), id="sibling"),
        pytest.param(Question("gpt-4", provider="openai"), id="shorter"),
        pytest.param(Question("gpt-4o-latest", provider="openai"), id="latest"),
        pytest.param(Question("gpt-4o-0613", provider="openai"), id="not-a-calendar-date"),
        pytest.param(Question("gpt-4o-2024-13-45", provider="openai"), id="no-such-day"),
        pytest.param(Question("gpt-4o-20251399", provider="openai"), id="no-such-compact-day"),
        pytest.param(
            Question("ft:gpt-4o:acme::x", provider="openai"), id="fine-tune-of-a-base"
        ),
        pytest.param(Question("gpt-4o:free", provider="openrouter"), id="variant-of-a-row"),
        pytest.param(Question("openai/gpt-4o:nitro", provider="openrouter"), id="variant"),
        pytest.param(
            Question("deepseek/deepseek-chat", provider="openrouter"), id="base-of-a-variant"
        ),
        pytest.param(Question("gpt-4o", provider="groq"), id="another-sellers-row"),
        pytest.param(Question("gpt-4o", provider="acme"), id="unknown-seller"),
        pytest.param(
            Question("gpt-4o", provider="openai", endpoint="api.groq.com"),
            id="address-of-a-seller-without-it",
        ),
        pytest.param(
            Question("qwen2.5-72b-instruct", provider="openai", endpoint="10.0.0.5"),
            id="self-hosted",
        ),
        pytest.param(
            Question(
                "global.anthropic.claude-sonnet-4-5-20250929-v1:0", provider="aws.bedrock"
            ),
            id="global-is-not-in-region",
        ),
        pytest.param(
            Question("anthropic.claude-haiku-4-5-20251001-v1:0"), id="in-region-is-not-global"
        ),
        pytest.param(
            Question(ARN + "application-inference-profile/xyz", provider="aws.bedrock"),
            id="application-profile",
        ),
        pytest.param(Question(ARN + "provisioned-model/xyz"), id="provisioned-model"),
        pytest.param(
            Question("claude-sonnet-4-5", provider="gcp.vertex_ai"), id="undated-of-a-dated-row"
        ),
        pytest.param(
            Question("amazon.nova-pro-v1:0", provider="oci"),
            id="written-as-a-cloud-does-by-another",
        ),
        pytest.param(Question("gpt-4o" * 1000, provider="openai"), id="endless"),
        pytest.param(Question("", provider="openai"), id="no-model"),
        pytest.param(Question("/", provider=""), id="slash"),
    ],
)
def test_never_another_models_price(question: Question) -> None:
    assert found(question) == "unknown_model"


@given(st.text(alphabet="abcdefgh0123456789-.:/@", min_size=1, max_size=12))
def test_a_suffix_that_is_no_date_is_another_model(suffix: str) -> None:
    """Generated siblings of every row: none is ever taken for it."""
    name = f"gpt-4o-x{suffix}"
    assert isinstance(TABLE.find(Question(name, provider="openai")), NotPriced)


@given(
    st.text(max_size=40),
    st.sampled_from(["", "openai", "aws.bedrock", "gcp.vertex_ai", "ollama", "*"]),
)
def test_any_text_has_few_candidates_and_itself_first(model: str, provider: str) -> None:
    made = candidates(model, provider)
    assert made[0] == (model.strip().lower(), ())
    assert len(made) <= 24
    assert len({candidate.model for candidate in made}) == len(made)


@pytest.mark.parametrize(
    ("model", "split"),
    [
        ("gpt-4o-2024-08-06", ("gpt-4o", "2024-08-06")),
        ("claude-3-5-haiku-20241022", ("claude-3-5-haiku", "2024-10-22")),
        ("claude-3-5-haiku@20241022", ("claude-3-5-haiku", "2024-10-22")),
        ("gpt-4-0613", None),
        ("model-2024-02-30", None),
        ("model-19990101", None),
        ("2024-08-06", None),
    ],
)
def test_only_calendar_dates_are_dates(model: str, split: tuple[str, str] | None) -> None:
    assert split_date(model) == split


def test_a_later_source_wins_model_by_model() -> None:
    over = models("openai", **{"gpt-4o": "{input: 99}", "gpt-4.1": "{input: 98}"})
    layered = PriceTable((*TABLE.layers, *table(over).layers), "test")
    assert [
        _input_rate(layered, name) for name in ("gpt-4o", "gpt-4.1-2025-04-14", "gpt-5.2")
    ] == [99, 98, 3]


def test_a_source_without_providers_prices_a_name_at_every_seller() -> None:
    layered = PriceTable(
        (
            *TABLE.layers,
            *table('{"chat": {"gpt-4o": {"input": 0.099, "output": 0.1}}}').layers,
        ),
        "test",
    )
    sellers = ("openai", "azure", "acme", "")
    rates = [layered.find(Question("gpt-4o", provider=seller)) for seller in sellers]
    assert [offer.provider for offer in rates if isinstance(offer, Offer)] == [
        "openai",
        "azure.ai.openai",
        "acme",
        "openai",
    ]
    assert _input_rate(layered, "gpt-4o") == 99


def _input_rate(prices: PriceTable, model: str) -> int:
    offer = prices.find(Question(model, provider="openai"))
    assert isinstance(offer, Offer)
    return offer.basis.rows[0].rates["input"].atto // 10**12


@pytest.mark.parametrize(
    ("response", "request_model", "provider", "expected"),
    [
        pytest.param("gpt-4o-mini-9999", "gpt-4o", "openai", "unknown_model", id="sibling"),
        pytest.param("who-knows", "gpt-4o", "openai", "unknown_model", id="another-name"),
        pytest.param("gpt-5.9", "gpt-5.2", "openai", "unknown_model", id="next-version"),
        pytest.param("gpt-9", "auto", "openrouter", "unknown_model", id="router"),
        pytest.param(
            "gpt-5.2-0703", "gpt-5.2", "openai", "openai gpt-5.2 request_model", id="snapshot"
        ),
        pytest.param(
            "gemini-2.5-flash-preview-09-2025",
            "gemini-2.5-flash",
            "gcp.gemini",
            "gcp.gemini gemini-2.5-flash request_model",
            id="stage-and-month",
        ),
        pytest.param(
            "gemini-2.5-flash-lite-preview-09-2025",
            "gemini-2.5-flash",
            "gcp.gemini",
            "unknown_model",
            id="stage-of-a-sibling",
        ),
        pytest.param(
            "mistral-large-2512",
            "mistral-large-latest",
            "mistral_ai",
            "mistral_ai mistral-large-latest request_model",
            id="alias",
        ),
        pytest.param(
            "anthropic/claude-4.5-sonnet-20250929",
            "anthropic/claude-sonnet-4.5",
            "acme",
            "acme anthropic/claude-sonnet-4.5 request_model",
            id="words-in-another-order",
        ),
        pytest.param(
            "GPT_4o", "gpt-4o", "openai", "openai gpt-4o request_model", id="punctuation"
        ),
        pytest.param(
            "served-42", "prod-chat", "openai", "openai gpt-4o alias", id="operators-word"
        ),
    ],
)
def test_a_request_speaks_for_an_unknown_answer_only_where_both_are_one_model(
    response: str, request_model: str, provider: str, expected: str
) -> None:
    acme = "genai-cost: 1\nproviders: {acme: {models: {anthropic/claude-sonnet-4.5: {prices: {input: 3}}}}}"
    prices = PriceTable((*TABLE.layers, *table(acme).layers), "t", {"prod-chat": "gpt-4o"})
    assert found(Question(response, request_model, provider), prices) == expected
