"""The whole service with other exporters than gRPC, and several at once."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from processor.errors import Code
from processor.model import Signal
from processor.wire import otlp_json
from tests.doubles.ports import free_ports
from tests.doubles.sink import Sink
from tests.doubles.until import until
from tests.doubles.web_sink import Told, WebSink
from tests.service.calls import COST, GPT_4O_USD, PRICES, chat, sent, spans_of, values
from tests.service.child import Ports, command, configuration, started
from tests.wire.senders import grpc_sender, post

if TYPE_CHECKING:
    from pathlib import Path


def costs(bodies: list[bytes]) -> list[Any]:
    return [values(one)[COST] for one in spans_of(bodies)]


async def test_every_kind_of_next_hop_gets_what_was_priced(tmp_path: Path) -> None:
    """One refuses: its sender hears it, the others have the data; then all take it."""
    ports, file = Ports(*free_ports(4)), tmp_path / "otlp.jsonl"
    (tmp_path / "prices.yaml").write_text(PRICES)
    async with Sink() as grpc, WebSink() as proto, WebSink() as text:
        config = configuration(ports, grpc.endpoint, tmp_path / "prices.yaml")
        config["exporters"] |= {
            "otlp_http": {"endpoint": proto.url, "compression": "zstd"},
            "otlphttp/json": {
                "traces_endpoint": f"{text.url}/in?key=1",
                "encoding": "json",
                "retry_on_failure": {"enabled": False},
            },
            "file": {"path": str(file)},
        }
        every = ["otlp_grpc", "otlp_http", "otlphttp/json", "file"]
        config["service"]["pipelines"]["traces"]["exporters"] = every
        config["service"]["pipelines"]["metrics"]["exporters"] = ["otlp_http"]
        argv = command(tmp_path, config)
        async with started(tmp_path, ports, argv) as child, grpc_sender(ports.grpc) as sender:
            text.told = Told(503, b"", {"retry-after": "3"})
            reply = await post(ports.http, sent(chat()))
            assert (reply.status, reply.headers["retry-after"]) == (503, "3")
            text.told = Told()
            assert (await sender.send(sent(chat()))).code is Code.OK
            await until(lambda: any(each.path == "/v1/metrics" for each in proto.posted))
            assert await child.stop() == 0
            assert f"otlp_http at {proto.url} (plaintext, compression zstd)" in child.said()
            assert "key=1" not in child.said()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    by_hop = [
        [each.body for each in grpc.arrivals if each.signal is Signal.TRACES],
        [each.body for each in proto.posted if each.path == "/v1/traces"],
        [otlp_json.to_protobuf(json.loads(body), Signal.TRACES) for body in text.bodies],
        [otlp_json.to_protobuf(line, Signal.TRACES) for line in lines],
    ]
    assert [costs(bodies) for bodies in by_hop] == [[GPT_4O_USD] * 2] * 4


async def test_one_that_is_away_does_not_hold_the_others_where_each_has_its_queue(
    tmp_path: Path,
) -> None:
    """The sender hears yes, the one that is there has all at once, the other has it once it comes."""
    ports, (late_port,) = Ports(*free_ports(4)), free_ports(1)
    (tmp_path / "prices.yaml").write_text(PRICES)
    queued = {
        "tls": {"insecure": True},
        "sending_queue": {"queue_size": 100, "num_consumers": 1},
        "retry_on_failure": {"initial_interval": "50ms", "max_interval": "100ms"},
    }
    bodies = [sent(chat()) for _ in range(20)]
    async with Sink() as there:
        config = configuration(ports, there.endpoint, tmp_path / "prices.yaml")
        config["exporters"] = {
            "otlp_grpc": queued | {"endpoint": there.endpoint},
            "otlp_grpc/away": queued | {"endpoint": f"127.0.0.1:{late_port}"},
        }
        config["service"]["pipelines"] = {
            "traces": config["service"]["pipelines"]["traces"]
            | {"exporters": ["otlp_grpc", "otlp_grpc/away"]}
        }
        argv = command(tmp_path, config)
        async with started(tmp_path, ports, argv) as child, grpc_sender(ports.grpc) as sender:
            for body in bodies:
                assert (await sender.send(body)).code is Code.OK
            await until(lambda: len(there.taken) == len(bodies))
            page = await child.page()
            waiting = page.total("genai_cost_exporter_queue_size", exporter="otlp_grpc/away")
            assert waiting == len(bodies)
            async with Sink(port=late_port) as late:
                await until(lambda: len(late.taken) == len(bodies))
                assert sorted(late.taken) == sorted(there.taken)
                assert await child.stop() == 0


async def test_small_requests_leave_as_one_and_each_is_priced_counted_and_answered(
    tmp_path: Path,
) -> None:
    ports = Ports(*free_ports(4))
    (tmp_path / "prices.yaml").write_text(PRICES)
    async with Sink() as sink:
        config = configuration(ports, sink.endpoint, tmp_path / "prices.yaml")
        config["exporters"]["otlp_grpc"]["sending_queue"] = {
            "wait_for_result": True,
            "batch": {"flush_timeout": "60s", "min_size": 20},
        }
        argv = command(tmp_path, config)
        async with started(tmp_path, ports, argv) as child, grpc_sender(ports.grpc) as sender:
            replies = await asyncio.gather(*[sender.send(sent(chat())) for _ in range(20)])
            assert {reply.code for reply in replies} == {Code.OK}
            page = await child.page()
            assert page.total("genai_cost_spans_total", genai_cost_status="priced") == 20
            assert (
                page.total("genai_cost_exporter_sent_spans_total", exporter="otlp_grpc") == 20
            )
            assert await child.stop() == 0
    traces = [each.body for each in sink.arrivals if each.signal is Signal.TRACES]
    assert costs(traces) == [GPT_4O_USD] * 20
    assert len(traces) == 1
