"""The demo against the running service: what `make run` and `make demo` show to a stranger.

The demo's own tally, the spans that came out behind and the metrics page have to tell the same story.
"""

from __future__ import annotations

import math
import os
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.doubles.ports import free_ports
from tests.e2e.conftest import (
    GENAI_COST,
    eventually,
    from_environment,
    get,
    values_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    from tests.e2e.conftest import Program, Sink

DEMO = Path(__file__).parents[2] / "deploy" / "demo"
CONFIG = """
receivers: {{otlp: {{protocols: {{grpc: {{endpoint: "127.0.0.1:{otlp}"}}}}}}}}
processors: {{genai_cost: {{attribution: {{inherit: [user.id, user.tier]}}, metrics: {{prometheus: "on"}}}}}}
exporters: {{otlp_grpc: {{endpoint: "127.0.0.1:{sink}", tls: {{insecure: true}}}}}}
service:
  pipelines: {{traces: {{receivers: [otlp], processors: [genai_cost], exporters: [otlp_grpc]}}}}
  telemetry: {{metrics: {{address: "127.0.0.1:{page}"}}}}
"""


@dataclass
class Shown:
    """What is to be seen after a run of the demo."""

    said: str
    spans: list[Span]
    page: str

    def series(self, name: str) -> list[tuple[dict[str, str], float]]:
        return [
            (sample.labels, sample.value)
            for family in text_string_to_metric_families(self.page)
            for sample in family.samples
            if sample.name == name
        ]


@pytest.fixture
def shown(sink: Sink, start: Callable[..., Program], tmp_path: Path) -> Shown:
    python = from_environment("GENAI_COST_DEMO_PYTHON")
    if not python:
        pytest.skip("NO DEMO: `make e2e` installs it and sets GENAI_COST_DEMO_PYTHON")
    otlp, page = free_ports(2)
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(otlp=otlp, sink=sink.port, page=page))
    service = start(GENAI_COST, "run", "--config", config)
    metrics = f"http://127.0.0.1:{page}/metrics"
    eventually(lambda: get(metrics), f"the service to be ready: {service.said()}")
    endpoint = f"http://127.0.0.1:{otlp}"
    ran = subprocess.run(
        [python, DEMO, "--endpoint", endpoint, "--metrics", metrics],
        env=dict(os.environ) | {"HTTP_PROXY": "http://127.0.0.1:9"},  # noqa: TID251  # not to be used
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    seen = Shown(ran.stdout, sink.spans(), get(metrics) or "")
    assert service.stop() == 0, service.said()
    return seen


def test_the_demo_is_priced(shown: Shown) -> None:
    tally = {
        model: int(count)
        for count, model in re.findall(r"^ +(\d+) x \S+ +(\S+)$", shown.said, re.MULTILINE)
    }
    once = {span.span_id: values_of(span) for span in shown.spans}.values()
    asked = "gen_ai.request.model", "llm.request.model_name"
    priced = Counter(
        next(str(values[key]) for key in asked if key in values)
        for values in once
        if "gen_ai.usage.cost" in values
    )
    assert priced == {
        model: count for model, count in tally.items() if model != "inhouse-summary-7b"
    }

    on_spans = sum(
        float(values["gen_ai.usage.cost"]) for values in once if "gen_ai.usage.cost" in values
    )
    counted = shown.series("gen_ai_usage_cost_total")
    assert math.isclose(sum(value for _, value in counted), on_spans, rel_tol=1e-12)
    assert {labels["service_name"] for labels, _ in counted} == {
        "checkout-assistant",
        "help-desk",
        "search-indexer",
        "research-agent",
    }

    unknown = [
        value
        for labels, value in shown.series("genai_cost_spans_total")
        if labels["genai_cost_status"] == "unknown_model"
    ]
    assert sum(unknown) == tally["inhouse-summary-7b"]


def test_without_a_service_the_demo_says_what_to_start() -> None:
    python = from_environment("GENAI_COST_DEMO_PYTHON")
    if not python:
        pytest.skip("NO DEMO: `make e2e` installs it and sets GENAI_COST_DEMO_PYTHON")
    (nobody,) = free_ports(1)
    endpoint = f"http://127.0.0.1:{nobody}"
    ran = subprocess.run(
        [python, DEMO, "--endpoint", endpoint], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "make run" in ran.stderr
