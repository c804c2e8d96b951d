"""Where a call was served: what tells it, and what tells it better."""

from __future__ import annotations

import pytest

from pricing import PriceBook, Question, Quote
from pricing.regions import region_of

LLAMA = "meta.llama3-70b-instruct-v1:0"
ARN = "arn:aws:bedrock:sa-east-1::foundation-model/"
GOV = "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/"
ELSEWHERE = "bedrock-runtime.us-east-1.amazonaws.com"
VERTEX = "projects/p/locations/europe-west1/publishers/google/models/gemini-2.5-flash"


@pytest.mark.parametrize(
    ("question", "provider", "region"),
    [
        pytest.param(Question(ARN + LLAMA), "aws.bedrock", "sa-east-1", id="arn"),
        pytest.param(Question(GOV + LLAMA), "aws.bedrock", "us-gov-west-1", id="gov-arn"),
        pytest.param(
            Question(LLAMA, request_model=ARN + LLAMA),
            "aws.bedrock",
            "sa-east-1",
            id="arn-asked-for",
        ),
        pytest.param(
            Question(f"bedrock/sa-east-1/{LLAMA}"), "aws.bedrock", "sa-east-1", id="route"
        ),
        pytest.param(
            Question(ARN + LLAMA, endpoint=ELSEWHERE, region="eu-west-2"),
            "aws.bedrock",
            "sa-east-1",
            id="arn-before-address",
        ),
        pytest.param(
            Question(LLAMA, endpoint=ELSEWHERE, region="sa-east-1"),
            "aws.bedrock",
            "us-east-1",
            id="address-before-caller",
        ),
        pytest.param(
            Question(LLAMA, region="sa-east-1"), "aws.bedrock", "sa-east-1", id="caller-last"
        ),
        pytest.param(
            Question(LLAMA, region="southamerica-east1"),
            "aws.bedrock",
            "",
            id="caller-in-another-cloud",
        ),
        pytest.param(Question(VERTEX), "gcp.vertex_ai", "europe-west1", id="vertex-path"),
        pytest.param(
            Question(
                "gemini-2.5-flash", endpoint="aiplatform.googleapis.com", region="us-central1"
            ),
            "gcp.vertex_ai",
            "global",
            id="vertex-global-address",
        ),
        pytest.param(
            Question("gpt-5.4", endpoint="https://api.openai.com/v1", region="eu"),
            "openai",
            "global",
            id="openai-address",
        ),
        pytest.param(
            Question(
                "claude-opus-4-6",
                endpoint="api.anthropic.com",
                region="eu-west-1",
                attributes=(("inference_geo", "us"),),
            ),
            "anthropic",
            "us",
            id="inference-geo-before-caller",
        ),
        pytest.param(
            Question("claude-haiku-4-5", attributes=(("inference_geo", "not_available"),)),
            "anthropic",
            "",
            id="inference-geo-that-tells-nothing",
        ),
    ],
)
def test_what_tells_the_region(question: Question, provider: str, region: str) -> None:
    assert region_of(question, provider) == region


def per_million(question: Question) -> str:
    book = PriceBook()
    book.reload(0.0)
    quote = book.current.quote(question, {"input": 10**6}, 1_795_000_000 * 10**9)
    assert isinstance(quote, Quote)
    return f"{quote.atto_usd / 10**18:g}"


@pytest.mark.parametrize(
    ("question", "usd"),
    [
        pytest.param(Question(LLAMA, provider="aws.bedrock"), "2.65", id="untold"),
        pytest.param(Question(ARN + LLAMA), "4.45", id="arn"),
        pytest.param(Question(GOV + LLAMA), "2.65", id="gov-arn"),
        pytest.param(
            Question(ARN + "meta.llama3-8b-instruct-v1:0", region="us-east-1"),
            "0.5",
            id="arn-and-caller",
        ),
        pytest.param(
            Question(
                "claude-opus-4-6", endpoint="aiplatform.googleapis.com", region="us-east5"
            ),
            "5",
            id="vertex-global",
        ),
        pytest.param(
            Question("claude-opus-4-6", endpoint="us-east5-aiplatform.googleapis.com"),
            "5.5",
            id="vertex-regional",
        ),
    ],
)
def test_the_built_in_table_prices_the_region(question: Question, usd: str) -> None:
    assert per_million(question) == usd


@pytest.mark.parametrize("model", ["gpt-oss-120b", "gpt-oss-20b", "gpt-oss-safeguard-20b"])
def test_open_weights_have_no_price_of_a_maker_who_does_not_serve_them(model: str) -> None:
    book = PriceBook()
    book.reload(0.0)
    assert not isinstance(
        book.current.quote(Question(model, provider="openai"), {"input": 1}, 0), Quote
    )
