"""Calls whose price came after them: counted once, at the price of their own time, and said to be late."""

from __future__ import annotations

import asyncio
from typing import NoReturn, cast

from hypothesis import given
from hypothesis import strategies as st

from pricing import PriceBook, PriceTable
from processor.billing import atto_of
from processor.metrics import Ledger
from processor.metrics.catch_up import CatchUp
from processor.metrics.ledger import UNPRICED_LIMIT
from processor.metrics.otlp import OtlpView
from processor.model import Status
from tests.calls.traffic import END_NS, LAW, TABLE, call, enricher, ours, request
from tests.doubles.until import until
from tests.metrics.test_otlp import named, told
from tests.pricing.tables import table

NOW = END_NS + 10**9
PRICED = table("""\
genai-cost: 1
providers:
  openai:
    models:
      nobodys:
        rows:
          - {from: 2026-01-01, to: 2026-07-20, prices: {input: 1, output: 2}}
          - {from: 2026-07-20, prices: {input: 3, output: 5}}
          - {from: 2026-07-20, when: {context_over: 1000}, prices: {input: 6, output: 9}}
""")


def books(*models: str, counts: tuple[int, int] = (1000, 10)) -> Ledger:
    """Calls to models, counted by a table that does not know them all."""
    ledger, enriching = Ledger(), enricher()
    for n, model in enumerate(models):
        said = call(
            b"%08d" % n,
            gen_ai__request__model=model,
            gen_ai__usage__input_tokens=counts[0],
            gen_ai__usage__output_tokens=counts[1],
        )
        ledger.add(enriching.enrich(request(said), TABLE, NOW).charges, NOW)
    return ledger


def caught_up(ledger: Ledger, by: PriceTable) -> list[int]:
    return list(ledger.catch_up(by, NOW))


def late(ledger: Ledger) -> dict[str, int]:
    found: dict[str, int] = {}
    for account in ledger.accounts:
        for status, atto_usd in account.late.items():
            found[status] = found.get(status, 0) + atto_usd
    return found


def test_a_price_that_comes_late_is_counted_once_and_said_to_be_late() -> None:
    ledger = books("nobodys", "gpt-4o", "nobodys")
    before = sum(account.atto_usd for account in ledger.accounts)
    own = 1000 * 3 * 10**12 + 10 * 5 * 10**12
    assert caught_up(ledger, PRICED) == [own, own]
    assert sum(account.atto_usd for account in ledger.accounts) == before + 2 * own
    assert late(ledger) == {Status.UNKNOWN_MODEL: 2 * own}
    assert ledger.unpriced == 0
    assert caught_up(ledger, PRICED) == []


def test_each_call_has_the_row_of_its_own_prompt() -> None:
    ledger = books("nobodys", counts=(1001, 10))
    assert caught_up(ledger, PRICED) == [1001 * 6 * 10**12 + 10 * 9 * 10**12]


def test_what_still_has_no_price_waits_on() -> None:
    ledger = books("nobodys", "nobody-else's")
    assert sum(caught_up(ledger, TABLE)) == 0
    assert ledger.unpriced == 2
    assert [cost > 0 for cost in caught_up(ledger, PRICED)] == [True, False]
    assert ledger.unpriced == 1


def test_neither_spans_nor_tokens_are_counted_again() -> None:
    ledger = books("nobodys")
    spans = [dict(account.spans) for account in ledger.accounts]
    tokens = [dict(account.tokens) for account in ledger.accounts]
    caught_up(ledger, PRICED)
    assert [dict(account.spans) for account in ledger.accounts if account.spans] == spans
    assert [dict(account.tokens) for account in ledger.accounts if account.tokens] == tokens


def test_what_cannot_be_true_has_no_price_to_wait_for() -> None:
    ledger, said = Ledger(), call(gen_ai__usage__input_tokens=-1)
    ledger.add(enricher().enrich(request(said), TABLE, NOW).charges, NOW)
    assert ledger.unpriced == 0


def test_an_estimate_that_was_left_standing_is_the_cost_already() -> None:
    said = call(gen_ai__request__model="nobodys", gen_ai__usage__cost=0.5)
    ledger = Ledger()
    ledger.add(enricher().enrich(request(said), TABLE, NOW).charges, NOW)
    assert ledger.unpriced == 0
    assert caught_up(ledger, PRICED) == []


def test_what_is_remembered_is_bounded() -> None:
    said = call(gen_ai__request__model="nobodys")
    (charge,) = enricher().enrich(request(said), TABLE, NOW).charges
    ledger = Ledger()
    ledger.add([charge] * (UNPRICED_LIMIT + 10), NOW)
    assert ledger.unpriced == UNPRICED_LIMIT


def test_what_is_pushed_out_is_said() -> None:
    said = call(gen_ai__request__model="nobodys")
    (charge,) = enricher().enrich(request(said), TABLE, NOW).charges
    ledger = Ledger()
    ledger.add([charge] * (UNPRICED_LIMIT + 10), NOW)
    assert ledger.unpriced_forgotten == 10


def test_a_call_on_its_way_while_the_prices_changed_is_known_to_be_behind() -> None:
    said = call(gen_ai__request__model="nobodys")
    charges = enricher().enrich(request(said), TABLE, NOW).charges
    ledger = Ledger()
    assert caught_up(ledger, PRICED) == []
    ledger.add(charges, NOW)
    assert ledger.behind("the new version")
    assert not ledger.behind(TABLE.version)
    assert len(caught_up(ledger, PRICED)) == 1
    assert not ledger.behind("the new version")


async def test_it_is_caught_up_with_without_another_reload() -> None:
    book = PriceBook(builtin=False)
    book.current = PriceTable(PRICED.layers, "new")
    ledger = Ledger()
    said = call(gen_ai__request__model="nobodys")
    async with asyncio.TaskGroup() as tasks:
        catching_up = tasks.create_task(CatchUp(ledger, book, lambda: NOW, again_s=0.01).run())
        ledger.add(enricher().enrich(request(said), TABLE, NOW).charges, NOW)
        await until(lambda: ledger.unpriced == 0)
        catching_up.cancel()
    assert set(late(ledger)) == {Status.UNKNOWN_MODEL}


class Torn:
    """A table whose every answer is a fault."""

    def quote(self, *_asked: object) -> NoReturn:
        raise ZeroDivisionError


def test_a_fault_in_pricing_loses_no_call() -> None:
    ledger = books("nobodys", "nobodys")
    assert caught_up(ledger, cast("PriceTable", Torn())) == [0, 0]
    assert ledger.unpriced == 2
    assert sum(caught_up(ledger, PRICED)) > 0


def test_it_leaves_over_otlp_and_starts_at_0() -> None:
    ledger = books("nobodys")
    view = OtlpView(ledger, version="test")
    told(view)
    caught_up(ledger, PRICED)
    said = [
        [
            p.as_double
            for one in named("genai_cost.late", *told(view))
            for p in one.sum.data_points
        ]
        for _ in range(2)
    ]
    assert said == [[0.0], [0.00305]]


@LAW
@given(st.lists(st.sampled_from(["nobodys", "gpt-4o", "nobody-else's", "bare"]), max_size=12))
def test_counters_are_the_spans_and_what_came_late(models: list[str]) -> None:
    """Reconciled: what the spans say and `genai_cost.late` add up to the counter.

    The tokens are those of the spans, once, in the series that a call without a price opened: what a
    counter has, it keeps, so over all sources the two are of the same calls.
    """
    ledger, enriching = Ledger(), enricher()
    on_spans = tokens = 0
    for n, model in enumerate(models):
        said = call(b"%08d" % n, gen_ai__request__model=model)
        enriched = enriching.enrich(request(said), TABLE, NOW)
        on_spans += atto_of(float(ours(enriched.body).get("gen_ai.usage.cost", 0.0)))
        tokens += sum(sum(charge.counts) for charge in enriched.charges)
        ledger.add(enriched.charges, NOW)
    caught_up(ledger, PRICED)
    total = sum(account.atto_usd for account in ledger.accounts)
    assert total == on_spans + sum(late(ledger).values())
    assert tokens == sum(sum(account.tokens.values()) for account in ledger.accounts)
    assert tokens == len(models) * (1420 + 380)
