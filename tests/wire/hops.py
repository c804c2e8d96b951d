"""A whole hop for the wire tests: both doors, an intake, all on free ports of loopback."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from processor.forward.grpc_channel import GrpcTarget
from processor.forward.grpc_exporter import GrpcExporter
from processor.forward.http_exporter import HttpExporter, HttpTarget
from processor.model import Signal
from processor.receive.admission import Admission
from processor.receive.grpc_server import GrpcDoor
from processor.receive.http_server import HttpDoor
from processor.settings import TlsSettings
from tests.doubles.intake import Relay

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Sequence

    from processor.forward.next_hop import NextHop
    from processor.receive.connection import Patience
    from processor.receive.gate import Gate
    from processor.receive.intake import Intake
    from processor.receive.raw_service import Service
    from processor.receive.tls import Certificate
    from processor.receive.watched import Watched


@dataclass(frozen=True)
class Doors:
    """The two doors, open."""

    grpc: GrpcDoor
    http: HttpDoor
    admission: Admission


@asynccontextmanager
async def doors(
    intake: Intake,
    *,
    signals: Collection[Signal] = tuple(Signal),
    limit_bytes: int = 2**20,
    in_flight_bytes: int = 2**24,
    pass_on: Collection[str] = (),
    services: Sequence[Service] = (),
    tls: Watched[Certificate] | None = None,
    mutual_tls: bool = False,
    gate: Gate | None = None,
    patience: Patience | None = None,
    options: Sequence[tuple[str, int]] = (),
    endpoints: tuple[str, str] = ("localhost:0", "localhost:0"),
    drain_s: float = 10.0,
) -> AsyncGenerator[Doors]:
    """Open both doors in front of *intake*."""
    admission = Admission(in_flight_bytes)
    async with AsyncExitStack() as stack:
        by_grpc = GrpcDoor(
            intake,
            admission,
            signals=signals,
            endpoint=endpoints[0],
            options=options,
            max_message_bytes=limit_bytes,
            pass_on=pass_on,
            services=services,
            tls=tls,
            mutual_tls=mutual_tls,
            gate=gate,
            drain_s=drain_s,
        )
        by_http = HttpDoor(
            intake,
            admission,
            signals=signals,
            endpoint=endpoints[1],
            patience=patience,
            max_body_bytes=limit_bytes,
            pass_on=pass_on,
            tls=tls,
            gate=gate,
            drain_s=drain_s,
        )
        await stack.enter_async_context(by_grpc)
        await stack.enter_async_context(by_http)
        await by_grpc.start()
        await by_http.start()
        yield Doors(by_grpc, by_http, admission)


def exporter(endpoint: str, *, timeout_s: float = 5.0) -> GrpcExporter:
    """Return an exporter without TLS, named `otlp`."""
    target = GrpcTarget(endpoint=endpoint, tls=TlsSettings(insecure=True))
    return GrpcExporter("otlp", target, timeout_s=timeout_s)


def http_exporter(base: str, *, timeout_s: float = 5.0, **target: Any) -> HttpExporter:
    """Return an exporter over HTTP, named `otlp_http`."""
    urls = {signal: f"{base}/v1/{signal}" for signal in Signal}
    return HttpExporter("otlp_http", HttpTarget(urls=urls, **target), timeout_s=timeout_s)


@asynccontextmanager
async def relaying(
    endpoint: str, *, timeout_s: float = 5.0, drain_s: float = 10.0, **target: Any
) -> AsyncGenerator[tuple[Doors, Relay]]:
    """Open both doors in front of an exporter to *endpoint*, over HTTP where that is a URL."""
    if endpoint.startswith("http"):
        sends: NextHop = http_exporter(endpoint, timeout_s=timeout_s, **target)
    else:
        sends = exporter(endpoint, timeout_s=timeout_s)
    async with sends as hop:
        relay = Relay(hop)
        async with doors(relay, drain_s=drain_s) as opened:
            yield opened, relay
