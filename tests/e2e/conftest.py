"""What the end-to-end tests share: programs started on free ports of loopback, and a next hop.

Every program here is the real one: the installed `genai-cost`, a real Collector where the environment
names one (GENAI_COST_OTELCOL, set by `make e2e`). What was started is ended, and its ending is checked.
"""

# grpc's stubs leave the message types of its generics open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service
from opentelemetry.proto.trace.v1.trace_pb2 import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

T = TypeVar("T")
Values = dict[str, str | int | float]

GENAI_COST = Path(sys.executable).with_name("genai-cost")
TRACE_SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"
PATIENCE_S = 20.0


def from_environment(name: str) -> str:
    """One of the switches that `make e2e` sets."""
    return os.environ.get(name, "")  # noqa: TID251


def eventually(look: Callable[[], T | None], what: str) -> T:
    """The first answer of `look` that is something; fails after a while."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)
    pytest.fail(f"waited {PATIENCE_S:.0f} s for {what}")


def get(url: str) -> str | None:
    """A page's text, or None as long as it does not answer with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # loopback
            return str(answer.read().decode())
    except OSError:
        return None


def values_of(span: Span) -> Values:
    """A span's attributes of the kinds that matter here."""
    return {
        one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value")
        for one in span.attributes
    }


@dataclass
class Program:
    """A started program and what it says."""

    process: subprocess.Popen[str]
    log: Path

    def said(self) -> str:
        """Everything it printed so far."""
        return self.log.read_text()

    def stop(self) -> int:
        """Ends it as an operator would, and gives its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE_S)


@dataclass
class Sink:
    """A next hop that keeps what it gets."""

    port: int = 0
    requests: list[service.ExportTraceServiceRequest] = field(
        default_factory=list[service.ExportTraceServiceRequest]
    )

    def take(
        self, request: service.ExportTraceServiceRequest, _: grpc.ServicerContext
    ) -> service.ExportTraceServiceResponse:
        """Answers one export."""
        self.requests.append(request)
        return service.ExportTraceServiceResponse()

    def spans(self) -> list[Span]:
        """All spans that arrived, in order."""
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@contextlib.contextmanager
def next_hop() -> Generator[Sink]:
    """A next hop on a port of its own, until the block is left."""
    server = grpc.server(ThreadPoolExecutor(2))
    taken = Sink()
    export = grpc.unary_unary_rpc_method_handler(
        taken.take,
        service.ExportTraceServiceRequest.FromString,
        service.ExportTraceServiceResponse.SerializeToString,
    )
    handler = grpc.method_handlers_generic_handler(TRACE_SERVICE, {"Export": export})
    server.add_generic_rpc_handlers((handler,))
    taken.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield taken
    finally:
        server.stop(None).wait()


@pytest.fixture
def sink() -> Iterator[Sink]:
    with next_hop() as taken:
        yield taken


@contextlib.contextmanager
def programs(folder: Path) -> Generator[Callable[..., Program]]:
    """Starts programs with an environment of their own; all are ended, the last one first."""
    started: list[Program] = []

    def run(*command: str | Path, env: Mapping[str, str] | None = None) -> Program:
        log = folder / f"program-{len(started)}.log"
        clean = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}  # noqa: TID251
        with log.open("w") as out:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=folder,  # not in the checkout: what is installed is what is tested
                env=clean | {key: str(value) for key, value in (env or {}).items()},
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
            )
        started.append(Program(process, log))
        return started[-1]

    try:
        yield run
    finally:
        for program in reversed(started):
            if program.process.poll() is None:
                program.process.terminate()
                program.process.wait(PATIENCE_S)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    with programs(tmp_path) as run:
        yield run


@pytest.fixture
def collector() -> Path:
    """The real Collector, or a loud word that there is none."""
    binary = from_environment("GENAI_COST_OTELCOL")
    if not binary:
        pytest.skip("NO COLLECTOR: `make e2e` builds one and sets GENAI_COST_OTELCOL")
    return Path(binary)


def send(
    port: int, request: service.ExportTraceServiceRequest
) -> service.ExportTraceServiceResponse:
    """One OTLP export over gRPC; raises what the receiver answers."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        export = channel.unary_unary(
            f"/{TRACE_SERVICE}/Export",
            service.ExportTraceServiceRequest.SerializeToString,
            service.ExportTraceServiceResponse.FromString,
        )
        answer: service.ExportTraceServiceResponse = export(
            request, timeout=PATIENCE_S, wait_for_ready=True
        )
        return answer


def request_of(*spans: Span) -> service.ExportTraceServiceRequest:
    """A request as an SDK of a service in production would send it."""
    request = service.ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    for key, value in {
        "service.name": "shop",
        "deployment.environment.name": "production",
    }.items():
        resource.resource.attributes.add(key=key).value.string_value = value
    resource.scope_spans.add().spans.extend(spans)
    return request


def llm_span(
    serial: int, model: str = "gpt-4o", *, fresh: int = 1420, output: int = 380
) -> Span:
    """A call to a model that ended just now, in the names of OpenTelemetry's conventions."""
    now = time.time_ns()
    span = Span(
        trace_id=serial.to_bytes(16, "big"),
        span_id=serial.to_bytes(8, "big"),
        name=f"chat {model}",
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=now - 1_000_000,
        end_time_unix_nano=now,
    )
    texts = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": model,
        "gen_ai.response.id": f"resp-{serial}",
    }
    for key, text in texts.items():
        span.attributes.add(key=key).value.string_value = text
    for key, count in {
        "gen_ai.usage.input_tokens": fresh,
        "gen_ai.usage.output_tokens": output,
    }.items():
        span.attributes.add(key=key).value.int_value = count
    return span
