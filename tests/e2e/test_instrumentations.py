"""Published instrumentations, set up as docs/instrumentations.md says, through the running service.

The stand-in provider's own books say what each call cost; spans, counters and the document have to
say the same. `make drive` installs each one into an environment of its own.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.doubles.ports import free_ports
from tests.e2e.conftest import (
    GENAI_COST,
    eventually,
    from_environment,
    get,
    next_hop,
    programs,
)
from tests.e2e.drivers.driven import (
    COST,
    DOCUMENT,
    DRIVERS,
    RECIPES,
    STATUS,
    Driven,
    Recipe,
    hand,
)
from tests.e2e.drivers.provider import stand_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.drivers.provider import Books

PRICE_FILE: Final = """
genai-cost: 1
providers:
  openai:
    models:
      gpt-4o: {prices: {input: 2.31, cache_read: 1.13, output: 9.71}}
      gpt-4o-2024-08-06: {prices: {input: 2.31, cache_read: 1.13, output: 9.71}}
      gpt-5-mini: {prices: {input: 0.37, cache_read: 0.041, output: 2.39}}
      gpt-5-mini-2025-08-07: {prices: {input: 0.37, cache_read: 0.041, output: 2.39}}
      text-embedding-3-small: {mode: embedding, prices: {input: 0.023}}
"""
CONFIG: Final = """
receivers:
  otlp:
    protocols: {{grpc: {{endpoint: "127.0.0.1:{grpc}"}}, http: {{endpoint: "127.0.0.1:{http}"}}}}
processors:
  genai_cost:
    pricing: {{sources: [{{file: prices.yaml}}]}}
    metrics: {{prometheus: "on"}}
exporters:
  otlp_grpc: {{endpoint: "127.0.0.1:{hop}", tls: {{insecure: true}}}}
  debug:
service:
  pipelines:
    traces: {{receivers: [otlp], processors: [genai_cost], exporters: [otlp_grpc]}}
    metrics: {{receivers: [otlp], exporters: [debug]}}
    logs: {{receivers: [otlp], exporters: [debug]}}
  telemetry: {{metrics: {{address: "127.0.0.1:{page}"}}}}
"""


def program(recipe: Recipe, folder: Path, books: Books, at: Path) -> list[str | Path]:
    """The command of an application of this instrumentation, its set-up written out as documented."""
    if recipe.block("javascript"):
        setup, calls = at / "setup.mjs", at / f"{recipe.name}_calls.mjs"
        setup.write_text(recipe.block("javascript"))
        calls.write_text((DRIVERS / calls.name).read_text())
        (at / "node_modules").symlink_to(folder / "node_modules")
        return [folder / "bin" / "node", calls, books.base_url, setup]
    setup = at / "setup.py"
    setup.write_text(recipe.block("python"))
    own = DRIVERS / f"{recipe.name}_calls.py"
    calls = own if own.exists() else DRIVERS / "openai_calls.py"
    return [folder / "bin" / "python", calls, books.base_url, setup]


@pytest.fixture(scope="module", params=list(RECIPES.values()), ids=list(RECIPES))
def driven(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Driven]:
    recipe: Recipe = request.param
    drivers = from_environment("GENAI_COST_DRIVERS")
    folder = Path(drivers, recipe.name)
    if not drivers or not (folder / ".installed").exists():
        pytest.skip(
            f"NO DRIVER: `make drive` installs {recipe.name} and sets GENAI_COST_DRIVERS"
        )
    at = tmp_path_factory.mktemp(recipe.name)
    with stand_in() as books, next_hop() as hop, programs(at) as start:
        grpc, http, page = free_ports(3)
        (at / "prices.yaml").write_text(PRICE_FILE)
        config = at / "config.yaml"
        config.write_text(CONFIG.format(grpc=grpc, http=http, page=page, hop=hop.port))
        service = start(GENAI_COST, "run", "--config", config)
        url = f"http://127.0.0.1:{page}/metrics"
        eventually(lambda: get(url), f"the service to be ready: {service.said()}")
        application = start(
            *program(recipe, folder, books, at), env=recipe.environment(grpc, http)
        )
        ended = application.process.wait(timeout=120)
        assert ended == 0, application.said()
        yield Driven(recipe, books, hop.spans(), get(url) or "")


def test_each_call_costs_what_the_provider_counted(driven: Driven) -> None:
    assert driven.costs() == driven.hand()


def test_the_counters_say_the_same_sums(driven: Driven) -> None:
    priced = [call for call in driven.told() if hand(call) is not None]
    usd, tokens = Counter[str](), Counter[str]()
    for call in priced:
        usd[call.model] += hand(call) or 0.0  # type: ignore[assignment]
    for call in driven.told():
        tokens["input"] += call.prompt - call.cached
        tokens["cache_read"] += call.cached
        tokens["output"] += call.output
    models = "gen_ai_response_model", "gen_ai_request_model"  # not all tell which one answered
    counted = driven.counted("gen_ai_usage_cost_total", *models)
    assert counted == pytest.approx(dict(usd), rel=1e-12)
    assert set(driven.counted("gen_ai_usage_cost_total", "service_name")) == {"shop"}
    assert driven.counted("genai_cost_request_cost_count", "service_name")["shop"] == len(
        priced
    )
    classes = driven.counted("genai_cost_tokens_total", "genai_cost_token_class")
    classes["output"] += classes.pop(
        "reasoning", 0
    )  # a part of it, counted apart where it is told
    assert classes == tokens


UNPRICED: Final = {
    "refused": "no_usage",
    "stream-without-usage": "no_usage",
    "inhouse": "unknown_model",
}


def test_what_can_not_be_priced_says_why_and_is_never_free(driven: Driven) -> None:
    expected = {label: {why} for label, why in UNPRICED.items() if label in driven.hand()}
    said = {
        label: {str(values[STATUS]) for values in spans if STATUS in values}
        - {"aggregate", "duplicate"}
        for label, spans in driven.by_label().items()
        if label in expected
    }
    assert said == expected


def test_the_document_names_the_attributes_that_are_there(driven: Driven) -> None:
    there = {key for spans in driven.by_label().values() for span in spans for key in span}
    (table,) = re.findall(
        r"^\| what \|.*?(?=\n\n)", driven.recipe.text, re.MULTILINE | re.DOTALL
    )
    named = set(re.findall(r"`([a-z_]+\.[a-z0-9_.]+)`", table))
    assert named - there == set()
    counts = {key for key in there if "usage" in key or "token_count" in key} - {COST}
    assert counts - named == set()


def test_what_repeats_a_call_says_so(driven: Driven) -> None:
    """One span of each call that was told is billed; the others are known for what they are."""
    statuses = {
        label: Counter(str(values[STATUS]) for values in spans if STATUS in values)
        for label, spans in driven.by_label().items()
    }
    for label, calls in Counter(call.label for call in driven.told()).items():
        said = statuses[label]
        duplicates, sums = said.pop("duplicate", 0), said.pop("aggregate", 0)
        twice = driven.recipe.name == "two_at_once"
        outer = (
            driven.recipe.name == "vercel_ai"
        )  # a sum above each call, or its echo above embeddings
        assert said.total() == calls, label
        assert duplicates + sums == (calls if twice else 1 if outer else 0), label
        assert bool(sums) == (outer and label != "embeddings"), label


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_the_document_installs_what_is_driven(recipe: Recipe) -> None:
    (line,) = re.findall(r"^(?:pip|npm) install (.*)$", recipe.block("sh"), re.MULTILINE)
    pins = (
        json.loads((DRIVERS / recipe.name / "package.json").read_text())["dependencies"]
        if line.startswith("ai ")
        else (DRIVERS / f"{recipe.name}.txt").read_text().split()
    )
    pinned = {re.split(r"[=\[]", str(pin))[0].lower() for pin in pins}
    named = {re.split(r"[<=\[]", word.strip("'"))[0] for word in line.split()}
    assert named - pinned == set()


TRIED: Final = {
    "semconv": "opentelemetry-instrumentation-genai-openai==",
    "openai_v2": "opentelemetry-instrumentation-openai-v2==",
    "openllmetry": "opentelemetry-instrumentation-openai==",
    "openinference": "openinference-instrumentation-openai==",
    "openlit": "openlit==",
    "pydantic_ai": "pydantic-ai-slim==",
    "vercel_ai": '"ai": "',
}


def test_the_document_names_the_versions_that_are_driven() -> None:
    rows = re.findall(r"^\| [^|]+ \| (\d[\w.]*) \|", DOCUMENT.read_text(), re.MULTILINE)
    pins = {
        name: (
            DRIVERS / f"{name}.txt" if name != "vercel_ai" else DRIVERS / name / "package.json"
        )
        for name in TRIED
    }
    pinned = [
        re.findall(rf"{re.escape(TRIED[name])}([\w.]+)", path.read_text())
        for name, path in pins.items()
    ]
    assert [[row] for row in rows] == pinned
