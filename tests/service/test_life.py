"""From start to end: ports, health, a drain that loses nothing, an exit status that says how it went."""

# grpc's stubs leave the message types of its generics open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AGGREGATION_TEMPORALITY_CUMULATIVE,
    AGGREGATION_TEMPORALITY_DELTA,
)

from processor.errors import RETRYABLE, Code
from processor.model import Signal
from processor.service import DRAIN_S
from tests.doubles.ports import free_ports
from tests.doubles.sink import Sink
from tests.doubles.until import until
from tests.service.calls import COST, GPT_4O_USD, PRICES, chat, sent, spans_of, values
from tests.service.child import (
    PATIENCE_S,
    Child,
    Ports,
    command,
    configuration,
    eventually,
    hop,
    logged,
    started,
)
from tests.service.points import points
from tests.wire.senders import grpc_sender, post

if TYPE_CHECKING:
    from pathlib import Path

HEALTH = "/grpc.health.v1.Health/Check"
SETTINGS_TYPE, GOAWAY_TYPE = 4, 7
SETTINGS_FRAME = bytes([0, 0, 0, SETTINGS_TYPE, 0, 0, 0, 0, 0])
SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"


async def test_a_stop_under_load_loses_nothing(tmp_path: Path) -> None:
    """What is in flight is answered, the last metrics leave, and the exit status is 0."""
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(hop(tmp_path, metrics={"interval": "1h"}))
        sink, child = service.sink, service.child
        await service.send(sent(chat()))
        sink.hold()
        async with asyncio.TaskGroup() as tasks:
            replies = [tasks.create_task(service.send(sent(chat()))) for _ in range(8)]
            posts = [tasks.create_task(service.post(sent(chat()))) for _ in range(4)]
            await sink.reach(waiting=12)
            child.signal(signal.SIGTERM)
            await logged(child, "stopping")
            assert (await child.get(child.ports.health)) == (503, '{"status":"stopping"}\n')
            sink.release()
        assert {reply.result().code for reply in replies} == {Code.OK}
        assert {post.result() for post in posts} == {200}
        assert await child.ended() == 0
        assert all(COST in values(one) for one in spans_of(service.bodies()))
        cost = points(service.bodies(Signal.METRICS), COST)
        assert [point.value for point in cost] == [0, pytest.approx(13 * GPT_4O_USD)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_an_idle_service_ends_at_once(tmp_path: Path, number: signal.Signals) -> None:
    async with hop(tmp_path) as service:
        service.child.signal(number)
        async with asyncio.timeout(5):
            assert await service.child.ended() == 0
        assert "Traceback" not in service.child.said()


async def test_it_serves_on_for_the_shutdown_delay(tmp_path: Path) -> None:
    """Not ready from the signal on, and open until a second one, which need not wait for the rest."""
    async with AsyncExitStack() as stack:
        child, sink = await _delayed(stack, tmp_path, "1h")
        sender = await stack.enter_async_context(grpc_sender(child.ports.grpc))
        child.signal(signal.SIGTERM)
        await logged(child, "not ready any more, serving on for 3600 s")
        assert await child.get(child.ports.health) == (503, '{"status":"stopping"}\n')
        async with grpc_sender(child.ports.grpc) as late:
            assert (await late.send(sent(chat()))).code is Code.OK
        assert (await sender.send(sent(chat()))).code is Code.OK
        assert (await post(child.ports.http, sent(chat()))).status == 200
        child.signal(signal.SIGTERM)
        async with asyncio.timeout(DRAIN_S + 4):
            assert await child.ended() == 0
    assert len([each for each in sink.arrivals if each.signal is Signal.TRACES]) == 3


async def test_the_shutdown_delay_ends_by_itself(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        child, _ = await _delayed(stack, tmp_path, "300ms")
        async with asyncio.timeout(DRAIN_S + 4):
            assert await child.stop() == 0
        said = child.said()
        assert said.index("serving on for 0.3 s") < said.index("stopping: requests in flight")


async def _delayed(stack: AsyncExitStack, folder: Path, delay: str) -> tuple[Child, Sink]:
    ports = Ports(*free_ports(4))
    (folder / "prices.yaml").write_text(PRICES)
    sink = await stack.enter_async_context(Sink())
    config = configuration(ports, sink.endpoint, folder / "prices.yaml")
    config["service"]["shutdown_delay"] = delay
    child = await stack.enter_async_context(started(folder, ports, command(folder, config)))
    return child, sink


async def test_a_connection_at_rest_is_told_to_go_elsewhere(tmp_path: Path) -> None:
    """HTTP/2's GOAWAY, read off the wire: a client without it would send into a closed door."""
    async with hop(tmp_path) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.child.ports.grpc)
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SETTINGS_FRAME)
        assert await _frame(reader) == SETTINGS_TYPE
        service.child.signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            while await _frame(reader) != GOAWAY_TYPE:
                pass
        writer.close()
        assert await service.child.ended() == 0


async def _frame(reader: asyncio.StreamReader) -> int:
    """The type of the next frame (RFC 9113, 4.1); raises at the end of the connection."""
    head = await reader.readexactly(9)
    await reader.readexactly(int.from_bytes(head[:3], "big"))
    return head[3]


async def test_a_next_hop_that_is_away_does_not_hold_the_end(tmp_path: Path) -> None:
    """The last metrics can go nowhere; that is said, and it ends all the same."""
    ports, (nobody,) = Ports(*free_ports(4)), free_ports(1)
    (tmp_path / "prices.yaml").write_text(PRICES)
    config = configuration(ports, f"127.0.0.1:{nobody}", tmp_path / "prices.yaml")
    async with started(tmp_path, ports, command(tmp_path, config)) as child:
        async with grpc_sender(ports.grpc) as sender:
            assert (await sender.send(sent(chat()))).code is Code.UNAVAILABLE
        async with asyncio.timeout(12):
            assert await child.stop() == 0


async def test_a_next_hop_that_hangs_does_not_hold_the_end(tmp_path: Path) -> None:
    """It takes requests and metrics and never answers: everything together ends with the drain time."""
    async with hop(tmp_path, metrics={"interval": "1h"}) as service:
        await service.send(sent(chat()))
        service.sink.hold()
        async with asyncio.TaskGroup() as tasks:
            by_grpc = tasks.create_task(service.sender.send(sent(chat()), timeout_s=60))
            by_http = tasks.create_task(service.post(sent(chat())))
            await service.sink.reach(waiting=2)
            async with asyncio.timeout(DRAIN_S + 4):
                assert await service.child.stop() == 0
        assert by_grpc.result().code in RETRYABLE
        assert by_http.result() == 503
        assert "Traceback" not in service.child.said()


async def test_retries_end_when_the_service_stops(tmp_path: Path) -> None:
    """What waits to be sent again is given back to its senders at once, with the next hop's words."""
    ports, (nobody,) = Ports(*free_ports(4)), free_ports(1)
    (tmp_path / "prices.yaml").write_text(PRICES)
    config = configuration(ports, f"127.0.0.1:{nobody}", tmp_path / "prices.yaml")
    config["exporters"]["otlp_grpc"]["retry_on_failure"] = {"initial_interval": "2m"}
    async with (
        started(tmp_path, ports, command(tmp_path, config)) as child,
        grpc_sender(ports.grpc) as sender,
        asyncio.TaskGroup() as tasks,
    ):
        sending = tasks.create_task(sender.send(sent(chat()), timeout_s=None))
        await logged(child, "is asked again in")
        assert await child.stop() == 0
        reply = await sending
    assert reply.code is Code.UNAVAILABLE


async def test_every_exporter_of_metrics_has_a_temporality_of_its_own(tmp_path: Path) -> None:
    ports = Ports(*free_ports(4))
    (tmp_path / "prices.yaml").write_text(PRICES)
    async with Sink() as one, Sink() as other:
        config = configuration(ports, one.endpoint, tmp_path / "prices.yaml")
        config["processors"]["genai_cost"]["metrics"]["temporality"] = "delta"
        config["exporters"]["otlp_grpc/sums"] = {
            "endpoint": other.endpoint,
            "tls": {"insecure": True},
            "temporality": "cumulative",
        }
        metrics = config["service"]["pipelines"]["metrics"]
        metrics["exporters"] = ["otlp_grpc", "otlp_grpc/sums"]
        argv = command(tmp_path, config)
        async with started(tmp_path, ports, argv) as child, grpc_sender(ports.grpc) as sender:
            for _ in range(3):
                assert (await sender.send(sent(chat()))).code is Code.OK
                before = len(_metrics(one))
                await until(lambda: len(_metrics(one)) > before)  # noqa: B023 - awaited here
            assert await child.stop() == 0
    deltas, sums = (_cost_points(sink) for sink in (one, other))
    assert [value for _, value in deltas] == [pytest.approx(GPT_4O_USD)] * 3
    assert {temporality for temporality, _ in deltas} == {AGGREGATION_TEMPORALITY_DELTA}
    assert {temporality for temporality, _ in sums} == {AGGREGATION_TEMPORALITY_CUMULATIVE}
    assert sums[-1][1] == pytest.approx(3 * GPT_4O_USD)


def _metrics(sink: Sink) -> list[bytes]:
    return [each.body for each in sink.arrivals if each.signal is Signal.METRICS]


def _cost_points(sink: Sink) -> list[tuple[int, float]]:
    """Temporality and value of each point of the cost, in the order they came."""
    return [
        (metric.sum.aggregation_temporality, point.as_double)
        for body in _metrics(sink)
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == COST
        for point in metric.sum.data_points
    ]


async def test_every_word_of_ours_is_a_line_of_the_log(tmp_path: Path) -> None:
    """Also from deep inside: the metrics' way out fails, and is well again."""
    ports = Ports(*free_ports(4))
    (tmp_path / "prices.yaml").write_text(PRICES)
    (port,) = free_ports(1)
    config = configuration(ports, f"127.0.0.1:{port}", tmp_path / "prices.yaml")
    config["service"]["telemetry"]["logs"] = {"encoding": "json"}
    argv = command(tmp_path, config)
    async with started(tmp_path, ports, argv) as child, grpc_sender(ports.grpc) as sender:
        async with Sink(port):
            assert (await sender.send(sent(chat()))).code is Code.OK
        await logged(child, "could not be sent")
        async with Sink(port):
            await logged(child, "reach otlp_grpc again")
        lines = [line for line in child.said().splitlines() if "derived metrics" in line]
    assert [json.loads(line)["level"] for line in lines] == ["warning", "info"]


async def test_health_is_told_over_http_and_grpc(tmp_path: Path) -> None:
    async with hop(tmp_path) as service:
        child, sink = service.child, service.sink
        assert await child.get(child.ports.health) == (200, '{"status":"ready"}\n')
        async with grpc.aio.insecure_channel(f"127.0.0.1:{child.ports.grpc}") as channel:
            check: Any = channel.unary_unary(HEALTH, None, None)
            assert await check(b"") == SERVING
            watch: Any = channel.unary_stream("/grpc.health.v1.Health/Watch", None, None)
            states = watch(b"")
            assert await states.read() == SERVING
            sink.hold()
            async with asyncio.TaskGroup() as tasks:
                last = tasks.create_task(service.send(sent(chat())))
                await sink.reach(waiting=1)
                child.signal(signal.SIGTERM)
                assert await states.read() == NOT_SERVING
                sink.release()
            assert last.result().code is Code.OK
        assert await child.ended() == 0


async def test_it_is_not_ready_before_its_prices_are(tmp_path: Path) -> None:
    """Whenever health says 200, a call is priced."""
    ports = Ports(*free_ports(4))
    (tmp_path / "prices.yaml").write_text(PRICES)
    async with Sink() as sink:
        config = configuration(ports, sink.endpoint, tmp_path / "prices.yaml")
        argv = command(tmp_path, config)
        async with started(tmp_path, ports, argv, ready=False) as child:
            seen: list[int] = []

            async def look() -> bool:
                seen.append((await child.get(ports.health))[0])
                return seen[-1] == 200

            await eventually(look)
            assert set(seen) <= {0, 503, 200}
            async with grpc_sender(ports.grpc) as sender:
                assert (await sender.send(sent(chat()))).code is Code.OK
            assert values(next(spans_of(sink.bodies)))[COST] == GPT_4O_USD


SETTINGS = {
    "grpc": "receivers.otlp.protocols.grpc.endpoint",
    "http": "receivers.otlp.protocols.http.endpoint",
    "health": "extensions.health_check.endpoint",
    "page": "service.telemetry.metrics",
}


def not_started(folder: Path, config: dict[str, Any]) -> str:
    """The error lines of a service that cannot start."""
    ran = subprocess.run(  # noqa: S603
        command(folder, config), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    return "\n".join(line for line in ran.stderr.splitlines() if line.startswith("error: "))


@pytest.mark.parametrize(
    ("host", "family", "address"),
    [
        pytest.param("127.0.0.1", socket.AF_INET, "127.0.0.1", id="whole"),
        pytest.param("localhost", socket.AF_INET, "127.0.0.1", id="first-half"),
        pytest.param("localhost", socket.AF_INET6, "::1", id="second-half"),
    ],
)
@pytest.mark.parametrize("which", SETTINGS)
def test_a_port_that_is_taken_is_named_with_its_setting(
    tmp_path: Path, which: str, host: str, family: socket.AddressFamily, address: str
) -> None:
    ports = Ports(*free_ports(4))
    (tmp_path / "prices.yaml").write_text(PRICES)
    config = configuration(ports, "127.0.0.1:9", tmp_path / "prices.yaml")
    port = getattr(ports, which)
    text = json.dumps(config).replace(f"127.0.0.1:{port}", f"{host}:{port}")
    with socket.socket(family) as holder:
        try:
            holder.bind((address, port))
        except OSError:
            pytest.skip(f"no {address} on this machine")
        holder.listen()
        error = not_started(tmp_path, json.loads(text))
    assert error.startswith(f"error: {SETTINGS[which]}")
    assert f"{host}:{port} is taken" in error


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_ourselves_as_next_hop_is_an_error(tmp_path: Path, name: str) -> None:
    ports = Ports(*free_ports(4))
    (tmp_path / "prices.yaml").write_text(PRICES)
    config = configuration(ports, f"{name}:{ports.grpc}", tmp_path / "prices.yaml")
    assert "exporters.otlp_grpc.endpoint" in not_started(tmp_path, config)


async def test_a_pipeline_that_is_left_out_does_not_exist(tmp_path: Path) -> None:
    ports = Ports(*free_ports(4))
    (tmp_path / "prices.yaml").write_text(PRICES)
    async with Sink() as sink:
        config = configuration(ports, sink.endpoint, tmp_path / "prices.yaml")
        del config["service"]["pipelines"]["logs"]
        argv = command(tmp_path, config)
        async with started(tmp_path, ports, argv), grpc_sender(ports.grpc) as sender:
            refused = await sender.send(signal=Signal.LOGS)
            assert refused.code is Code.UNIMPLEMENTED
            assert (await sender.send(sent(chat()))).code is Code.OK
            await until(lambda: len(sink.bodies) > 0)
