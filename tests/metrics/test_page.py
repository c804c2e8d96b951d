"""The page: parsed by prometheus_client, true for people, a first 0 for every scraper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families as parsed_text
from prometheus_client.registry import Collector

from processor.metrics import Ledger, Page
from processor.metrics.labels import label_name, labels_text
from processor.metrics.page import SCRAPER
from processor.model import Origin, Status
from processor.receive.metrics_page import metrics_page
from processor.telemetry import Telemetry
from tests.metrics.calls import LAW, NOW, S, charge, labels, unpriced

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from processor.model import Charge

PERSON: dict[str, str] = {}
PROMETHEUS = {SCRAPER: "10"}
OPENMETRICS = {"accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
HOLD_S = 15.0
COST = "gen_ai_usage_cost_total"

Labels = frozenset[tuple[str, str]]


def page_of(
    *charges: Charge, costs: bool = True, dimensions: tuple[str, ...] = ()
) -> tuple[Ledger, Page]:
    ledger = Ledger(dimensions=dimensions, instance_id="replica-1")
    ledger.add(charges, NOW)
    return ledger, Page(ledger, Telemetry(), hold_s=HOLD_S, costs=costs)


def families(
    page: Page, headers: Mapping[str, str] = PERSON, now_s: float = 0
) -> dict[str, Metric]:
    answer = page.answer(headers, now_s)
    body = answer.body.decode()
    found: Iterable[Metric] = (
        cast("Iterable[Metric]", openmetrics.text_string_to_metric_families(body))  # type: ignore[no-untyped-call]
        if "openmetrics" in answer.content_type
        else parsed_text(body)
    )
    return {family.name: family for family in found}


def samples(
    page: Page, name: str, headers: Mapping[str, str] = PERSON, now_s: float = 0
) -> dict[Labels, float]:
    return {
        frozenset(one.labels.items()): one.value
        for family in families(page, headers, now_s).values()
        for one in family.samples
        if one.name == name
    }


def cost(page: Page, headers: Mapping[str, str] = PERSON, now_s: float = 0) -> float:
    return sum(samples(page, COST, headers, now_s).values())


@pytest.mark.parametrize("accept", [PERSON, OPENMETRICS], ids=["text", "openmetrics"])
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("gen_ai_usage_cost", "counter"),
        ("genai_cost_tokens", "counter"),
        ("genai_cost_request_cost", "histogram"),
        ("genai_cost_spans", "counter"),
        ("genai_cost_model_first_seen_seconds", "gauge"),
        ("genai_cost_process_uptime", "counter"),
        ("genai_cost_process_memory_rss", "gauge"),
    ],
)
def test_a_family_has_its_name_and_kind(accept: dict[str, str], name: str, kind: str) -> None:
    _, page = page_of(charge())
    assert families(page, accept)[name].type == kind


def test_a_sample_carries_labels_of_the_collectors_translation() -> None:
    _, page = page_of(charge(labels(dimensions=("gold",))), dimensions=("user.tier",))
    assert samples(page, COST) == {
        frozenset(
            {
                "gen_ai_operation_name": "chat",
                "gen_ai_provider_name": "openai",
                "gen_ai_request_model": "gpt-4o",
                "gen_ai_response_model": "gpt-4o-2024-08-06",
                "genai_cost_source": "computed",
                "service_name": "shop",
                "deployment_environment_name": "production",
                "user_tier": "gold",
                "genai_cost_instance_id": "replica-1",
            }.items()
        ): 0.00735
    }


def test_tokens_and_spans_are_split() -> None:
    _, page = page_of(charge(), unpriced())
    tokens = samples(page, "genai_cost_tokens_total")
    priced = {dict(one)["genai_cost_token_class"]: n for one, n in tokens.items()}
    assert priced == {"input": 1420, "output": 380}
    spans = samples(page, "genai_cost_spans_total")
    assert {dict(one)["genai_cost_status"]: n for one, n in spans.items()} == {
        "priced": 1,
        "unknown_model": 1,
    }


def test_the_histogram_is_cumulative_and_adds_up() -> None:
    _, page = page_of(charge(), charge(usd="12"))
    name = "genai_cost_request_cost"
    buckets = {dict(one)["le"]: n for one, n in samples(page, f"{name}_bucket").items()}
    assert [buckets[le] for le in ("0.003", "0.01", "10.0", "30.0", "+Inf")] == [0, 1, 1, 2, 2]
    assert list(samples(page, f"{name}_count").values()) == [2]
    assert list(samples(page, f"{name}_sum").values()) == [12.00735]


def test_two_versions_of_a_service_are_one_series() -> None:
    """A page has no resources, and Prometheus refuses a sample that comes twice."""
    versions = [
        Origin("shop", "", (("service.name", "shop"), ("service.version", version)))
        for version in ("1", "2")
    ]
    _, page = page_of(*(charge(labels(origin=one)) for one in versions))
    assert page.answer(PERSON, 0).body.decode().count(f"\n{COST}{{") == 1
    assert cost(page) == 0.0147


def test_costs_are_on_the_page_only_when_told() -> None:
    _, page = page_of(charge(), costs=False)
    found = families(page)
    assert "gen_ai_usage_cost" not in found
    assert "genai_cost_process_uptime" in found


def test_a_scraper_sees_a_new_series_as_0_until_the_hold_is_over() -> None:
    ledger, page = page_of(charge())
    seen = [cost(page, PROMETHEUS, now) for now in (100.0, 107.0, 114.9, 115.0)]
    assert seen == [0, 0, 0, 0.00735]
    ledger.add([charge()], NOW)
    assert cost(page, PROMETHEUS, 115.1) == 0.0147


def test_a_second_replica_sees_the_0_as_well() -> None:
    _, page = page_of(charge())
    scrapes = [("a", 0.0), ("b", 9.0), ("a", 15.0), ("b", 24.0)]
    seen = [(who, cost(page, PROMETHEUS, now)) for who, now in scrapes]
    assert seen == [("a", 0), ("b", 0), ("a", 0.00735), ("b", 0.00735)]


def test_a_person_sees_true_values_and_uses_nothing_up() -> None:
    _, page = page_of(charge())
    assert cost(page, PERSON, 0) == 0.00735
    assert cost(page, PROMETHEUS, 100) == 0


def test_a_restarted_scraper_sees_no_false_reset() -> None:
    _, page = page_of(charge())
    seen = [cost(page, PROMETHEUS, now) for now in (0.0, 15.0, 9000.0, 9015.0)]
    assert seen == [0, 0.00735, 0.00735, 0.00735]


def test_a_new_status_of_a_known_label_set_starts_at_0_and_the_rest_stays() -> None:
    ledger, page = page_of(charge())
    page.answer(PROMETHEUS, 0)
    page.answer(PROMETHEUS, 20)
    ledger.add([charge(status=Status.PRICED_FALLBACK)], NOW)
    seen = samples(page, "genai_cost_spans_total", PROMETHEUS, 21)
    by_status = {dict(one)["genai_cost_status"]: n for one, n in seen.items()}
    assert by_status == {"priced": 1, "priced_fallback": 0}
    assert cost(page, PROMETHEUS, 21) == 0.0147


@LAW
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.floats(0, 20)), max_size=20
    )
)
def test_no_scraper_ever_sees_a_series_fall(steps: list[tuple[str, int, float]]) -> None:
    ledger, page = page_of()
    now_s, last = 0.0, dict[Labels, float]()
    for model, calls, pause_s in steps:
        ledger.add([charge(labels(model))] * calls, NOW)
        now_s += pause_s
        seen = samples(page, COST, PROMETHEUS, now_s)
        assert all(seen[one] >= value for one, value in last.items())
        last = seen


class One(Collector):
    """A registry's collector of one family."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> Iterable[Metric]:
        return [self._family]


@LAW
@given(st.text(), st.text(max_size=5))
def test_any_label_value_reads_back_as_prometheus_client_would_write_it(
    model: str, tier: str
) -> None:
    of = labels(model, response_model="", dimensions=(tier,))
    ledger, page = page_of(charge(of), dimensions=("user.tier",))
    family = CounterMetricFamily("gen_ai_usage_cost", "Cost of calls to models in US dollars.")
    attributes = {label_name(key): value for key, value in ledger.accounts[0].attributes}
    family.add_sample("gen_ai_usage_cost_total", attributes, 0.00735)
    registry = CollectorRegistry()
    registry.register(One(family))
    theirs = generate_latest(registry).decode()
    assert page.answer(PERSON, 0).body.decode().startswith(theirs)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        pytest.param("gen_ai.request.model", "gen_ai_request_model", id="dots"),
        pytest.param("user-tier/é", "user_tier__", id="whatever-is-not-allowed"),
        pytest.param("1st", "key_1st", id="a-digit-first"),
        pytest.param("le", "exported_le", id="the-histograms-own"),
    ],
)
def test_a_key_becomes_a_name(key: str, name: str) -> None:
    assert label_name(key) == name


def test_two_keys_of_one_name_share_a_label() -> None:
    assert labels_text((("a.b", "x"), ("a_b", 'y"'))) == 'a_b="x;y\\""'


async def got(page: Page, path: str = "/metrics", **headers: str) -> tuple[int, str]:
    """What a GET of *path* is answered."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": raw}
    await metrics_page(page)(scope, receive, send)
    return sent[0]["status"], sent[1]["body"].decode()


@pytest.mark.parametrize(
    ("headers", "usd"),
    [
        pytest.param({}, 0.00735, id="a-person"),
        pytest.param({"x_prometheus_scrape_timeout_seconds": "10"}, 0, id="a-scraper"),
    ],
)
async def test_a_scraper_is_known_by_its_header(headers: dict[str, str], usd: float) -> None:
    _, page = page_of(charge())
    status, body = await got(page, **headers)
    found = [one.value for of in parsed_text(body) for one in of.samples if one.name == COST]
    assert (status, found) == (200, [usd])


async def test_other_paths_say_where_the_page_is() -> None:
    _, page = page_of()
    status, words = await got(page, path="/")
    assert status == 404
    assert words.startswith("the metrics are at /metrics, ")


def test_the_books_are_among_the_services_own_metrics() -> None:
    _, page = page_of(charge(), unpriced(Status.DUPLICATE), unpriced(Status.DUPLICATE))
    names = ("duplicates_total", "metrics_label_sets", "metrics_overflowed_spans_total")
    found = [list(samples(page, f"genai_cost_{name}").values()) for name in names]
    assert found == [[2], [2], [0]]


def test_the_first_call_of_a_model_is_on_the_page() -> None:
    _, page = page_of(charge())
    assert list(samples(page, "genai_cost_model_first_seen_seconds").values()) == [NOW / S]
