"""The metrics page of a service that prints its calls, as `make run` starts it: the money is on it.

`prometheus: auto` leaves the costs to a metrics pipeline that exports them; `debug` exports nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.doubles.ports import free_ports
from tests.e2e.conftest import (
    GENAI_COST,
    eventually,
    get,
    llm_span,
    request_of,
    send,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.conftest import Program

CONFIG = """
receivers: {{otlp: {{protocols: {{grpc: {{endpoint: "127.0.0.1:{otlp}"}}}}}}}}
processors: {{genai_cost: {{}}}}
exporters: {{debug: {{}}}}
service:
  pipelines:
    traces: {{receivers: [otlp], processors: [genai_cost], exporters: [debug]}}
    metrics: {{receivers: [otlp], exporters: [debug]}}
    logs: {{receivers: [otlp], exporters: [debug]}}
  telemetry: {{metrics: {{address: "127.0.0.1:{page}"}}}}
"""


def test_costs_are_on_the_page_where_nothing_exports_them(
    start: Callable[..., Program], tmp_path: Path
) -> None:
    otlp, page = free_ports(2)
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(otlp=otlp, page=page))
    service = start(GENAI_COST, "run", "--config", config)
    url = f"http://127.0.0.1:{page}/metrics"
    eventually(lambda: get(url), f"the service to be ready: {service.said()}")
    send(otlp, request_of(llm_span(1)))
    lines = (get(url) or "").splitlines()
    costs = [line for line in lines if line.startswith("gen_ai_usage_cost_total{")]
    assert [line.rpartition(" ")[2] for line in costs] == ["0.00735"]
    assert "$0.00735" in service.said()
