"""The real service as a child process, with a real next hop, on free ports of loopback.

It is started as an operator would, ended by its own pid, and its ending is looked at.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import yaml
from prometheus_client.parser import text_string_to_metric_families

from processor.model import Signal
from tests.doubles.ports import free_ports
from tests.doubles.sink import Sink
from tests.doubles.until import until
from tests.service.calls import PRICES, spans_of, values
from tests.wire.senders import GrpcReply, GrpcSender, grpc_sender, post

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    from tests.service.calls import Value

PATIENCE_S: Final = 20.0
SCRAPE: Final = {"x-prometheus-scrape-timeout-seconds": "10"}


class Ports(NamedTuple):
    """Where one service listens."""

    grpc: int
    http: int
    health: int
    page: int


@dataclass
class Child:
    """A started service, and what it says."""

    process: subprocess.Popen[bytes]
    log: Path
    ports: Ports

    def said(self) -> str:
        """Everything it wrote so far, to stdout and stderr."""
        return self.log.read_text()

    async def get(self, port: int, path: str = "/") -> tuple[int, str]:
        """A page's status and text; (0, "") where nobody listens."""
        try:
            reply = await post(port, path=path, method="GET", headers={})
        except OSError:
            return 0, ""
        return reply.status, reply.body.decode()

    async def page(self, *, scraper: bool = False) -> Samples:
        """What the metrics page shows a person, or a scraper."""
        headers = SCRAPE if scraper else {}
        reply = await post(self.ports.page, path="/metrics", method="GET", headers=headers)
        return Samples.of(reply.body.decode())

    async def ready(self) -> None:
        """Return once it says that it is ready."""

        async def look() -> bool:
            assert self.process.poll() is None, self.said()
            status, _ = await self.get(self.ports.health)
            return status == 200

        await eventually(look)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    async def ended(self) -> int:
        """Its exit status, once it has one."""
        return await asyncio.to_thread(self.process.wait, PATIENCE_S)

    async def stop(self) -> int:
        """End it as an operator would."""
        self.signal(signal.SIGTERM)
        return await self.ended()


class Samples:
    """A metrics page, read by Prometheus's own parser."""

    def __init__(self, found: Mapping[str, Sequence[tuple[Mapping[str, str], float]]]) -> None:
        self._found = found

    @classmethod
    def of(cls, text: str) -> Samples:
        """The samples on a page."""
        found: dict[str, list[tuple[Mapping[str, str], float]]] = defaultdict(list)
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found[sample.name].append((sample.labels, sample.value))
        return cls(found)

    def series(self, name: str, **labels: str) -> list[tuple[Mapping[str, str], float]]:
        """The series of a name that carry these labels."""
        return [
            (has, value)
            for has, value in self._found.get(name, ())
            if has.items() >= labels.items()
        ]

    def total(self, name: str, **labels: str) -> float | None:
        """Their sum; None where there is no such series."""
        found = self.series(name, **labels)
        return sum(value for _, value in found) if found else None


@dataclass
class Hop:
    """A service with its next hop behind it and a sender before it."""

    child: Child
    sink: Sink
    sender: GrpcSender
    prices: Path

    async def send(self, body: bytes, signal: Signal = Signal.TRACES) -> GrpcReply:
        """One request over gRPC."""
        return await self.sender.send(body, signal=signal)

    async def post(self, body: bytes, path: str = "/v1/traces") -> int:
        """One request over HTTP; the status."""
        return (await post(self.child.ports.http, body, path=path)).status

    def bodies(self, signal: Signal = Signal.TRACES) -> list[bytes]:
        """What arrived at the next hop."""
        return [each.body for each in self.sink.arrivals if each.signal is signal]

    async def priced(self, body: bytes) -> list[Span]:
        """Send a traces request; its spans as the next hop has them."""
        reply = await self.send(body)
        assert reply.code.name == "OK", reply
        return list(spans_of(self.bodies()[-1:]))

    async def stamps(self, body: bytes) -> list[dict[str, Value]]:
        """Send a traces request; the attributes of its spans as the next hop has them."""
        return [values(one) for one in await self.priced(body)]


async def eventually(look: Callable[[], Awaitable[bool]]) -> None:
    """Return once *look* answers yes."""
    async with asyncio.timeout(PATIENCE_S):
        while not await look():  # noqa: ASYNC110 - another process tells nobody
            await asyncio.sleep(0.01)


def configuration(
    ports: Ports, next_hop: str, prices: Path, **genai_cost: Any
) -> dict[str, Any]:
    """A file with all three pipelines; *genai_cost* are blocks of that processor."""
    pipeline = {"receivers": ["otlp"], "exporters": ["otlp_grpc"]}
    doors = {
        "grpc": {"endpoint": f"127.0.0.1:{ports.grpc}"},
        "http": {"endpoint": f"127.0.0.1:{ports.http}"},
    }
    processor = {
        "pricing": {"builtin": False, "sources": [{"file": str(prices)}]},
        "metrics": {"interval": "100ms", "prometheus": "on"},
    } | genai_cost
    return {
        "receivers": {"otlp": {"protocols": doors}},
        "processors": {"genai_cost": processor},
        "exporters": {"otlp_grpc": {"endpoint": next_hop, "tls": {"insecure": True}}},
        "extensions": {"health_check": {"endpoint": f"127.0.0.1:{ports.health}"}},
        "service": {
            "extensions": ["health_check"],
            "pipelines": {
                "traces": pipeline | {"processors": ["genai_cost"]},
                "metrics": pipeline,
                "logs": pipeline,
            },
            "telemetry": {"metrics": {"address": f"127.0.0.1:{ports.page}"}},
        },
    }


def command(folder: Path, config: Mapping[str, Any]) -> list[str]:
    """How an operator starts it with this configuration."""
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(dict(config)))
    return [sys.executable, "-m", "processor", "run", "--config", str(path)]


@asynccontextmanager
async def started(
    folder: Path,
    ports: Ports,
    argv: Sequence[str],
    *,
    ready: bool = True,
    env: Mapping[str, str] | None = None,
) -> AsyncGenerator[Child]:
    """Start it, and wait until it says it is *ready*; ended in any case, by its own pid."""
    log = folder / "service.log"
    clean = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}  # noqa: TID251
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: ASYNC220, S603 - returns at once
            argv,
            cwd=folder,  # not in the checkout: what is installed is what is tested
            env=clean | dict(env or {}),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    child = Child(process, log, ports)
    try:
        if ready:
            await child.ready()
        yield child
    finally:
        if process.poll() is None:
            process.terminate()
            await child.ended()


@asynccontextmanager
async def hop(
    folder: Path,
    prices: str | Path = PRICES,
    *,
    exporter_timeout: str = "5s",
    **genai_cost: Any,
) -> AsyncGenerator[Hop]:
    """A service with these prices (a text, or where a test keeps its own file), and both its ends."""
    path = folder / "prices.yaml"
    if isinstance(prices, str):
        path.write_text(prices)
    else:
        path = prices
    ports = Ports(*free_ports(4))
    async with Sink() as sink:
        config = configuration(ports, sink.endpoint, path, **genai_cost)
        config["exporters"]["otlp_grpc"]["timeout"] = exporter_timeout
        argv = command(folder, config)
        async with started(folder, ports, argv) as child, grpc_sender(ports.grpc) as sender:
            yield Hop(child, sink, sender, path)


async def logged(child: Child, words: str) -> None:
    """Return once its log has these words."""

    def look() -> bool:
        found = words in child.said()
        assert found or child.process.poll() is None, child.said()
        return found

    await until(look, within_s=PATIENCE_S)
