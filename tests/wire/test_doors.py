"""The doors: what they let in, what they refuse and how, how much they carry, how they close."""

from __future__ import annotations

import asyncio
import http.client
from contextlib import closing

import grpc
import pytest

from processor.errors import Code, Refusal
from processor.model import Signal, Terms
from tests.doubles.intake import Echo
from tests.doubles.rpc_status import Status
from tests.doubles.sink import Sink
from tests.doubles.until import until
from tests.wire.hops import doors, relaying
from tests.wire.senders import PROTOBUF, GrpcReply, grpc_sender, post


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-protobuf",
        "Application/X-Protobuf",
        "application/x-protobuf; charset=utf-8",
        "application/x-protobuf;proto=opentelemetry ; x=y",
    ],
)
async def test_protobuf_is_known_however_its_type_is_written(content_type: str) -> None:
    async with doors(Echo()) as door:
        reply = await post(door.http.port, b"spans", headers={"content-type": content_type})
    assert (reply.status, reply.body) == (200, b"spans")


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        pytest.param("GET", "/v1/traces", 405, "POST", id="get"),
        pytest.param("PUT", "/v1/logs", 405, "POST", id="put"),
        pytest.param("POST", "/v1/trace", 404, None, id="unknown-path"),
        pytest.param("POST", "/", 404, None, id="root"),
        pytest.param("POST", "/v1/metrics", 404, None, id="signal-without-a-pipeline"),
    ],
)
async def test_what_is_not_here_is_told_by_its_status(
    method: str, path: str, status: int, allow: str | None
) -> None:
    async with doors(Echo(), signals=[Signal.TRACES, Signal.LOGS]) as door:
        reply = await post(door.http.port, path=path, method=method)
    assert (reply.status, reply.headers.get("allow")) == (status, allow)
    assert Status.FromString(reply.body).message


async def test_a_signal_without_a_pipeline_is_unimplemented() -> None:
    echo = Echo()
    async with (
        doors(echo, signals=[Signal.TRACES]) as door,
        grpc_sender(door.grpc.port) as sender,
    ):
        reply = await sender.send(signal=Signal.METRICS)
    assert reply == GrpcReply(Code.UNIMPLEMENTED, "no pipeline for metrics is configured here")
    assert echo.asked == []


async def test_localhost_is_both_of_its_addresses() -> None:
    async with doors(Echo()) as door:
        assert door.grpc.address == ("gRPC", f"localhost:{door.grpc.port}")
        assert door.http.address == ("HTTP", f"localhost:{door.http.port}")
        for host in ("127.0.0.1", "[::1]", "localhost"):
            async with grpc_sender(door.grpc.port, host=host) as sender:
                assert (await sender.send(b"spans")).body == b"spans"
        for host in ("127.0.0.1", "::1"):
            _, writer = await asyncio.open_connection(host, door.http.port)
            writer.close()


async def test_over_the_limit_is_refused_for_good_and_the_next_request_served() -> None:
    echo = Echo()
    async with doors(echo, limit_bytes=1000) as door:
        for compression in (None, grpc.Compression.Gzip):
            async with grpc_sender(door.grpc.port, compression=compression) as sender:
                reply = await sender.send(bytes(1_000_000))
                assert (reply.code, reply.details) == (Code.RESOURCE_EXHAUSTED, b"")
                assert (await sender.send(b"spans")).body == b"spans"
        with closing(http.client.HTTPConnection("127.0.0.1", door.http.port)) as connection:
            for body in (bytes(1_000_000), iter([bytes(600)] * 1000)):  # announced; in chunks
                assert await asyncio.to_thread(_status, connection, body) == 413
                assert await asyncio.to_thread(_status, connection, b"spans") == 200
    assert {body for _, body, _ in echo.asked} == {b"spans"}


def _status(connection: http.client.HTTPConnection, body: object) -> int:
    connection.request("POST", "/v1/traces", body, dict(PROTOBUF))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    response = connection.getresponse()
    response.read()
    return response.status


async def test_a_sender_that_leaves_in_the_middle_leaves_nothing_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    echo = Echo()
    async with doors(echo) as door:
        _, writer = await asyncio.open_connection("127.0.0.1", door.http.port)
        writer.write(
            b"POST /v1/traces HTTP/1.1\r\nhost: here\r\ncontent-length: 1000\r\n"
            b"content-type: application/x-protobuf\r\n\r\nhalf a bo"
        )
        await until(lambda: door.admission.in_flight_bytes > 0)
        writer.close()
        await until(lambda: door.admission.in_flight_bytes == 0)
    assert (echo.asked, caplog.records) == ([], [])


async def test_what_admission_has_no_room_for_may_come_again() -> None:
    async with Sink() as sink, relaying(sink.endpoint) as (door, _):
        door.admission.limit_bytes = 10
        sink.hold()
        async with grpc_sender(door.grpc.port) as sender, asyncio.TaskGroup() as tasks:
            first = tasks.create_task(sender.send(b"8 bytes."))
            await sink.reach(1)
            by_grpc = await sender.send(b"3 b")
            by_http = await post(door.http.port, b"3 b")
            never = await post(door.http.port, bytes(11))
            sink.release()
        assert first.result().code is Code.OK
        assert door.admission.in_flight_bytes == 0
    assert (by_grpc.code, by_http.status, never.status) == (Code.UNAVAILABLE, 503, 413)
    assert by_grpc.details == by_http.body
    assert by_http.headers["retry-after"] == "1"


async def test_a_fault_behind_the_door_is_internal_and_tells_strangers_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with doors(Echo(fails_with=ZeroDivisionError("secret"))) as door:
        async with grpc_sender(door.grpc.port) as sender:
            by_grpc = await sender.send()
        by_http = await post(door.http.port)
    assert (by_grpc.code, by_http.status) == (Code.INTERNAL, 500)
    assert "secret" not in by_grpc.message + str(by_http)
    assert [record.exc_info is not None for record in caplog.records] == [True, True]


async def test_only_listed_headers_are_passed_on() -> None:
    echo = Echo()
    sent = (("x-tenant", "a"), ("x-other", "b"))
    async with doors(echo, pass_on=["X-Tenant"]) as door:
        async with grpc_sender(door.grpc.port) as sender:
            await sender.send(headers=sent)
        await post(door.http.port, headers={**PROTOBUF, **dict(sent)})
    assert [terms.metadata for _, _, terms in echo.asked] == [(("x-tenant", "a"),)] * 2


async def test_without_a_deadline_there_is_none() -> None:
    echo = Echo()
    async with doors(echo) as door:
        async with grpc_sender(door.grpc.port) as sender:
            await sender.send(timeout_s=None)
        await post(door.http.port)
    assert [terms for _, _, terms in echo.asked] == [
        Terms(transport="grpc"),
        Terms(transport="http"),
    ]


async def test_two_hundred_requests_are_in_flight_together_and_each_arrives_once() -> None:
    bodies = [f"request {number}".encode() for number in range(200)]
    async with Sink() as sink, relaying(sink.endpoint) as (door, _):
        sink.hold()
        async with grpc_sender(door.grpc.port) as sender, asyncio.TaskGroup() as tasks:
            by_grpc = [tasks.create_task(sender.send(body)) for body in bodies[:150]]
            by_http = [tasks.create_task(post(door.http.port, body)) for body in bodies[150:]]
            async with asyncio.timeout(60):
                await sink.reach(
                    150 + 4
                )  # as many threads as asyncio surely gives the HTTP senders
            sink.release()
    assert all(reply.result().code is Code.OK for reply in by_grpc)
    assert all(reply.result().status == 200 for reply in by_http)
    assert sorted(sink.bodies) == sorted(bodies)


async def test_closing_lets_a_request_in_flight_finish_and_takes_no_other() -> None:
    async with Sink() as sink, relaying(sink.endpoint) as (door, _):
        sink.hold()
        async with grpc_sender(door.grpc.port) as sender, asyncio.TaskGroup() as tasks:
            by_grpc = tasks.create_task(sender.send(b"grpc"))
            by_http = tasks.create_task(post(door.http.port, b"http"))
            await sink.reach(2)
            closing_grpc = tasks.create_task(door.grpc.stop())
            closing_http = tasks.create_task(door.http.stop())
            async with grpc_sender(door.grpc.port) as late:
                assert (await late.send(b"late")).code is Code.UNAVAILABLE
            with pytest.raises(OSError, match="refused"):
                await post(door.http.port, b"late")
            waiting = (by_grpc, by_http, closing_grpc, closing_http)
            assert not any(task.done() for task in waiting)
            sink.release()
    assert (by_grpc.result().code, by_http.result().status) == (Code.OK, 200)
    assert sorted(sink.bodies) == [b"grpc", b"http"]


async def test_what_outlasts_the_drain_may_be_sent_again() -> None:
    async with Sink() as sink, relaying(sink.endpoint, drain_s=0.2) as (door, _):
        sink.hold()
        async with grpc_sender(door.grpc.port) as sender, asyncio.TaskGroup() as tasks:
            by_grpc = tasks.create_task(sender.send())
            by_http = tasks.create_task(post(door.http.port))
            await sink.reach(2)
            await asyncio.gather(door.grpc.stop(), door.http.stop())
    assert Refusal(by_grpc.result().code, "").retryable
    assert by_http.result().status == 503
