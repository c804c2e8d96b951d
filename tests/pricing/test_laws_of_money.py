"""What holds for every contract, currency, table and name: laws beyond those of plain tables."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pricing import (
    Adjustment,
    Exchange,
    NotPriced,
    PriceBook,
    PriceSource,
    PriceTable,
    Question,
    Quote,
    Terms,
)
from pricing.formats import detect
from pricing.money import ATTO, divide_half_even
from pricing.rates import Rate
from pricing.usage import CLASSES, PROMPT, TOKENS
from tests.pricing.tables import NOW

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAMES = sorted(TOKENS)
factors = st.fractions(min_value=Fraction(1, 1000), max_value=10, max_denominator=1000)
classes = st.frozensets(st.sampled_from(NAMES), max_size=3)
usages = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 10**9), min_size=1)
listed_rates = st.dictionaries(
    st.sampled_from(NAMES), st.integers(0, 10**15).map(Rate), min_size=1
)


@st.composite
def adjustments(draw: st.DrawFn) -> Adjustment:
    match draw(st.integers(0, 2)):
        case 0:
            factor = draw(factors)
            return Adjustment(
                numerator=factor.numerator,
                denominator=factor.denominator,
                classes=draw(classes),
            )
        case 1:
            return Adjustment(prices=tuple(sorted(draw(listed_rates).items())))
        case _:
            return Adjustment(fixed=Rate(draw(st.integers(0, 10**18))))


@st.composite
def tables(draw: st.DrawFn) -> PriceTable:
    """One model with a threshold and a tier, on drawn terms."""
    amounts = st.integers(0, 10**6).map(lambda n: f"{n / 100:.2f}")
    lines = ["genai-cost: 1", "providers: {openai: {models: {m: {rows: ["]
    for when in ("", "when: {context_over: 1000}, ", "when: {service_tier: flex}, "):
        priced = {"input", "output"} | draw(st.frozensets(st.sampled_from(NAMES)))
        body = ", ".join(f"{name}: {draw(amounts)}" for name in sorted(priced))
        lines.append(f"  {{{when}prices: {{{body}}}}},")
    text = "\n".join([*lines, "]}}}}"])
    terms = Terms(tuple(draw(st.lists(adjustments(), max_size=4))))
    return PriceTable((detect.read(text.encode(), "drawn").layer,), "t", None, terms)


def asked(table: PriceTable, usage: Mapping[str, int], tier: str = "") -> Quote:
    question = Question("m", provider="openai", service_tier=tier)
    answer = table.quote(question, usage, NOW)
    assert not isinstance(answer, NotPriced)
    return answer


@given(tables(), usages, st.sampled_from(["", "flex"]))
def test_parts_add_up_and_nothing_is_negative(
    table: PriceTable, usage: dict[str, int], tier: str
) -> None:
    answer = asked(table, usage, tier)
    assert sum(part for _, part in answer.parts) == answer.atto_usd
    assert min((part for _, part in answer.parts), default=0) >= 0 <= answer.list_atto_usd


@given(tables(), usages, st.sampled_from(NAMES), st.integers(0, 10**6))
def test_more_usage_never_costs_less_under_a_contract(
    table: PriceTable, usage: dict[str, int], name: str, more: int
) -> None:
    """On one side of a threshold: past it a lower price may be what the drawn row says."""
    grown = {**usage, name: usage.get(name, 0) + more}
    before, after = asked(table, usage, "flex"), asked(table, grown, "flex")
    sizes = [
        sum(count for each, count in used.items() if each in PROMPT) for used in (usage, grown)
    ]
    if (sizes[0] > 1000) is (sizes[1] > 1000):
        assert after.atto_usd >= before.atto_usd


@given(tables(), usages, st.randoms(use_true_random=False))
def test_order_is_of_no_account(
    table: PriceTable, usage: dict[str, int], random: object
) -> None:
    del random
    backwards = dict(reversed(usage.items()))
    one, other = asked(table, usage), asked(table, backwards)
    assert (one.atto_usd, one.list_atto_usd, one.status, set(one.parts)) == (
        other.atto_usd,
        other.list_atto_usd,
        other.status,
        set(other.parts),
    )


@given(tables(), st.lists(usages, min_size=1, max_size=6))
def test_what_was_asked_before_is_of_no_account(
    table: PriceTable, several: list[dict[str, int]]
) -> None:
    warm = [asked(table, usage) for usage in several]
    for usage, answer in zip(reversed(several), reversed(warm), strict=True):
        fresh = PriceTable(table.layers, "t", None, table.terms)
        assert asked(fresh, usage) == answer == asked(table, usage)


@given(usages, st.lists(factors, max_size=4))
def test_factors_alone_make_one_factor(usage: dict[str, int], several: list[Fraction]) -> None:
    """So their order is of no account, and the list keeps what it was."""
    text = (
        "genai-cost: 1\nproviders: {openai: {models: {m: {prices: {input: 2.5, output: 10}}}}}"
    )
    layers = (detect.read(text.encode(), "t").layer,)
    rules = [Adjustment(numerator=f.numerator, denominator=f.denominator) for f in several]
    whole = Fraction(1)
    for factor in several:
        whole *= factor
    one = Adjustment(numerator=whole.numerator, denominator=whole.denominator)
    forwards = asked(PriceTable(layers, "t", None, Terms(tuple(rules))), usage)
    backwards = asked(PriceTable(layers, "t", None, Terms(tuple(rules[::-1]))), usage)
    at_once = asked(PriceTable(layers, "t", None, Terms((one,))), usage)
    plain = asked(PriceTable(layers, "t"), usage)
    assert forwards == backwards == at_once
    assert forwards.list_atto_usd == plain.atto_usd


@given(
    st.integers(1, 10**9),
    st.fractions(min_value=Fraction(1, 10**4), max_value=10**4, max_denominator=10**6),
)
def test_an_amount_in_other_money_is_within_half_an_atto(count: int, worth: Fraction) -> None:
    text = "genai-cost: 1\nproviders: {openai: {models: {m: {prices: {input: 2.5}}}}}"
    rates = (Exchange("EUR", worth.numerator, worth.denominator),)
    layers = (detect.read(text.encode(), "t").layer,)
    answer = asked(PriceTable(layers, "t", None, Terms((), rates, "EUR")), {"input": count})
    exact = Fraction(answer.atto_usd, ATTO) / worth
    assert abs(Fraction(answer.amount) - exact) <= Fraction(1, 2 * ATTO)


SIBLINGS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-.", min_size=1, max_size=8)


@given(
    st.sampled_from(["gpt-4o", "gpt-5", "claude-sonnet-4-5", "gemini-2.5-pro", "grok-4"]),
    SIBLINGS,
    st.sampled_from(["{}-{}", "{}{}", "{1}-{0}", "{}.{}", "{}-{}-preview"]),
    st.sampled_from(
        ["", "openai", "azure.ai.openai", "aws.bedrock", "litellm", "gcp.vertex_ai"]
    ),
)
def test_a_name_nobody_listed_has_no_price(
    base: str, more: str, pattern: str, provider: str
) -> None:
    """Never a sibling's: only a wrapper, another spelling or a calendar date may be taken away."""
    models = ", ".join(
        f"{name}: {{prices: {{input: 1}}}}"
        for name in ("gpt-4o", "gpt-5", "claude-sonnet-4-5", "gemini-2.5-pro", "grok-4")
    )
    text = (
        "genai-cost: 1\nproviders: {"
        + ", ".join(
            f"{name}: {{models: {{{models}}}}}"
            for name in (
                "openai",
                "azure.ai.openai",
                "aws.bedrock",
                "gcp.vertex_ai",
                "anthropic",
            )
        )
        + "}"
    )
    table = PriceTable((detect.read(text.encode(), "t").layer,), "t")
    made = pattern.format(base, more)
    answer = table.find(Question(made, provider=provider))
    if not isinstance(answer, NotPriced):
        assert answer.match != "exact"
        assert answer.basis.entry.model in made
        rest = made.replace(answer.basis.entry.model, "", 1)
        assert not any(c.isalpha() for c in rest.replace("latest", "").replace("v", "")), made


@given(st.lists(st.integers(0, 10**22), min_size=1, max_size=50), st.randoms())
def test_sums_of_charges_need_no_order(charges: list[int], random: object) -> None:
    total = sum(charges)
    assert sum(sorted(charges)) == sum(reversed(charges)) == total
    assert divide_half_even(total * 3, 3) == total
    del random


def test_ten_million_additions_drift_by_nothing() -> None:
    """A tenth of a millionth of a dollar, ten million times, is one dollar; in doubles it is not."""
    text = "genai-cost: 1\nproviders: {openai: {models: {m: {prices: {input: 0.1}}}}}"
    part = asked(
        PriceTable((detect.read(text.encode(), "t").layer,), "t"), {"input": 1}
    ).atto_usd
    total, drifting = 0, 0.0
    for _ in range(10_000_000):
        total += part
        drifting += 1e-7
    assert total == ATTO
    assert drifting != 1.0


def test_every_class_has_a_price_text_that_reads_back() -> None:
    from pricing.rates import parse, text  # noqa: PLC0415

    for name in CLASSES:
        for currency in ("", "EUR", "JPY"):
            rate = Rate(10**12, 1, 3, 15, currency, 7)
            assert parse(name, text(name, rate)) == rate


def test_a_reload_and_back_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    head = "genai-cost: 1\nproviders: {openai: {models: {m: {prices: "
    first, second = f"{head}{{input: 1}}}}}}}}}}", f"{head}{{input: 2}}}}}}}}}}"
    terms = Terms((Adjustment(numerator=1, denominator=3, classes=frozenset(NAMES)),))
    book = PriceBook([PriceSource(str(path))], builtin=False, terms=terms)
    seen: list[tuple[str, Quote]] = []
    for text in (first, second, first):
        path.write_text(text)
        assert book.reload(0.0).result == "changed"
        seen.append((book.current.version, asked(book.current, {"input": 10})))
    assert seen[0] == seen[2] != seen[1]
