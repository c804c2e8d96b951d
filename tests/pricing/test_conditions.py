"""Where a row holds: addresses, dated aliases, days off, what a threshold looks at, steps, money."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from pricing import (
    NotPriced,
    PriceBook,
    PriceError,
    PriceTable,
    Question,
    Quote,
    compact,
    suggest,
)
from pricing.formats import detect
from pricing.rows import instant
from tests.pricing.tables import ask, table

if TYPE_CHECKING:
    from pricing.layer import Catalogue

M = 1_000_000
FILE = """
genai-cost: 1
providers:
  acme:
    endpoints: ["*.llm.acme.example", "10.0.0.5:8000"]
    models:
      llama:
        rows:
          - prices: {input: 1}
          - {when: {endpoint: "*.eu.llm.acme.example"}, prices: {input: 2}}
      other: {prices: {input: 9}}
  mistral_ai:
    models:
      small-1: {prices: {input: 1}, aliases: [{name: small-latest, to: 2026-03-01}]}
      small-2:
        aliases: [{name: small-latest, from: 2026-03-01}]
        rows:
          - {to: 2026-06-01, prices: {input: 2}}
          - {from: 2026-06-01, prices: {input: 3}}
  deepseek:
    models:
      peak:
        rows:
          - prices: {input: 1}
          - when:
              hours: "Mon-Fri 09:00-12:00 Asia/Shanghai except 2026-10-01..2026-10-07, 2027-01-01"
            prices: {input: 2}
  volcengine:
    models:
      by-both:
        rows:
          - prices: {input: 1, output: 1}
          - {when: {context_over: 100, context_basis: output}, prices: {input: 2, output: 2}}
          - {when: {context_from: 1000, context_basis: total}, prices: {input: 4, output: 4}}
      fresh:
        rows:
          - prices: {input: 1, cache_read: 1}
          - {when: {context_over: 100, context_basis: uncached}, prices: {input: 2, cache_read: 2}}
  openai:
    models:
      heard: {prices: {audio_seconds: "0.60 per minute, minimum 30, step 15"}}
      drawn:
        rows:
          - {when: {size: "1024x*", steps: 30}, prices: {images: 0.02 per image}}
          - {when: {size: "1024x*", steps: 50}, prices: {images: 0.04 per image}}
      filmed:
        rows:
          - {when: {resolution: 720p}, prices: {video_seconds: 0.10 per second}}
          - {when: {resolution: 1080p}, prices: {video_seconds: 0.30 per second}}
      pieces:
        prices:
          input: 1
          code_sessions: 0.03 per session
          guardrail_units: 0.75 per 1K units
          cache_storage: 4.50 per 1M token-hours
          messages: 0.01 per message
          searches: "10 per 1K searches, first 2 free"
"""
PRICES = table(FILE)


@pytest.mark.parametrize(
    ("question", "usage", "expected"),
    [
        pytest.param(
            Question("llama", endpoint="a.llm.acme.example"),
            {"input": M},
            "1 priced",
            id="seller",
        ),
        pytest.param(
            Question("llama", endpoint="https://a.llm.acme.example:443/v1"),
            {"input": M},
            "1 priced",
            id="of-a-url",
        ),
        pytest.param(
            Question("llama", endpoint="b.eu.llm.acme.example:8443"),
            {"input": M},
            "2 priced",
            id="row",
        ),
        pytest.param(
            Question("llama", provider="openai", endpoint="10.0.0.5:8000"),
            {"input": M},
            "1 priced",
            id="over-the-client's-name",
        ),
        pytest.param(
            Question("llama", provider="openai", endpoint="10.0.0.5:9000"),
            {"input": M},
            "unknown_model",
            id="another-port",
        ),
        pytest.param(
            Question("llama", provider="openai", endpoint="llm.acme.example.evil.example"),
            {"input": M},
            "unknown_model",
            id="no-suffix-of-it",
        ),
        pytest.param(
            Question("acme/llama", provider="litellm"), {"input": M}, "1 priced", id="gateway"
        ),
        pytest.param(
            Question("by-both", provider="volcengine"),
            {"input": 101, "output": 100},
            "0.000201 priced",
            id="output-at-its-threshold",
        ),
        pytest.param(
            Question("by-both", provider="volcengine"),
            {"input": 100, "output": 101},
            "0.000402 priced",
            id="output-past-it",
        ),
        pytest.param(
            Question("by-both", provider="volcengine"),
            {"input": 900, "output": 100},
            "0.004 priced",
            id="total-from",
        ),
        pytest.param(
            Question("fresh", provider="volcengine"),
            {"input": 100, "cache_read": 500},
            "0.0006 priced",
            id="cached-does-not-count",
        ),
        pytest.param(
            Question("heard", provider="openai"),
            {"audio_seconds": 1},
            "0.3 priced",
            id="minimum",
        ),
        pytest.param(
            Question("heard", provider="openai"),
            {"audio_seconds": Decimal("30.001")},
            "0.45 priced",
            id="rounded-up-to-a-step",
        ),
        pytest.param(
            Question("heard", provider="openai"),
            {"audio_seconds": 45},
            "0.45 priced",
            id="whole-steps",
        ),
        pytest.param(
            Question(
                "drawn",
                provider="openai",
                attributes=(("size", "1024-x-1792"), ("steps", "50")),
            ),
            {"images": 2},
            "0.08 priced",
            id="steps-and-size",
        ),
        pytest.param(
            Question("filmed", provider="openai", attributes=(("resolution", "1080P"),)),
            {"video_seconds": 8},
            "2.4 priced",
            id="resolution",
        ),
        pytest.param(
            Question("filmed", provider="openai"),
            {"video_seconds": 8},
            "unsupported_unit",
            id="unknown-resolution",
        ),
        pytest.param(
            Question("pieces", provider="openai"),
            {"code_sessions": 2, "guardrail_units": 4, "messages": 3},
            "0.093 priced",
            id="pieces",
        ),
        pytest.param(
            Question("pieces", provider="openai"), {"searches": 2}, "0 priced", id="free"
        ),
        pytest.param(
            Question("pieces", provider="openai"),
            {"searches": 5},
            "0.03 priced",
            id="past-free",
        ),
        pytest.param(
            Question("pieces", provider="openai"),
            {"cache_storage": 2 * M},
            "9 priced",
            id="cache-storage",
        ),
    ],
)
def test_a_row_holds_where_it_says(
    question: Question, usage: dict[str, int | Decimal], expected: str
) -> None:
    assert ask(PRICES, usage, question) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param("2026-02-28T23:59:59Z", "1 priced", id="before-it-moved"),
        pytest.param("2026-03-01", "2 priced", id="when-it-moved"),
        pytest.param("2026-06-01", "3 priced", id="its-target's-own-history"),
    ],
)
def test_an_alias_moves_on_its_day(at: str, expected: str) -> None:
    question = Question("small-latest", provider="mistral_ai")
    assert ask(PRICES, {"input": M}, question, at=at) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param("2026-09-30T01:00:00Z", "2 priced", id="a-working-day"),
        pytest.param("2026-10-01T01:00:00Z", "1 priced", id="first-day-off"),
        pytest.param("2026-10-07T03:59:59Z", "1 priced", id="last-day-off"),
        pytest.param("2026-10-08T01:00:00Z", "2 priced", id="work-again"),
        pytest.param("2027-01-01T01:30:00Z", "1 priced", id="a-single-day"),
    ],
)
def test_public_holidays_close_the_windows(at: str, expected: str) -> None:
    assert ask(PRICES, {"input": M}, Question("peak", provider="deepseek"), at=at) == expected


def test_the_compact_form_keeps_all_of_it() -> None:
    layer = detect.read(FILE.encode(), "t").layer
    again = compact.load(compact.dump(layer))
    assert again.endpoints == layer.endpoints
    assert [again.entry(*key) for key in again.models()] == [
        layer.entry(*key) for key in sorted(layer.models())
    ]


def read(body: str) -> Catalogue:
    text = f"genai-cost: 1\nproviders:\n  openai:\n    {body}\n"
    return detect.read(text.encode(), "f.yaml").layer


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param("endpoints: [3]", "is the address of a named provider", id="no-address"),
        pytest.param("endpoints: ['*']", "is the address of", id="any-address"),
        pytest.param("currency: euro", "'euro' is not a currency such as EUR", id="currency"),
        pytest.param(
            "models: {m: {prices: {input: 1}, aliases: [{name: n, form: 2026-01-01}]}}",
            "unknown key 'form'; did you mean 'from'?",
            id="alias-key",
        ),
        pytest.param(
            "models: {m: {prices: {input: 1}, aliases: [n, {name: n, from: 2026-01-01}]}}",
            "is a model or an undated alias already",
            id="alias-twice",
        ),
        pytest.param(
            "models: {m: {rows: [{when: {context_over: 9, context_basis: all}, prices: {input: 1}}]}}",
            "context_basis: 'all' is not one of them",
            id="basis",
        ),
        pytest.param(
            "models: {m: {rows: [{when: {hours: '01:00-02:00 except Christmas'}, prices: {input: 1}}]}}",
            "hours: Invalid isoformat string: 'Christmas'",
            id="no-day",
        ),
        pytest.param(
            "models: {m: {rows: [{when: {hours: '01:00-02:00 except 2026-01-02..2026-01-01'}, prices: {input: 1}}]}}",
            "is not a day or some days",
            id="backwards-days",
        ),
        pytest.param(
            "models: {m: {prices: {audio_seconds: 1 per minute, step x}}}", "", id="step"
        ),
        pytest.param(
            "models: {m: {prices: {input: 20000}}}", "is above 10000 USD", id="ceiling"
        ),
        pytest.param(
            "currency: EUR\n    models: {m: {prices: {input: 200000}}}",
            "is above 100000 EUR",
            id="ceiling-elsewhere",
        ),
    ],
)
def test_what_a_file_cannot_mean_is_said(body: str, words: str) -> None:
    with pytest.raises(PriceError) as bad:
        read(body)
    assert words in str(bad.value)


def test_an_amount_may_name_its_own_currency() -> None:
    layer = read(
        "models: {m: {currency: EUR, prices: {input: 1, output: 2 USD, pages: 3 JPY per page}}}"
    )
    entry = layer.entry("openai", "m")
    assert entry is not None
    assert {name: rate.currency for name, rate in entry.rows[0].rates.items()} == {
        "input": "EUR",
        "output": "",
        "pages": "JPY",
    }


def test_what_no_call_tells_is_no_doubt_of_a_call() -> None:
    """Storage of a cache goes on between calls: priced for who counts it, and else known to be missing."""
    pieces = Question("pieces", provider="openai")
    assert ask(PRICES, {"input": M}, pieces) == "1 priced"
    assert ask(PRICES, {"input": M, "cache_storage": 2 * M}, pieces) == "10 priced"
    told = pieces._replace(missing=("cache_storage",))
    assert ask(PRICES, {"input": M}, told) == "1 priced_lower_bound"


def test_a_class_that_costs_extra_and_was_not_reported_makes_a_bound() -> None:
    prices = table(
        "genai-cost: 1\nproviders: {openai: {models: {m: {prices: {input: 1, input_audio: 6, output: 2}}}}}"
    )
    question = Question("m", provider="openai")
    usage = {"input": M}
    assert ask(prices, usage, question) == "1 priced"
    assert ask(prices, usage, question._replace(missing=("input_audio",))) == (
        "1 priced_lower_bound"
    )
    assert ask(prices, usage, question._replace(missing=("reasoning",))) == "1 priced"


DRAWS = table(
    "genai-cost: 1\nproviders: {openai: {models: {"
    "draws: {prices: {input: 2, output: 12, output_image: 120}}, "
    "hears: {prices: {input: 1, input_audio: 6, output: 2}}}}}"
)


@pytest.mark.parametrize(
    ("model", "usage", "expected"),
    [
        pytest.param("draws", {"input": M}, "2 priced", id="nothing-came-out"),
        pytest.param("draws", {"output": M}, "12 priced_lower_bound", id="drawn-or-written"),
        pytest.param("draws", {"output": M, "output_image": 0}, "12 priced", id="written"),
        pytest.param("draws", {"output": M, "output_image": M}, "132 priced", id="both"),
        pytest.param("draws", {"output": M, "images": 1}, "12 priced", id="counted-otherwise"),
        pytest.param("hears", {"input": M, "output": M}, "3 priced", id="may-only-have-read"),
    ],
)
def test_what_a_model_was_made_for_has_to_be_counted(
    model: str, usage: dict[str, int], expected: str
) -> None:
    """Ten times the text's price is not to be guessed away; a mark on everything is none."""
    assert ask(DRAWS, usage, Question(model, provider="openai")) == expected


@pytest.mark.parametrize(
    ("model", "provider", "expected"),
    [
        pytest.param("gpt-4oo", "openai", ["gpt-4o"], id="a-letter-too-many"),
        pytest.param("gtp-4o", "", ["openai/gpt-4o"], id="of-anybody"),
        pytest.param("zzz", "openai", [], id="like-nothing"),
        pytest.param("", "", [], id="nothing"),
    ],
)
def test_near_names_are_told(model: str, provider: str, expected: list[str]) -> None:
    prices = table(
        "genai-cost: 1\nproviders: {openai: {models: {gpt-4o: {prices: {input: 1}}}}}"
    )
    assert suggest.models(prices, model, provider) == expected


def test_near_sellers_are_told() -> None:
    prices = table("genai-cost: 1\nproviders: {openai: {models: {m: {prices: {input: 1}}}}}")
    assert suggest.providers(prices, "opnai") == ["openai"]
    assert suggest.providers(prices, "OpenAI") == []
    assert suggest.providers(prices, "anthropic") == []


ORACLE = table(
    "genai-cost: 1\nproviders:\n"
    "  oci: {models: {meta.llama-9: {prices: {input: 1}}, cohere.both: {prices: {input: 2}}}}\n"
    "  aws.bedrock: {models: {cohere.both: {prices: {input: 3}}}}\n"
)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param(Question("meta.llama-9", provider="oci"), "oci", id="named"),
        pytest.param(Question("meta.llama-9", provider="Oracle"), "oci", id="spelled"),
        pytest.param(Question("meta.llama-9"), "oci", id="nobody-else-has-it"),
        pytest.param(Question("oci/cohere.both"), "oci", id="prefix"),
        pytest.param(Question("cohere.both"), "aws.bedrock", id="amazon-first"),
        pytest.param(Question("meta.llama-9", provider="aws.bedrock"), "", id="not-amazon's"),
        pytest.param(
            Question(
                "cohere.both",
                endpoint="inference.generativeai.us-chicago-1.oci.oraclecloud.com",
            ),
            "oci",
            id="address",
        ),
    ],
)
def test_oracle_writes_ids_as_amazon_does(question: Question, expected: str) -> None:
    answer = ORACLE.quote(question, {"input": 1}, instant("2026-11-23"))
    told = answer.provider if isinstance(answer, Quote) else ""
    assert told == expected


def test_genkit_s_name_of_google() -> None:
    prices = table("genai-cost: 1\nproviders: {gemini: {models: {m: {prices: {input: 1}}}}}")
    assert not isinstance(prices.find(Question("m", provider="googleai")), NotPriced)


def test_nothing_is_remembered_of_a_table_by_another() -> None:
    one, two = PriceTable(PRICES.layers, "1"), PriceTable(PRICES.layers[:0], "2")
    assert not isinstance(one.find(Question("llama", provider="acme")), NotPriced)
    assert isinstance(two.find(Question("llama", provider="acme")), NotPriced)


@pytest.mark.parametrize(
    ("model", "usage", "status"),
    [
        pytest.param(
            "gpt-4o-search-preview",
            {"input": 9, "output": 9},
            "priced_lower_bound",
            id="untold",
        ),
        pytest.param(
            "gpt-4o-search-preview",
            {"input": 9, "output": 9, "searches": 1},
            "priced",
            id="counted",
        ),
        pytest.param(
            "gpt-4o-search-preview",
            {"input": 9, "output": 9, "searches": 0},
            "priced",
            id="none",
        ),
        pytest.param(
            "gpt-4o-mini-search-preview-2025-03-11",
            {"output": 9},
            "priced_lower_bound",
            id="dated",
        ),
        pytest.param("gpt-5-search-api", {"output": 9}, "priced_lower_bound", id="search-api"),
        pytest.param(
            "sonar-deep-research", {"output": 9}, "priced_lower_bound", id="deep-research"
        ),
        pytest.param("gpt-4o", {"input": 9, "output": 9}, "priced", id="may-search"),
        pytest.param(
            "claude-sonnet-4-5",
            {"cache_write": 9, "output": 9},
            "priced",
            id="write-without-ttl",
        ),
    ],
)
def test_a_model_that_always_searches_has_a_bound_until_somebody_counts(
    model: str, usage: dict[str, int | Decimal], status: str
) -> None:
    book = PriceBook()
    book.reload(0.0)
    assert ask(book.current, usage, Question(model)).split()[1] == status
