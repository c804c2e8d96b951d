"""Slips in the operator's terms, told beside the table they are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pricing import Adjustment, Exchange, PriceBook, PriceSource, Terms
from pricing.rates import parse
from pricing.rows import NS, instant

if TYPE_CHECKING:
    from pathlib import Path

AT = instant("2026-11-23T12:00:00Z") / NS


def told(*rules: Adjustment, aliases: dict[str, str] | None = None) -> tuple[str, ...]:
    book = PriceBook(aliases=aliases, terms=Terms(rules))
    return book.reload(AT).warnings


HALF = Adjustment(numerator=1, denominator=2)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        pytest.param(
            HALF._replace(providers=("openia",)), "`openia` sells nothing", id="provider"
        ),
        pytest.param(HALF._replace(providers=("openia",)), "did you mean `openai`?", id="near"),
        pytest.param(HALF._replace(models=("gpt-99*",)), "`gpt-99*` matches no", id="pattern"),
        pytest.param(
            HALF._replace(providers=("openai",), models=("gpt-4oo",)),
            "did you mean `gpt-4o`?",
            id="near-model",
        ),
        pytest.param(
            HALF._replace(providers=("anthropic",), models=("gpt-4o",)),
            "`gpt-4o` matches no",
            id="anothers-model",
        ),
        pytest.param(
            Adjustment(models=("gpt-4o",), prices=(("input", parse("input", "2500")),)),
            ".prices.input: is more than 250 times off what",
            id="unit",
        ),
    ],
)
def test_what_cannot_be_meant_is_told(rule: Adjustment, words: str) -> None:
    (line,) = told(rule)
    assert line.startswith("pricing.adjustments[0].")
    assert words in line


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(HALF._replace(providers=("openai", "azure.*")), id="providers"),
        pytest.param(HALF._replace(models=("gpt-4o*",)), id="pattern"),
        pytest.param(HALF._replace(models=("gpt-4o-2024-11-20",)), id="snapshot"),
        pytest.param(HALF._replace(models=("prod-*",)), id="operators-name"),
        pytest.param(HALF._replace(services=("who-knows",)), id="services-are-the-operators"),
        pytest.param(
            Adjustment(models=("gpt-4o",), prices=(("input", parse("input", "1")),)), id="price"
        ),
    ],
)
def test_what_may_be_meant_is_not(rule: Adjustment) -> None:
    assert told(rule, aliases={"prod-chat": "gpt-4o"}) == ()


@pytest.mark.parametrize(
    ("alias", "target", "words"),
    [
        pytest.param(
            "our-chat", "openai/gpt-4o-mnii", "did you mean `openai/gpt-4o-mini`?", id="id"
        ),
        pytest.param(
            "our-chat", "gpt-4oo", "`gpt-4oo`; did you mean `openai/gpt-4o`?", id="bare"
        ),
        pytest.param("our-chat", "opeanai/zzz", "no table has `opeanai/zzz`", id="provider"),
        pytest.param("our-chat", "openai/gpt-4o", "", id="there"),
        pytest.param("azure/our-chat", "gpt-4o", "", id="of-its-own-provider"),
        pytest.param("our-chat", "llama-3.3-70b-versatile", "", id="somebody-sells-it"),
        pytest.param("our-chat", "gpt-4o-2024-11-20", "", id="snapshot"),
    ],
)
def test_an_alias_of_nothing_is_told_with_the_nearest(
    alias: str, target: str, words: str
) -> None:
    lines = told(aliases={alias: target})
    assert len(lines) == bool(words)
    assert all(line.startswith(f"pricing.aliases.{alias}: no table has") for line in lines)
    assert all(words in line for line in lines)


def test_of_many_aliases_of_nothing_some_are_told() -> None:
    lines = told(aliases={f"a{i}": f"zzz-{i}-qqq" for i in range(500)})
    assert len(lines) == 21
    assert lines[-1] == "pricing.aliases: further ones stand for what no table has, too"


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        pytest.param(
            (), "EUR has no rate for now: calls of acme are no_price_at_time", id="none"
        ),
        pytest.param(
            (Exchange("EUR", 11, 10, instant("2027-01-01")),),
            "EUR has no rate for now",
            id="later",
        ),
        pytest.param((Exchange("EUR", 11, 10),), "", id="there"),
    ],
)
def test_a_file_in_a_currency_without_a_rate_is_told_at_each_reload(
    tmp_path: Path, rates: tuple[Exchange, ...], words: str
) -> None:
    file = tmp_path / "acme.yaml"
    book = PriceBook([PriceSource(str(file))], terms=Terms((), rates))
    assert book.reload(AT).warnings == ()
    file.write_text(
        "genai-cost: 1\nproviders: {acme: {currency: EUR, models: {m: {prices: {input: 1}}}}}"
    )
    for outcome in (book.reload(AT), book.reload(AT)):
        assert len(outcome.warnings) == bool(words)
        assert all(words in line for line in outcome.warnings)
