"""OpenTelemetry's own exporters in front of the service: every span arrives, once, with its cost.

Python's run here, Node.js's in a program of their own; each over gRPC and HTTP, and in JSON where there is one.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import pytest_asyncio
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as ByGrpc
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as ByHttp
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind

from processor.model import Signal
from tests.doubles.ports import free_ports
from tests.doubles.sink import Sink
from tests.e2e.conftest import from_environment, programs
from tests.e2e.drivers.driven import DRIVERS
from tests.e2e.sandwich import GRPC, HOST, HTTP, between
from tests.service.calls import COST, spans_of, values
from tests.service.child import Ports

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from opentelemetry.sdk.trace.export import SpanExporter

pytestmark = pytest.mark.asyncio(loop_scope="session")
COUNT: Final = 1000
COSTS: Final = {
    f"call {number}": (2.5 * number + 10 * 2 * number) / 1e6 for number in range(1, COUNT + 1)
}
"""At the built-in prices of gpt-4o: 2.50 USD for a million in, 10 for a million out."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[tuple[Ports, Sink]]:
    folder, ports = tmp_path_factory.mktemp("exporters"), Ports(*free_ports(4))
    doors = [GRPC.receiver(ports.grpc, folder), HTTP.receiver(ports.http, folder)]
    receiver = {"protocols": doors[0]["protocols"] | doors[1]["protocols"]}
    async with Sink() as sink:
        exporters = {GRPC.kind: GRPC.exporter(sink.port, folder)}
        async with between(folder / "service", ports, receiver, exporters):
            yield ports, sink


@pytest.fixture
def arrived(service: tuple[Ports, Sink]) -> Callable[[], dict[str, object]]:
    """What arrived since: the cost of each span by its name."""
    _, sink = service
    sink.arrivals.clear()

    def costs() -> dict[str, object]:
        bodies = (one.body for one in sink.arrivals if one.signal is Signal.TRACES)
        spans = list(spans_of(bodies))
        found: dict[str, object] = {span.name: values(span).get(COST) for span in spans}
        assert len(found) == len(spans), "a span arrived twice"
        return found

    return costs


def calls(exporter: SpanExporter) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("an.application", "1.2.3")
    for number in range(1, COUNT + 1):
        said: dict[str, str | int] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": number,
            "gen_ai.usage.output_tokens": 2 * number,
        }
        with tracer.start_as_current_span(f"call {number}", None, SpanKind.CLIENT, said):
            pass
    provider.shutdown()


def by_grpc(ports: Ports) -> SpanExporter:
    return ByGrpc(endpoint=f"http://{HOST}:{ports.grpc}", insecure=True)


def by_http(ports: Ports) -> SpanExporter:
    return ByHttp(endpoint=f"http://{HOST}:{ports.http}/v1/traces")


@pytest.mark.filterwarnings("ignore")  # theirs
@pytest.mark.parametrize("made", [by_grpc, by_http])
async def test_pythons_exporters(
    service: tuple[Ports, Sink],
    arrived: Callable[[], dict[str, object]],
    made: Callable[[Ports], SpanExporter],
) -> None:
    ports, _ = service
    await asyncio.to_thread(calls, made(ports))
    assert arrived() == COSTS


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("protocol", ["grpc", "proto", "http"])
async def test_nodes_exporters(
    service: tuple[Ports, Sink],
    arrived: Callable[[], dict[str, object]],
    tmp_path: Path,
    protocol: str,
    compression: str,
) -> None:
    """`http` is their name of HTTP with JSON."""
    driver = Path(from_environment("GENAI_COST_NODE_EXPORTERS"))
    if not (driver / ".installed").exists():
        pytest.skip("NO NODE: `make e2e` installs its exporters where there is npm or PyPI")
    ports, _ = service
    script = tmp_path / "otlp_exporters.mjs"
    script.write_text((DRIVERS / script.name).read_text())
    (tmp_path / "node_modules").symlink_to(driver / "node_modules")
    port = ports.grpc if protocol == "grpc" else ports.http
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{HOST}:{port}",
        "OTEL_EXPORTER_OTLP_COMPRESSION": compression,
        "no_proxy": HOST,
    }
    with programs(tmp_path) as start:
        program = start(driver / "bin" / "node", script, protocol, str(COUNT), env=env)
        assert await asyncio.to_thread(program.process.wait, 60) == 0, program.said()
    assert arrived() == COSTS
