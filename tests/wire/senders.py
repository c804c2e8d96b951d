"""Senders for the wire tests: a gRPC client and an HTTP client that look at what came back."""

# grpc's stubs leave the message types of its generics open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

import asyncio
import http.client
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc.aio

from processor.errors import Code
from processor.model import GRPC_METHOD, HTTP_PATH, Signal
from tests.doubles.sink import DETAILS_KEY

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

PROTOBUF = {"content-type": "application/x-protobuf"}


@dataclass(frozen=True)
class GrpcReply:
    """What a gRPC client sees."""

    code: grpc.StatusCode
    message: str = ""
    details: bytes = b""
    body: bytes = b""


@dataclass(frozen=True)
class HttpReply:
    """What an HTTP client sees."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class GrpcSender:
    """An OTLP client on one channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    async def send(
        self,
        body: bytes = b"",
        *,
        signal: Signal = Signal.TRACES,
        timeout_s: float | None = 10,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> GrpcReply:
        """Send one request and wait for the reply."""
        return await self.call(GRPC_METHOD[signal], body, timeout_s=timeout_s, headers=headers)

    async def call(
        self,
        method: str,
        body: bytes = b"",
        *,
        timeout_s: float | None = 10,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> GrpcReply:
        """Call any method and wait for the reply."""
        call: Any = self._channel.unary_unary(method, None, None)
        try:
            reply = await call(body, timeout=timeout_s, metadata=headers)
        except grpc.aio.AioRpcError as error:
            trailers: Any = error.trailing_metadata() or ()
            details = dict(trailers).get(DETAILS_KEY, b"")
            return GrpcReply(error.code(), error.details() or "", details)
        return GrpcReply(Code.OK, body=reply)


@asynccontextmanager
async def grpc_sender(
    port: int, *, host: str = "127.0.0.1", compression: grpc.Compression | None = None
) -> AsyncGenerator[GrpcSender]:
    """Open a channel of its own, so that no two tests share a connection."""
    async with grpc_sender_to(f"{host}:{port}", compression=compression) as sender:
        yield sender


@asynccontextmanager
async def grpc_sender_to(
    target: str, *, compression: grpc.Compression | None = None
) -> AsyncGenerator[GrpcSender]:
    """The same for any address."""
    options = [
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.enable_http_proxy", 0),
        ("grpc.max_send_message_length", -1),
    ]
    async with grpc.aio.insecure_channel(target, options, compression) as channel:
        yield GrpcSender(channel)


async def post(
    port: int,
    body: bytes = b"",
    *,
    path: str = HTTP_PATH[Signal.TRACES],
    method: str = "POST",
    headers: Mapping[str, str] = PROTOBUF,
    timeout_s: float = 10,
) -> HttpReply:
    """Send one HTTP request on a connection of its own."""

    def ask() -> HttpReply:
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
        with closing(asking) as connection:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return HttpReply(response.status, found, response.read())

    return await asyncio.to_thread(ask)
