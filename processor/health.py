"""What ready means, and who is told: `/` over HTTP and `grpc.health.v1` on the gRPC port.

Three states, set by the service alone. Nothing here decides: it reports. A watcher is let go when
the service stops, or it would hold the drain open.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from processor.errors import Code
from processor.receive.raw_service import raw_service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, MutableMapping

    from processor.receive.raw_service import Context, Service

    Message = MutableMapping[str, Any]
    App = Callable[
        [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
        Awaitable[None],
    ]


class State(StrEnum):
    """Where the service is in its life."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


class Readiness:
    """The state, and a way to wait for the next one."""

    def __init__(self) -> None:
        self.state = State.STARTING
        self._changed = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether requests are welcome."""
        return self.state is State.READY

    def become(self, state: State) -> None:
        """Enter *state* and wake whoever waits."""
        self.state = state
        self._changed.set()
        self._changed = asyncio.Event()

    async def change(self) -> None:
        """Wait until the state is set next."""
        await self._changed.wait()


def health_page(readiness: Readiness, *, path: str = "/") -> App:
    """Return the ASGI application of the `health_check` extension: 200 when ready, else 503."""

    async def page(
        scope: Message,
        receive: Callable[[], Awaitable[Message]],  # noqa: ARG001 - as ASGI has it
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["path"] == path:
            status, body = (
                (200 if readiness.ready else 503),
                f'{{"status":"{readiness.state}"}}\n',
            )
        else:
            status, body = 404, '{"status":"not found"}\n'
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode("ascii")),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body.encode("ascii")})

    return page


# The messages of grpc.health.v1 are one field each, so their bytes are written here rather than
# brought in with a further dependency. HealthCheckResponse.status is a varint in field 1:
# https://github.com/grpc/grpc/blob/master/doc/health-checking.md
_SERVING: Final = b"\x08\x01"
_NOT_SERVING: Final = b"\x08\x02"
_SERVICE_UNKNOWN: Final = b"\x08\x03"


def health_service(readiness: Readiness, services: Collection[str]) -> Service:
    """Return `grpc.health.v1.Health` for the whole ("") and for *services*, which share its fate."""
    health = _Health(readiness, frozenset({"", *services}))
    return raw_service(
        "grpc.health.v1.Health", {"Check": health.check}, {"Watch": health.watch}
    )


class _Health:
    def __init__(self, readiness: Readiness, services: frozenset[str]) -> None:
        self._readiness = readiness
        self._services = services

    async def check(self, request: bytes, context: Context) -> bytes:
        if await _service_in(request, context) not in self._services:
            await context.abort(Code.NOT_FOUND, "unknown service")
        return self._status()

    async def watch(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        known = await _service_in(request, context) in self._services
        told = b""
        while True:
            status = self._status() if known else _SERVICE_UNKNOWN
            if status != told:
                yield status
                told = status
                continue  # while it was being sent, the state may have changed again
            if self._readiness.state is State.STOPPING:
                return
            await self._readiness.change()

    def _status(self) -> bytes:
        return _SERVING if self._readiness.ready else _NOT_SERVING


async def _service_in(request: bytes, context: Context) -> str:
    """Read HealthCheckRequest, which has the very shape of StringValue: text in field 1."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - only where somebody asks
    from google.protobuf.wrappers_pb2 import StringValue  # noqa: PLC0415

    try:
        return StringValue.FromString(request).value
    except DecodeError:
        await context.abort(Code.INVALID_ARGUMENT, "not a HealthCheckRequest")
