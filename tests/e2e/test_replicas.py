"""Two replicas behind a real Collector that spreads traces over them, by the file that `deploy/` has.

    client --> Collector, loadbalancing --> genai-cost, genai-cost --> sink

What the counters of both come to is what was spent, however often spans are sent.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.doubles.ports import free_ports
from tests.e2e.conftest import (
    GENAI_COST,
    eventually,
    get,
    llm_span,
    request_of,
    send,
    values_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Program, Sink

FILE = Path(__file__).parents[2] / "deploy" / "collector" / "load-balancing.yaml"
CALLS, TIMES = 60, 3
CALL_USD = 0.00735


def replica(folder: Path, number: int, next_port: int, workers: int) -> tuple[Path, int, int]:
    """Its file, where it takes traces, and where its page is."""
    grpc, page, health = free_ports(3)
    path = folder / f"replica-{number}.yaml"
    config: dict[str, Any] = {
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": f"127.0.0.1:{grpc}"}}}},
        "processors": {"genai_cost": {}},
        "exporters": {
            "otlp_grpc": {"endpoint": f"127.0.0.1:{next_port}", "tls": {"insecure": True}}
        },
        "extensions": {"health_check": {"endpoint": f"127.0.0.1:{health}"}},
        "service": {
            "extensions": ["health_check"],
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "processors": ["genai_cost"],
                    "exporters": ["otlp_grpc"],
                }
            },
            "telemetry": {"metrics": {"address": f"127.0.0.1:{page}"}},
            "workers": workers,
        },
    }
    path.write_text(yaml.safe_dump(config))
    return path, grpc, page


def spent(page: int) -> float:
    """What one replica says was spent."""
    text = get(f"http://127.0.0.1:{page}/metrics") or ""
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "gen_ai_usage_cost_total"
    )


@pytest.mark.parametrize("workers", [1, 2], ids=["one-process", "two-workers"])
def test_calls_sent_again_count_once_over_two_replicas(
    collector: Path, sink: Sink, start: Callable[..., Program], tmp_path: Path, workers: int
) -> None:
    if "load_balancing" not in start_and_read(start, collector):
        pytest.skip("NO load_balancing in this Collector: `make e2e` builds one that has it")
    pages: list[int] = []
    otlp_grpc, otlp_http, own_page = free_ports(3)
    env = {
        "OTLP_GRPC": f"127.0.0.1:{otlp_grpc}",
        "OTLP_HTTP": f"127.0.0.1:{otlp_http}",
        "OTELCOL_METRICS_PORT": str(own_page),
    }
    for number in range(2):
        path, grpc, page = replica(tmp_path, number, sink.port, workers)
        start(GENAI_COST, "run", "--config", path)
        eventually(lambda: get(f"http://127.0.0.1:{page}/statusz"), "the replica")  # noqa: B023 - called here
        env[f"REPLICA_{number}"] = f"127.0.0.1:{grpc}"
        pages.append(page)
    start(collector, "--config", FILE, env=env)
    spans = [llm_span(serial) for serial in range(1, CALLS + 1)]
    for _ in range(TIMES):
        for at in range(0, CALLS, 7):
            send(otlp_grpc, request_of(*spans[at : at + 7]))
    eventually(lambda: len(sink.spans()) >= TIMES * CALLS, "all spans to arrive")
    exactly = pytest.approx(CALLS * CALL_USD)
    eventually(lambda: sum(map(spent, pages)) == exactly, "all calls to be counted")
    assert all(spent(page) > 0 for page in pages)
    stamps: dict[bytes, set[str]] = {}
    for span in sink.spans():
        stamps.setdefault(span.span_id, set()).add(str(sorted(values_of(span).items())))
    assert len(stamps) == CALLS
    assert all(len(stamp) == 1 for stamp in stamps.values())


def start_and_read(start: Callable[..., Program], collector: Path) -> str:
    """The components that this Collector says it has."""
    program = start(collector, "components")
    program.process.wait(20)
    return " ".join(re.findall(r"name: (\S+)", program.said()))
