"""Configurations from outside: none at all, the environment's, and the bill exam's."""

from __future__ import annotations

import json
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from processor.errors import Code
from processor.model import Signal
from processor.wire import otlp_json
from tests.doubles.ports import free_ports
from tests.doubles.sink import Sink
from tests.doubles.web_sink import WebSink
from tests.service.calls import COST, GPT_4O_USD, chat, sent, spans_of, values
from tests.service.child import Child, Ports, command, logged, started
from tests.service.points import points
from tests.wire.senders import grpc_sender, post

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


@asynccontextmanager
async def embedded(folder: Path, **env: str) -> AsyncGenerator[Child]:
    """The service without a configuration file."""
    ports = Ports(*free_ports(4))
    argv = [sys.executable, str(Path(__file__).with_name("embedded.py"))]
    argv += [str(port) for port in ports]
    async with started(folder, ports, argv, ready=False, env=env) as child:
        await logged(child, "traces go to")
        yield child


async def test_without_a_configuration_each_priced_call_is_a_line(tmp_path: Path) -> None:
    async with embedded(tmp_path) as child, grpc_sender(child.ports.grpc) as sender:
        assert "keeps nothing" in child.said()
        mini = chat("gpt-4o-mini-2024-07-18", fresh=1000, output=100)
        calls = sent(chat(), mini, chat("a-model-that-nobody-sells"))
        assert (await sender.send(calls)).code is Code.OK
        assert (await post(child.ports.http, calls)).status == 200, "a retry, by the other door"
        lines = [line for line in child.said().splitlines() if " shop " in line]
        told = [" ".join(line.split()[2:]) for line in lines]
        assert [line.split(" openai/")[0] for line in told] == [
            "openai gpt-4o input=1420 output=380 $0.00735 priced",
            "openai gpt-4o-mini-2024-07-18 input=1000 output=100 $0.00021 priced",
            "openai a-model-that-nobody-sells input=1420 output=380 $- unknown_model",
        ]
        page = await child.page()
        total = page.total("gen_ai_usage_cost_total", gen_ai_request_model="gpt-4o")
        assert total == GPT_4O_USD
        assert await child.stop() == 0


async def test_the_environment_names_the_next_hop_of_all_signals(tmp_path: Path) -> None:
    async with Sink() as sink:
        there = f"http://{sink.endpoint}"
        async with (
            embedded(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=there) as child,
            grpc_sender(child.ports.grpc) as sender,
        ):
            assert (await sender.send(sent(chat()))).code is Code.OK
            for signal in (Signal.METRICS, Signal.LOGS):
                assert (await sender.send(signal=signal)).code is Code.OK
            (stamped,) = spans_of(sink.bodies[:1])
            assert values(stamped)[COST] == GPT_4O_USD
            assert await child.stop() == 0
        assert {arrival.signal for arrival in sink.arrivals} == set(Signal)


async def test_the_environment_may_name_a_next_hop_over_http(tmp_path: Path) -> None:
    async with WebSink() as sink:
        env = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
        }
        async with embedded(tmp_path, **env) as child, grpc_sender(child.ports.grpc) as sender:
            assert (await sender.send(sent(chat()))).code is Code.OK
            assert await child.stop() == 0
    traces = [each for each in sink.posted if each.path == "/v1/traces"]
    assert [each.headers["content-type"] for each in traces] == ["application/json"]
    body = otlp_json.to_protobuf(json.loads(traces[0].body), Signal.TRACES)
    assert [values(one)[COST] for one in spans_of([body])] == [GPT_4O_USD]


CASE: Final = "exam.case"
LITELLM: Final = {
    "gpt-4o": {
        "input_cost_per_token": 3e-06,
        "output_cost_per_token": 1.25e-05,
        "litellm_provider": "openai",
        "mode": "chat",
    }
}


def of_the_exam(ports: Ports, sink: str, prices: Path) -> dict[str, Any]:
    """The shape of `config()` in the bill exam."""

    def pipe(**more: Any) -> dict[str, Any]:
        return {"receivers": ["otlp"], **more, "exporters": ["otlp"]}

    listen = {"endpoint": f"127.0.0.1:{ports.grpc}", "max_recv_msg_size_mib": 64}
    return {
        "receivers": {"otlp": {"protocols": {"grpc": listen}}},
        "processors": {
            "genai_cost": {
                "pricing": {
                    "builtin": False,
                    "sources": [{"file": str(prices), "format": "litellm"}],
                },
                "attribution": {"inherit": [], "wait": "2s"},
                "metrics": {
                    "interval": "1s",
                    "temporality": "cumulative",
                    "dimensions": [CASE],
                    "cardinality_limit": 20000,
                },
            }
        },
        "exporters": {"otlp": {"endpoint": sink, "tls": {"insecure": True}}},
        "service": {
            "extensions": ["health_check"],
            "pipelines": {
                "traces": pipe(processors=["genai_cost"]),
                "metrics": pipe(),
                "logs": pipe(),
            },
            "telemetry": {
                "metrics": {"address": f"127.0.0.1:{ports.page}"},
                "logs": {"level": "info"},
            },
        },
        "extensions": {"health_check": {"endpoint": f"127.0.0.1:{ports.health}"}},
    }


async def test_the_exams_configuration_splits_counters_by_a_resource_attribute(
    tmp_path: Path,
) -> None:
    ports, prices = Ports(*free_ports(4)), tmp_path / "prices.json"
    prices.write_text(json.dumps(LITELLM))
    async with Sink() as sink:
        argv = command(tmp_path, of_the_exam(ports, sink.endpoint, prices))
        async with (
            started(tmp_path, ports, argv) as child,
            grpc_sender(ports.grpc) as sender,
        ):
            for case, times in {"one": 1, "two": 2}.items():
                body = sent(*(chat() for _ in range(times)), resource={CASE: case})
                assert (await sender.send(body)).code is Code.OK
            assert not (await child.page()).series("gen_ai_usage_cost_total"), "OTLP has it"
            assert await child.stop() == 0
        exported = [each.body for each in sink.arrivals if each.signal is Signal.METRICS]
        cost = 1420 * 3e-06 + 380 * 1.25e-05
        for case, times in {"one": 1, "two": 2}.items():
            said = points(exported, COST, exam_case=case)
            assert said[-1].value == times * cost
            assert said[0].value == 0
