"""The service in each of its ways to acknowledge, with a next hop that can be broken, under load.

Invariant of every run: what was accepted is at the next hop when the run has ended.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from processor.errors import Code
from tests.doubles.ports import free_ports
from tests.doubles.sink import Failure, Sink
from tests.doubles.until import until
from tests.doubles.web_sink import Told, WebSink
from tests.faults.proxy import Proxy
from tests.faults.tally import Figures, Tally
from tests.service.calls import PRICES
from tests.service.child import Child, Ports, command, configuration, started
from tests.wire.senders import GrpcReply, grpc_sender, post
from tests.wire.test_in_kind import delayed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
    from pathlib import Path

PATIENCE_S: Final = 60.0
SENDERS: Final = 4
TIMEOUT_S: Final = 0.5
"""Of the exporter."""
RETRY: Final = {
    "initial_interval": "50ms",
    "max_interval": "200ms",
    "max_elapsed_time": "5m",
}


class Way(NamedTuple):
    """How the service acknowledges, and what it speaks on both sides."""

    queue: str = ""
    """Empty: after the next hop has; else the kind of `sending_queue`."""
    speaks: str = "grpc"

    def __str__(self) -> str:
        return f"{self.queue or 'pass-through'}-{self.speaks}"


class Start(NamedTuple):
    """How the service is started: *by* a command before it, with more environment."""

    by: tuple[str, ...] = ()
    env: Mapping[str, str] = MappingProxyType({})


AS_EVER: Final = Start()
WAYS: Final = (Way(), Way("memory"), Way("disk"), Way(speaks="http"))


def configured(
    folder: Path, ports: Ports, endpoint: str, way: Way, *, timeout: str = f"{TIMEOUT_S}s"
) -> dict[str, Any]:
    """The file of a service that acknowledges this way, before a next hop."""
    prices = folder / "prices.yaml"
    prices.write_text(PRICES)
    page = {"interval": "100ms", "prometheus": "on"}
    config = configuration(ports, endpoint, prices, metrics=page)
    del config["service"]["pipelines"]["metrics"]  # derived metrics are on the page alone
    exporter = config["exporters"]["otlp_grpc"]
    exporter["timeout"] = timeout
    if way.queue:
        exporter["sending_queue"] = {"queue_size": 100_000}
        exporter["retry_on_failure"] = RETRY
    if way.queue == "disk":
        exporter["sending_queue"]["storage"] = "file_storage"
        config["extensions"]["file_storage"] = {"directory": str(folder / "queue")}
        config["service"]["extensions"].append("file_storage")
    if way.speaks == "http":
        config["exporters"] = {"otlp_http": exporter | {"endpoint": f"http://{endpoint}"}}
        for pipeline in config["service"]["pipelines"].values():
            pipeline["exporters"] = ["otlp_http"]
    return config


@asynccontextmanager
async def running(
    folder: Path, ports: Ports, config: dict[str, Any], start: Start = AS_EVER
) -> AsyncGenerator[Child]:
    """The service with this file."""
    argv = [*start.by, *command(folder, config)]
    async with started(folder, ports, argv, env=start.env) as child:
        yield child


@dataclass
class Stand:
    """A service, the proxy behind it and the next hop behind that."""

    way: Way
    child: Child
    proxy: Proxy
    sink: Sink | WebSink
    send: Callable[[bytes], Awaitable[GrpcReply]]

    def refuse(self, *, delay_s: int = 0) -> None:
        """Let the next hop refuse what comes, for now."""
        if isinstance(self.sink, Sink):
            details = delayed(Code.UNAVAILABLE, delay_s) if delay_s else b""
            self.sink.failure = Failure(Code.UNAVAILABLE, "not now", details)
        else:
            headers = {"retry-after": str(delay_s)} if delay_s else {}
            self.sink.told = Told(503, headers=headers)

    async def heal(self) -> None:
        """Everything is well again."""
        if isinstance(self.sink, Sink):
            self.sink.failure = None
        else:
            self.sink.told = Told()
        self.sink.release()
        await self.proxy.heal()

    async def under(self, fault: Callable[[Stand, Tally], Awaitable[None]]) -> Figures:
        """Send before, during and after a fault, each sender until it was taken."""
        tally, enough = Tally(), asyncio.Event()

        async def keep_sending() -> None:
            while not enough.is_set():
                await tally.send_until_taken(self.send)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(SENDERS):
                tasks.create_task(keep_sending())
            await answered(tally, 12)
            await fault(self, tally)
            await self.heal()
            await answered(tally, 12)
            enough.set()
        await until(
            lambda: not tally.figures(self.sink.taken).lost, within_s=PATIENCE_S, every_s=0.5
        )
        return tally.figures(self.sink.taken)


async def answered(tally: Tally, more: int) -> None:
    """Return once the senders have heard so many more answers."""
    least = tally.heard + more
    await until(lambda: tally.heard >= least, within_s=PATIENCE_S)


@asynccontextmanager
async def standing(
    folder: Path,
    way: Way,
    *,
    away: bool = False,
    start: Start = AS_EVER,
    exporter_timeout: str = f"{TIMEOUT_S}s",
) -> AsyncGenerator[Stand]:
    """All three, with a next hop that is *away* at first or there."""
    ports = Ports(*free_ports(4))
    async with AsyncExitStack() as stack:
        sink: Sink | WebSink = Sink() if way.speaks == "grpc" else WebSink()
        await stack.enter_async_context(sink)
        proxy = await stack.enter_async_context(Proxy(sink.port, listening=not away))
        config = configured(folder, ports, proxy.endpoint, way, timeout=exporter_timeout)
        child = await stack.enter_async_context(running(folder, ports, config, start))
        sender = await stack.enter_async_context(grpc_sender(ports.grpc))

        async def by_http(body: bytes) -> GrpcReply:
            return _in_grpcs_words((await post(ports.http, body)).status)

        yield Stand(way, child, proxy, sink, sender.send if way.speaks == "grpc" else by_http)


def _in_grpcs_words(status: int) -> GrpcReply:
    if status == 200:
        return GrpcReply(Code.OK)
    return GrpcReply(Code.UNAVAILABLE if status in {429, 502, 503, 504} else Code.INTERNAL)
