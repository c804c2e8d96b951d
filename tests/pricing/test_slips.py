"""What an operator's price file likely does not mean: ids, classes left out, amounts; told and never refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pricing import PriceSource, compact
from pricing.book import BUILTIN, judged, limits_of_builtin
from pricing.spelling import Spelling

KNOWN = compact.load(BUILTIN.read_bytes())
README = Path(__file__).parents[2] / "README.md"


def told(text: str, form: str = "auto") -> tuple[str, ...]:
    return judged(PriceSource("f", form), text.encode(), limits_of_builtin())[1]


def file(provider: str, *models: str) -> str:
    lines = "".join(f"      {model}\n" for model in models)
    return f"genai-cost: 1\nproviders:\n  {provider}:\n    models:\n{lines}"


@pytest.mark.parametrize(
    ("provider", "model", "meant"),
    [
        pytest.param("openai", "gpt-4o-mnii", "gpt-4o-mini", id="swapped"),
        pytest.param("openai", "gtp-5", "gpt-5", id="swapped-in-front"),
        pytest.param("openai", "gpt-4o-minii", "gpt-4o-mini", id="doubled"),
        pytest.param("anthropic", "claude-sonet-4-5", "claude-sonnet-4-5", id="left-out"),
        pytest.param("anthropic", "claude-sonnet-4.5", "claude-sonnet-4-5", id="punctuation"),
        pytest.param("openai", "gpt-5-prod", "", id="a-deployment"),
        pytest.param("openai", "gpt-6-mini", "", id="a-number"),
        pytest.param("zai", "glm-5.3-airx", "", id="a-letter-at-the-end"),
        pytest.param("anthropic", "claude-haiku-4-5-20251001", "", id="a-snapshot"),
    ],
)
def test_an_id_that_is_a_slip_of_a_known_one_is_told(
    provider: str, model: str, meant: str
) -> None:
    lines = told(file(provider, f"{model}: {{prices: {{input: 1}}}}"))
    slips = [line for line in lines if "did you mean" in line]
    assert len(slips) == bool(meant)
    assert all(f"did you mean {meant!r}" in line for line in slips)


def test_no_id_that_anybody_sells_is_taken_for_a_slip_of_another() -> None:
    sellers: dict[str, list[str]] = {}
    for provider, model in KNOWN.models():
        sellers.setdefault(provider, []).append(model)
    everything = {model for models in sellers.values() for model in models}
    for provider, models in sellers.items():
        known = Spelling(models)
        letters = {"".join(filter(str.isalnum, model)) for model in models}
        others = {m for m in everything if "".join(filter(str.isalnum, m)) not in letters}
        assert {m: known.meant(m) for m in others if known.meant(m)} == {}, provider


def test_the_right_id_beside_the_other_is_meant_so() -> None:
    lines = told(
        file(
            "anthropic",
            "claude-sonnet-4.5: {whole: true, prices: {input: 3}}",
            "claude-sonnet-4-5: {whole: true, prices: {input: 3}}",
        )
    )
    assert lines == ()


def test_of_tables_that_others_publish_no_id_is_told() -> None:
    assert told('{"chat": {"gtp-5": {"input": 0.001, "output": 0.01}}}') == ()


def test_classes_that_a_row_leaves_out_are_told_with_what_they_cost_now() -> None:
    (line,) = told(file("anthropic", "claude-haiku-4-5: {prices: {input: 1, output: 5}}"))
    assert "providers.anthropic.models.claude-haiku-4-5: takes the place of a row" in line
    assert "cache_read 0.1 now costs 1 (input)" in line
    assert "cache_write_1h 2 now costs 1 (input)" in line
    assert "searches 10 per 1K calls now has no price" in line


def test_many_of_them_are_a_short_list_and_a_number() -> None:
    models = [model for model in KNOWN.models_of("openai") if "cache" in str(rates(model))]
    lines = told(file("openai", *(f"{m}: {{prices: {{input: 1}}}}" for m in models[:30])))
    places = [line for line in lines if "takes the place of" in line]
    assert len(places) == 8
    assert lines[-1] == f"f: providers: and {30 - 8} more models leave out classes"


def rates(model: str) -> list[str]:
    entry = KNOWN.entry("openai", model)
    rows = entry.rows if entry is not None else ()
    return [
        name for row in rows if row.until is None and not row.when.facts for name in row.rates
    ]


@pytest.mark.parametrize(
    "model",
    [
        pytest.param("{whole: true, prices: {input: 1, output: 5}}", id="all-there-is"),
        pytest.param("{rows: [{to: 2026-01-01, prices: {input: 1, output: 5}}]}", id="past"),
        pytest.param("{rows: [{when: {region: eu}, prices: {input: 1}}]}", id="other-calls"),
    ],
)
def test_what_takes_nothing_from_the_built_in_row_is_not_told(model: str) -> None:
    assert told(file("anthropic", f"claude-haiku-4-5: {model}")) == ()


def test_the_readmes_own_price_file_gives_no_cause_for_a_word() -> None:
    blocks = README.read_text().split("```yaml\n")[1:]
    (example,) = (b.partition("```")[0] for b in blocks if b.startswith("genai-cost: 1"))
    assert told(example) == ()


WHOLE = "gpt-4o: {whole: true, prices: {input: %s}}"


@pytest.mark.parametrize(
    ("dollars", "words"),
    [
        pytest.param("0.12", "input is 21 times less than the built-in 2.5 USD", id="less"),
        pytest.param("51", "input is 20 times more than the built-in 2.5 USD", id="more"),
        pytest.param("0.13", "", id="a-twentieth-is-taken"),
        pytest.param("49", "", id="nineteenfold-is-taken"),
        pytest.param("0", "", id="free"),
    ],
)
def test_a_price_far_off_the_ordinary_one_is_doubted(dollars: str, words: str) -> None:
    lines = told(file("openai", WHOLE % dollars))
    assert len(lines) == bool(words)
    assert all(words in line and "is the unit right?" in line for line in lines)
