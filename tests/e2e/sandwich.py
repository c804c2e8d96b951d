"""Two Collectors with the service between them, and the same two without it, for every way to speak OTLP.

    sender --> Collector --> genai-cost --> Collector --> sink      through
    sender --> Collector -----------------> Collector --> sink      direct

Nothing queues and nothing is tried again, so an answer means that the sink has the request. All hops
of a way are set up by the same blocks: the service takes a Collector's configuration as it is.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import trustme
import yaml

from processor.model import Signal
from tests.doubles.ports import free_ports
from tests.doubles.sink import Sink
from tests.e2e.conftest import Program, get, programs
from tests.service.child import Child, Ports, command, eventually, started
from tests.wire.senders import GrpcReply, GrpcSender, grpc_sender

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
    from pathlib import Path

Block = dict[str, Any]
HOST: Final = "127.0.0.1"
ROUTE: Final = "x-route"
ALONE: Final[Block] = {
    "sending_queue": {"enabled": False},
    "retry_on_failure": {"enabled": False},
}


@dataclass(frozen=True)
class Way:
    """How each hop speaks to the next."""

    name: str
    protocol: Literal["grpc", "http"]
    compression: str = "none"
    encoding: str = "proto"
    tls: bool = False

    def receiver(self, port: int, folder: Path) -> Block:
        """An `otlp` receiver of this way."""
        limit: Block = {"max_recv_msg_size_mib": 64}
        if self.protocol == "http":
            limit = {"max_request_body_size": 64 * 2**20}
        tls = {"tls": identity(folder, "client_ca_file")} if self.tls else {}
        block: Block = {"endpoint": f"{HOST}:{port}"}
        return {"protocols": {self.protocol: block | limit | tls}}

    def exporter(self, port: int, folder: Path, **more: Any) -> Block:
        """An exporter of this way, of the kind that `kind` names."""
        tls = identity(folder, "ca_file") if self.tls else {"insecure": True}
        block: Block = {"compression": self.compression, "tls": tls, "timeout": "60s"}
        if self.protocol == "grpc":
            return block | {"endpoint": f"{HOST}:{port}"} | more
        scheme = "https" if self.tls else "http"
        block["encoding"] = self.encoding
        return block | {"endpoint": f"{scheme}://{HOST}:{port}"} | more

    @property
    def kind(self) -> str:
        """The exporter's type."""
        return f"otlp_{self.protocol}"


GRPC: Final = Way("grpc", "grpc")
HTTP: Final = Way("http", "http")
WAYS: Final = (
    GRPC,
    Way("grpc-gzip", "grpc", "gzip"),
    Way("grpc-mtls", "grpc", "gzip", tls=True),
    HTTP,
    Way("http-gzip", "http", "gzip"),
    Way("http-zstd", "http", "zstd"),
    Way("http-mtls", "http", "zstd", tls=True),
    Way("http-json", "http", encoding="json"),
    Way("http-json-gzip", "http", "gzip", encoding="json"),
)


def identity(folder: Path, of_peers: str) -> dict[str, str]:
    """This side's certificate, and whose certificates it takes."""
    names = {"cert_file": "tls.crt", "key_file": "tls.key", of_peers: "ca.pem"}
    return {key: str(folder / name) for key, name in names.items()}


def certificates(folder: Path) -> None:
    """One CA and one certificate that serves both sides of every hop."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    made = ca.issue_cert(HOST)
    made.private_key_pem.write_to_path(str(folder / "tls.key"))
    chain = b"".join(pem.bytes() for pem in made.cert_chain_pems)
    (folder / "tls.crt").write_bytes(chain)


@dataclass
class CollectorFile:
    """A Collector's configuration; each pipeline carries all three signals."""

    health: int
    config: Block = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        self.config = {
            "receivers": {},
            "processors": {},
            "exporters": {},
            "extensions": {"health_check": {"endpoint": f"{HOST}:{self.health}"}},
            "service": {
                "extensions": ["health_check"],
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": {},
            },
        }

    def pipe(
        self, name: str, receiver: Block, kind: str, exporter: Block, **processors: Block
    ) -> None:
        """One way through: a receiver, perhaps processors, an exporter."""
        self.config["receivers"][f"otlp/{name}"] = receiver
        self.config["exporters"][f"{kind}/{name}"] = exporter
        self.config["processors"] |= processors
        for signal in Signal:
            self.config["service"]["pipelines"][f"{signal}/{name}"] = {
                "receivers": [f"otlp/{name}"],
                "processors": list(processors),
                "exporters": [f"{kind}/{name}"],
            }

    @asynccontextmanager
    async def running(self, binary: Path, folder: Path) -> AsyncGenerator[Program]:
        """The Collector with this configuration, ready; ended afterwards."""
        folder.mkdir()  # noqa: ASYNC240 - nobody waits for it
        path = folder / "otelcol.yaml"
        path.write_text(yaml.safe_dump(self.config))
        with programs(folder) as start:
            program = start(binary, "--config", path)

            async def ready() -> bool:
                assert program.process.poll() is None, program.said()
                return await asyncio.to_thread(get, f"http://{HOST}:{self.health}/") is not None

            await eventually(ready)
            yield program


def service(ports: Ports, receiver: Block, exporters: Mapping[str, Block]) -> Block:
    """The service's file; its own metrics never leave while a test looks on."""
    pipeline = {"receivers": ["otlp"], "exporters": list(exporters)}
    return {
        "receivers": {"otlp": receiver},
        "processors": {"genai_cost": {"metrics": {"interval": "1h"}}},
        "exporters": dict(exporters),
        "extensions": {"health_check": {"endpoint": f"{HOST}:{ports.health}"}},
        "service": {
            "extensions": ["health_check"],
            "pipelines": {
                signal: pipeline
                | ({"processors": ["genai_cost"]} if signal == "traces" else {})
                for signal in map(str, Signal)
            },
            "telemetry": {"metrics": {"address": f"{HOST}:{ports.page}"}},
        },
    }


@asynccontextmanager
async def between(
    folder: Path, ports: Ports, receiver: Block, exporters: Mapping[str, Block]
) -> AsyncGenerator[Child]:
    """The service in a folder of its own."""
    folder.mkdir()  # noqa: ASYNC240 - nobody waits for it
    argv = command(folder, service(ports, receiver, exporters))
    async with started(folder, ports, argv) as child:
        yield child


class Pair(NamedTuple):
    """What one request became on both ways; the body is None where nothing arrived."""

    direct: tuple[GrpcReply, bytes | None]
    through: tuple[GrpcReply, bytes | None]


@dataclass
class Sandwich:
    """All ways at once, and the sink behind them."""

    sink: Sink
    doors: dict[str, GrpcSender]

    async def send(self, way: Way, signal: Signal, body: bytes) -> Pair:
        """One request on both roads of a way, one after the other."""
        return Pair(*[await self._send(road, signal, body) for road in roads(way)])

    async def _send(
        self, road: str, signal: Signal, body: bytes
    ) -> tuple[GrpcReply, bytes | None]:
        self.sink.arrivals.clear()
        reply = await self.doors[road].send(body, signal=signal, timeout_s=60)
        came = [one.body for one in self.sink.arrivals if one.headers[ROUTE] == road]
        assert len(came) == len(self.sink.arrivals) <= 1, (
            "a request arrived twice, or elsewhere"
        )
        return reply, came[0] if came else None


def roads(way: Way) -> tuple[str, str]:
    """The names of both roads of a way."""
    return f"{way.name}-direct", f"{way.name}-through"


def _numbers(count: int) -> Iterator[int]:
    return iter(free_ports(count))


@asynccontextmanager
async def sandwich(
    binary: Path, folder: Path, ways: Sequence[Way] = WAYS
) -> AsyncGenerator[Sandwich]:
    """Both Collectors, a service for each way, and senders on the first one's doors."""
    certificates(folder)
    ports = _numbers(2 + 10 * len(ways))
    front, behind = CollectorFile(next(ports)), CollectorFile(next(ports))
    doors: dict[str, int] = {}
    async with AsyncExitStack() as stack:
        sink = await stack.enter_async_context(Sink())
        hops: list[Any] = []
        for way in ways:
            middle = Ports(*[next(ports) for _ in range(4)])
            ins = {"grpc": middle.grpc, "http": middle.http}[way.protocol]
            for road, first in zip(roads(way), (None, ins), strict=True):
                doors[road], last = next(ports), next(ports)
                entry = GRPC.receiver(doors[road], folder)
                out = way.exporter(first or last, folder, **ALONE)
                front.pipe(road, entry, way.kind, out)
                end = GRPC.exporter(sink.port, folder, headers={ROUTE: road}, **ALONE)
                behind.pipe(road, way.receiver(last, folder), GRPC.kind, end)
                if first:
                    exporters = {way.kind: way.exporter(last, folder, **ALONE)}
                    receiver = way.receiver(ins, folder)
                    hops.append(between(folder / way.name, middle, receiver, exporters))
        await stack.enter_async_context(behind.running(binary, folder / "behind"))
        await asyncio.gather(*map(stack.enter_async_context, hops))
        await stack.enter_async_context(front.running(binary, folder / "front"))
        senders = {
            road: await stack.enter_async_context(grpc_sender(port))
            for road, port in doors.items()
        }
        yield Sandwich(sink, senders)
