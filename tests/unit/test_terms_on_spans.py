"""What was agreed on, on the spans and in the books: list prices, other money, whose call it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pricing import Adjustment, Exchange, PriceTable, Terms
from pricing.rates import Rate
from processor.metrics import Ledger
from tests.calls.traffic import CALL_ATTO, CALL_USD, COST, END_NS, call, enricher, ours, request
from tests.pricing.tables import table

if TYPE_CHECKING:
    from processor.wire.fields import Value

LAYERS = table("""
genai-cost: 1
providers:
  openai:
    models:
      gpt-4o: {prices: {input: 2.50, cache_read: 1.25, output: 10}}
  acme:
    currency: EUR
    models:
      llama: {prices: {input: 2, output: 4}}
""").layers
HALF = Adjustment(numerator=1, denominator=2)
EURO = Exchange("EUR", 11, 10)


def by(
    *adjustments: Adjustment, rates: tuple[Exchange, ...] = (), currency: str = ""
) -> PriceTable:
    return PriceTable(LAYERS, "test", None, Terms(adjustments, rates, currency))


def on_span(prices: PriceTable, **more: Any) -> dict[str, Value]:
    return ours(enricher().enrich(request(call(**more)), prices, END_NS).body)


def test_a_discount_has_the_list_cost_beside_it() -> None:
    found = on_span(by(HALF))
    assert (found[COST], found["list_cost"]) == (CALL_USD / 2, CALL_USD)
    assert (found["input"], found["output"]) == (0.001775, 0.0019)


def test_the_second_currency_stands_beside_the_dollars() -> None:
    found = on_span(by(rates=(EURO,), currency="EUR"))
    assert (found[COST], found["amount"], found["currency"]) == (
        CALL_USD,
        "0.006681818181818182",
        "EUR",
    )


def test_what_a_subscription_pays_for_costs_nothing_beside_its_list_price() -> None:
    """A plan's calls are not billed by the token: agreed on at nothing, what they would cost is kept."""
    free = tuple((name, Rate(0)) for name in ("input", "cache_read", "output"))
    plan = by(Adjustment(services=("editor",), prices=free))
    said = replace(call(), resource={"service.name": "editor"})
    enriched = enricher().enrich(request(said), plan, END_NS)
    found = ours(enriched.body)
    assert (found[COST], found["list_cost"], found["status"]) == (0.0, CALL_USD, "priced")
    assert [charge.atto_usd for charge in enriched.charges] == [0]
    (charge,) = enricher().enrich(request(call()), plan, END_NS).charges
    assert charge.atto_usd == CALL_ATTO


def test_prices_in_other_money_are_counted_in_dollars() -> None:
    prices = by(rates=(EURO,))
    said = call(gen_ai__provider__name="acme", gen_ai__request__model="llama")
    enriched = enricher().enrich(request(said), prices, END_NS)
    usd_atto = (1420 * 2 + 380 * 4) * 11 * 10**11
    assert [charge.atto_usd for charge in enriched.charges] == [usd_atto]
    assert ours(enriched.body)["currency"] == "EUR"


def test_without_a_rate_the_amount_stands_alone_and_no_dollar_is_counted() -> None:
    said = call(gen_ai__provider__name="acme", gen_ai__request__model="llama")
    enriched = enricher().enrich(request(said), by(), END_NS)
    assert ours(enriched.body) == {
        "status": "no_price_at_time",
        "amount": "0.00436",
        "currency": "EUR",
    }
    assert [charge.labels.source for charge in enriched.charges] == [""]


@pytest.mark.parametrize(
    ("rate", "amount"),
    [
        pytest.param(EURO, "0.454545454545454545", id="by the rate of its moment"),
        pytest.param(EURO._replace(since=END_NS + 1), None, id="no rate then"),
        pytest.param(EURO._replace(until=END_NS), None, id="no rate any more"),
        pytest.param(EURO._replace(currency="CHF"), None, id="another currency's rate"),
    ],
)
def test_a_gateways_charge_has_the_second_currency_beside_it_too(
    rate: Exchange, amount: str | None
) -> None:
    found = ours(
        enricher()
        .enrich(
            request(replace(call(gen_ai__usage__cost=0.5), scope="agentgateway")),
            by(HALF, rates=(rate,), currency="EUR"),
            END_NS,
        )
        .body
    )
    assert (found[COST], found["source"], found.get("amount"), found.get("currency")) == (
        0.5,
        "reported",
        amount,
        "EUR" if amount else None,
    )


def test_an_amount_that_came_with_the_span_is_replaced() -> None:
    found = on_span(
        by(rates=(EURO,), currency="EUR"), genai_cost__amount="9", genai_cost__currency="XXX"
    )
    assert found["currency"] == "EUR"


@pytest.mark.parametrize(
    ("rule", "resource", "share"),
    [
        pytest.param(HALF._replace(services=("shop",)), {"service.name": "shop"}, 2, id="its"),
        pytest.param(
            HALF._replace(services=("shop",)), {"service.name": "bar"}, 1, id="another"
        ),
        pytest.param(HALF._replace(services=("shop",)), {}, 1, id="nobody"),
        pytest.param(
            HALF._replace(environments=("prod*",)),
            {"deployment.environment.name": "production"},
            2,
            id="environment",
        ),
    ],
)
def test_whose_call_it_is_decides(
    rule: Adjustment, resource: dict[str, Value], share: int
) -> None:
    """With one enricher, so that no memo mixes one service's price with another's."""
    enriching, prices = enricher(), by(rule)
    for n in range(3):
        other = replace(call(b"%08d" % n), resource={"service.name": f"other-{n}"})
        (charge,) = enriching.enrich(request(other), prices, END_NS).charges
        assert charge.atto_usd == CALL_ATTO
        said = replace(call(b"own%05d" % n), resource=resource)
        (charge,) = enriching.enrich(request(said), prices, END_NS).charges
        assert charge.atto_usd == CALL_ATTO // share


def test_a_late_price_is_on_the_terms_of_its_own_service() -> None:
    prices = by(HALF._replace(services=("shop",)))
    said = replace(call(), resource={"service.name": "shop"})
    without = PriceTable((), "none", None, prices.terms)
    ledger = Ledger()
    ledger.add(enricher().enrich(request(said), without, END_NS).charges, END_NS)
    assert list(ledger.catch_up(prices, END_NS)) == [CALL_ATTO // 2]
