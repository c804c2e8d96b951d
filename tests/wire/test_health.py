"""Readiness as orchestrators ask for it: over HTTP and by grpc.health.v1."""

# grpc's stubs leave the message types of its generics open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from processor.errors import Code
from processor.health import Readiness, State, health_page, health_service
from processor.receive.asgi import serve_asgi
from processor.receive.listen import listen, port_of
from tests.doubles.intake import Echo
from tests.wire.hops import Doors, doors
from tests.wire.senders import post

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

SERVING, NOT_SERVING, SERVICE_UNKNOWN = b"\x08\x01", b"\x08\x02", b"\x08\x03"
TRACES = "opentelemetry.proto.collector.trace.v1.TraceService"


@asynccontextmanager
async def health(readiness: Readiness) -> AsyncGenerator[tuple[Doors, grpc.aio.Channel]]:
    """A door with the health service, and a channel to it."""
    service = health_service(readiness, [TRACES])
    async with (
        doors(Echo(), services=[service]) as door,
        grpc.aio.insecure_channel(f"127.0.0.1:{door.grpc.port}") as channel,
    ):
        yield door, channel


def asking(service: str) -> bytes:
    """A HealthCheckRequest."""
    return StringValue(value=service).SerializeToString()


@pytest.mark.parametrize(
    ("state", "status", "answer"),
    [
        pytest.param(State.STARTING, 503, NOT_SERVING, id="starting"),
        pytest.param(State.READY, 200, SERVING, id="ready"),
        pytest.param(State.STOPPING, 503, NOT_SERVING, id="stopping"),
    ],
)
@pytest.mark.parametrize(
    "service", [pytest.param("", id="whole"), pytest.param(TRACES, id="one")]
)
async def test_the_state_is_told_over_http_and_grpc(
    state: State, status: int, answer: bytes, service: str
) -> None:
    readiness = Readiness()
    readiness.become(state)
    sockets = listen("localhost:0", "extensions.health_check.endpoint")
    async with serve_asgi(health_page(readiness), sockets):
        page = await post(port_of(sockets), path="/", method="GET", headers={})
        elsewhere = await post(port_of(sockets), path="/x", method="GET", headers={})
    assert (page.status, page.body) == (status, f'{{"status":"{state}"}}\n'.encode())
    assert elsewhere.status == 404
    async with health(readiness) as (_, channel):
        check: Any = channel.unary_unary("/grpc.health.v1.Health/Check", None, None)
        assert await check(asking(service)) == answer


@pytest.mark.parametrize(
    ("request_bytes", "code"),
    [
        pytest.param(asking("x" * 300), Code.NOT_FOUND, id="unknown-service"),
        pytest.param(b"\x0a\xff", Code.INVALID_ARGUMENT, id="not-a-request"),
    ],
)
async def test_a_strange_check_is_refused(request_bytes: bytes, code: Code) -> None:
    async with health(Readiness()) as (_, channel):
        check: Any = channel.unary_unary("/grpc.health.v1.Health/Check", None, None)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await check(request_bytes)
    assert caught.value.code() is code


async def test_a_watcher_hears_each_change_and_does_not_hold_the_drain() -> None:
    readiness = Readiness()
    async with health(readiness) as (door, channel), asyncio.timeout(60):
        watch: Any = channel.unary_stream("/grpc.health.v1.Health/Watch", None, None)
        known, unknown = watch(asking("")), watch(asking("x"))
        assert (await known.read(), await unknown.read()) == (NOT_SERVING, SERVICE_UNKNOWN)
        readiness.become(State.READY)
        assert await known.read() == SERVING
        readiness.become(State.STOPPING)
        last, _ = await asyncio.gather(known.read(), door.grpc.stop())
        assert last == NOT_SERVING
        assert await known.code() is Code.OK
