"""Next hops as the settings have them: what the log says of one that refuses."""

from __future__ import annotations

import pytest

from processor.assembly import next_hops
from processor.errors import Refusal
from processor.model import Batch, Signal, Terms
from processor.settings import loads
from processor.telemetry import Telemetry

NOWHERE = """
receivers: {{otlp: {{protocols: {{grpc: {{}}}}}}}}
processors: {{genai_cost: {{}}}}
exporters:
  otlp_grpc:
    endpoint: "127.0.0.1:1"
    tls: {{insecure: true}}
    retry_on_failure: {{enabled: false}}
    sending_queue: {{{queue}}}
service: {{pipelines: {{traces: {{receivers: [otlp], processors: [genai_cost], exporters: [otlp_grpc]}}}}}}
"""


@pytest.mark.parametrize(
    ("queue", "fate"),
    [
        ("wait_for_result: true", "senders may try again"),
        ("wait_for_result: false", "its senders were told that it was taken"),
    ],
)
async def test_the_log_says_what_senders_were_told(
    queue: str, fate: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = loads(NOWHERE.format(queue=queue), "config.yaml", {})
    hop = next_hops(settings, "a-test", Telemetry()).by_signal[Signal.TRACES]
    async with hop:
        try:
            await hop.send(Batch(Signal.TRACES, b"", items=1), Terms())
        except Refusal:
            assert "wait_for_result: true" in queue
    assert f"otlp_grpc refuses ({fate})" in caplog.text
