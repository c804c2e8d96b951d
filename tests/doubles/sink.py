"""A next hop: a real OTLP/gRPC server that remembers what it got, and fails when told to."""

# grpc's stubs leave the message types of its generics open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, Self

import grpc
import grpc.aio

from processor.model import GRPC_METHOD, Signal

if TYPE_CHECKING:
    from grpc.aio import ServicerContext

    Context = ServicerContext[bytes, bytes]

DETAILS_KEY = "grpc-status-details-bin"


@dataclass(frozen=True)
class Arrival:
    """One request as it came in."""

    signal: Signal
    body: bytes
    headers: dict[str, str | bytes]
    time_remaining_s: float | None


@dataclass(frozen=True)
class Failure:
    """What to refuse requests with."""

    code: grpc.StatusCode
    message: str = ""
    details: bytes = b""


@dataclass
class Sink:
    """Enter it to have it listen on `port` (a free one unless given) of `host`.

    While `holding`, requests wait inside; `waiting` counts them, `reach` awaits so many.
    """

    port: int = 0
    host: str = "127.0.0.1"
    credentials: grpc.ServerCredentials | None = None
    failure: Failure | None = None
    response: bytes = b""
    arrivals: list[Arrival] = field(default_factory=list[Arrival])
    taken: list[bytes] = field(default_factory=list[bytes])
    """Bodies of those that were not refused."""
    waiting: int = 0
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _open: asyncio.Event = field(default_factory=asyncio.Event)
    _server: grpc.aio.Server | None = None

    def __post_init__(self) -> None:
        self._open.set()

    @property
    def bodies(self) -> list[bytes]:
        """The bodies that arrived, in their order."""
        return [arrival.body for arrival in self.arrivals]

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"{self.host}:{self.port}"

    def hold(self) -> None:
        """Let requests wait from now on."""
        self._open.clear()

    def release(self) -> None:
        """Let go of whatever waits."""
        self._open.set()

    async def reach(self, waiting: int) -> None:
        """Wait until so many requests wait inside."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.waiting >= waiting)

    async def __aenter__(self) -> Self:
        self._server = grpc.aio.server(
            options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", -1)]
        )
        for signal, path in GRPC_METHOD.items():
            _, service, method = path.split("/")
            handler = grpc.unary_unary_rpc_method_handler(partial(self._take, signal))
            generic = grpc.method_handlers_generic_handler(service, {method: handler})
            self._server.add_generic_rpc_handlers((generic,))
        if self.credentials is None:
            self.port = self._server.add_insecure_port(self.endpoint)
        else:
            self.port = self._server.add_secure_port(self.endpoint, self.credentials)
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()
        if self._server is not None:
            await self._server.stop(None)

    async def _take(self, signal: Signal, body: bytes, context: Context) -> bytes:
        metadata: Any = context.invocation_metadata() or ()
        arrival = Arrival(signal, body, dict(metadata), context.time_remaining())
        self.arrivals.append(arrival)
        await self._wait_inside()
        if self.failure is not None:
            await _fail(self.failure, context)
        self.taken.append(body)
        return self.response

    async def _wait_inside(self) -> None:
        await self._count(1)
        try:
            await self._open.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        finally:
            await self._count(-1)

    async def _count(self, change: int) -> None:
        async with self._changed:
            self.waiting += change
            self._changed.notify_all()


async def _fail(failure: Failure, context: Context) -> NoReturn:
    trailers = ((DETAILS_KEY, failure.details),) if failure.details else ()
    await context.abort(failure.code, failure.message, trailers)
