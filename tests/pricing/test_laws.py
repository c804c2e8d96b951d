"""What holds for every table and every usage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pricing import NotPriced, PriceTable, Question, Quote, compact
from pricing.formats import detect
from pricing.rates import Rate, parse, text
from pricing.usage import CLASSES, PROMPT, TOKENS
from tests.pricing.tables import NOW

if TYPE_CHECKING:
    from pricing.layer import Catalogue

MODELS = ("gpt-4o", "gpt-4o-mini", "o3", "claude-sonnet-4-5")
TIERS = ("", "flex", "priority")

amounts = st.decimals(min_value=0, max_value=1000, places=4)
counts = st.integers(min_value=0, max_value=10**9)
usages = st.dictionaries(st.sampled_from(sorted(TOKENS)), counts, min_size=1)


@st.composite
def prices(draw: st.DrawFn) -> dict[str, str]:
    """Prices of some token classes, input and output among them."""
    names = {"input", "output"} | set(draw(st.lists(st.sampled_from(sorted(TOKENS)))))
    return {name: str(draw(amounts)) for name in sorted(names)}


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    """A source with flat, tiered and dated models."""
    rows = draw(st.dictionaries(st.sampled_from(MODELS), prices(), min_size=1))
    lines = ["genai-cost: 1", "version: drawn", "providers:", "  openai:", "    models:"]
    for model, rates in rows.items():
        body = ", ".join(f"{name}: {rate}" for name, rate in rates.items())
        lines += [f"      {model}:", "        rows:", f"          - prices: {{{body}}}"]
        for tier in draw(st.sets(st.sampled_from(TIERS[1:]))):
            lines.append(f"          - {{when: {{service_tier: {tier}}}, prices: {{{body}}}}}")
        if draw(st.booleans()):
            lines.append(f"          - {{when: {{context_over: 1000}}, prices: {{{body}}}}}")
        if draw(st.booleans()):
            lines.append(f"          - {{from: 2026-01-01, prices: {{{body}}}}}")
    return detect.read("\n".join(lines).encode(), "drawn").layer


questions = st.builds(
    Question,
    model=st.sampled_from((*MODELS, "gpt-4o-2024-08-06", "nobody")),
    provider=st.sampled_from(("", "openai")),
    service_tier=st.sampled_from(TIERS),
)


def flat(rates: dict[str, str]) -> PriceTable:
    body = ", ".join(f"{name}: {rate}" for name, rate in rates.items())
    source = f"genai-cost: 1\nproviders: {{openai: {{models: {{m: {{prices: {{{body}}}}}}}}}}}"
    return PriceTable((detect.read(source.encode(), "flat").layer,), "flat")


def quoted(table: PriceTable, usage: dict[str, int]) -> Quote:
    answer = table.quote(Question("m", provider="openai"), usage, NOW)
    assert not isinstance(answer, NotPriced)
    return answer


@given(prices(), usages, usages)
def test_splitting_a_call_never_changes_a_flat_bill(
    rates: dict[str, str], a: dict[str, int], b: dict[str, int]
) -> None:
    """Whole attos per token here, so not even rounding differs."""
    table = flat(rates)
    both = {name: a.get(name, 0) + b.get(name, 0) for name in {**a, **b}}
    assert quoted(table, both).atto_usd == quoted(table, a).atto_usd + quoted(table, b).atto_usd


@given(prices(), usages, st.sampled_from(sorted(TOKENS)), counts)
def test_more_usage_never_costs_less(
    rates: dict[str, str], usage: dict[str, int], name: str, more: int
) -> None:
    table = flat(rates)
    grown = {**usage, name: usage.get(name, 0) + more}
    assert quoted(table, grown).atto_usd >= quoted(table, usage).atto_usd >= 0


@given(catalogues(), questions, usages)
def test_parts_add_up_to_the_whole(
    layer: Catalogue, question: Question, usage: dict[str, int]
) -> None:
    answer = PriceTable((layer,), "t").quote(question, usage, NOW)
    if not isinstance(answer, NotPriced):
        assert sum(part for _, part in answer.parts) == answer.atto_usd >= 0


@given(
    catalogues(), st.lists(st.tuples(questions, usages), min_size=1, max_size=8), st.randoms()
)
def test_an_answer_never_depends_on_what_was_asked_before(
    layer: Catalogue, asked: list[tuple[Question, dict[str, int]]], random: object
) -> None:
    del random
    warm = PriceTable((layer,), "t")
    backwards = [warm.quote(*pair, NOW) for pair in reversed(asked)]
    for (question, usage), answer in zip(reversed(asked), backwards, strict=True):
        assert PriceTable((layer,), "t").quote(question, usage, NOW) == answer
        assert warm.quote(question, usage, NOW) == answer


@given(catalogues(), questions, usages)
def test_the_order_of_classes_does_not_matter(
    layer: Catalogue, question: Question, usage: dict[str, int]
) -> None:
    table = PriceTable((layer,), "t")
    one = table.quote(question, usage, NOW)
    other = table.quote(question, dict(reversed(usage.items())), NOW)
    if isinstance(one, NotPriced) or isinstance(other, NotPriced):
        assert isinstance(one, NotPriced)
        assert isinstance(other, NotPriced)
        assert one.reason == other.reason
    else:
        assert (one.atto_usd, set(one.parts), one.status) == (
            other.atto_usd,
            set(other.parts),
            other.status,
        )


@given(catalogues())
def test_the_compact_form_holds_the_same_rows(layer: Catalogue) -> None:
    data = compact.dump(layer)
    again = compact.load(data)
    assert data == compact.dump(layer)
    assert [again.entry(*key) for key in again.models()] == [
        layer.entry(*key) for key in sorted(layer.models())
    ]
    assert (again.version, again.count, again.rows) == (layer.version, layer.count, layer.rows)


@given(st.sampled_from(sorted(CLASSES)), st.integers(0, 10**16), st.integers(0, 100))
def test_a_rate_reads_back_from_its_text(name: str, atto: int, minimum: int) -> None:
    rate = Rate(atto, 1, minimum)
    assert parse(name, text(name, rate)) == rate


@given(st.sampled_from(sorted(PROMPT)))
def test_every_ancestor_is_a_class_of_the_same_unit(name: str) -> None:
    assert all(CLASSES[parent].unit is CLASSES[name].unit for parent in CLASSES[name].ancestors)
