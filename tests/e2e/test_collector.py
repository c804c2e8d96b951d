"""A real Collector before and behind the service, on the files that `deploy/` gives to users.

    client --> Collector --> genai-cost --> the same Collector --> sink

What arrives is what was sent, with the costs added and nothing else changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

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

FILES = Path(__file__).parents[2] / "deploy" / "collector"
ADDED = ("gen_ai.usage.cost", "genai_cost.")


@dataclass
class Chain:
    """The two programs' settings; the Collector can be started before the service or after it."""

    env: dict[str, str]
    start: Callable[..., Program]
    collector: Path
    door: int

    def start_both(self) -> Program:
        """The usual order, as in a pod: the service is there when the Collector first asks."""
        program = self.start_service()
        self.start_collector()
        return program

    def start_collector(self) -> None:
        self.start(self.collector, "--config", FILES / "otelcol.yaml", env=self.env)

    def start_service(self) -> Program:
        program = self.start(
            GENAI_COST, "run", "--config", FILES / "genai-cost.yaml", env=self.env
        )
        eventually(
            lambda: get(f"http://{self.env['GENAI_COST_HEALTH']}/"), "the service to be ready"
        )
        return program


@pytest.fixture
def chain(collector: Path, sink: Sink, start: Callable[..., Program]) -> Chain:
    names = (
        "OTLP_GRPC",
        "OTLP_HTTP",
        "PRICED_GRPC",
        "GENAI_COST_GRPC",
        "GENAI_COST_HEALTH",
        "GENAI_COST_METRICS",
        "OTELCOL_METRICS_PORT",
    )
    env = {
        name: f"127.0.0.1:{port}"
        for name, port in zip(names, free_ports(len(names)), strict=True)
    }
    door = int(env["OTLP_GRPC"].rpartition(":")[2])
    env["OTELCOL_METRICS_PORT"] = env["OTELCOL_METRICS_PORT"].rpartition(":")[2]
    env |= {"BACKEND_GRPC": f"127.0.0.1:{sink.port}", "BACKEND_INSECURE": "true"}
    return Chain(env, start, collector, door)


def bare(span: Span) -> bytes:
    """A span without what the service adds, in one fixed order of bytes."""
    copy = Span()
    copy.CopyFrom(span)
    kept = [one for one in copy.attributes if not one.key.startswith(ADDED)]
    del copy.attributes[:]
    copy.attributes.extend(kept)
    copy.status.SetInParent()  # a Collector writes the empty status that the sender left out
    return copy.SerializeToString(deterministic=True)


def test_one_span_passes_a_collector_each_side_and_gets_its_cost(
    chain: Chain, sink: Sink
) -> None:
    chain.start_both()
    send(chain.door, request_of(llm_span(1)))
    arrived = eventually(sink.spans, "the span to arrive")
    assert [values_of(span)["gen_ai.usage.cost"] for span in arrived] == [0.00735]


def test_everything_arrives_once_and_as_it_was_sent(chain: Chain, sink: Sink) -> None:
    chain.start_both()
    plain = [
        Span(trace_id=b"t" * 16, span_id=n.to_bytes(8, "big"), name=f"GET /{n}")
        for n in range(1, 400)
    ]
    calls = [llm_span(n, fresh=n, output=2 * n) for n in range(1000, 1400)]
    sent = [*plain, *calls]
    for at in range(0, len(sent), 100):
        send(chain.door, request_of(*sent[at : at + 100]))
    eventually(lambda: len(sink.spans()) >= len(sent), "all spans to arrive")
    arrived = sink.spans()
    assert sorted(map(bare, arrived)) == sorted(map(bare, sent))
    assert sum("gen_ai.usage.cost" in values_of(span) for span in arrived) == len(calls)


def test_what_is_sent_while_the_service_is_away_waits_in_the_collectors_queue(
    chain: Chain, sink: Sink
) -> None:
    chain.start_collector()
    send(chain.door, request_of(llm_span(2)))
    chain.start_service()
    arrived = eventually(sink.spans, "the span to arrive after all")
    assert [values_of(span)["gen_ai.usage.cost"] for span in arrived] == [0.00735]


def test_the_service_ends_well_behind_a_collector(chain: Chain, sink: Sink) -> None:
    program = chain.start_both()
    send(chain.door, request_of(llm_span(3)))
    eventually(sink.spans, "the span to arrive")
    assert program.stop() == 0, program.said()
