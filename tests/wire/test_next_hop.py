"""The way to the next hop: deadlines, headers, compression, its death and return, cancellation."""

from __future__ import annotations

import asyncio

import pytest

from processor.errors import Code, ConfigError, Refusal
from processor.forward.fanout import FanOut
from processor.forward.grpc_channel import GrpcTarget
from processor.forward.grpc_exporter import GrpcExporter
from processor.forward.retried import Retried
from processor.model import Batch, Signal, Terms
from processor.settings import RetrySettings, TlsSettings
from tests.doubles.sink import Failure, Sink
from tests.doubles.until import until
from tests.wire.hops import exporter, relaying
from tests.wire.senders import grpc_sender, post

BATCH = Batch(Signal.TRACES, b"spans")


async def test_the_senders_deadline_goes_down_with_a_margin() -> None:
    async with (
        Sink() as sink,
        relaying(sink.endpoint) as (door, _),
        grpc_sender(door.grpc.port) as sender,
    ):
        await sender.send(timeout_s=2)
    (arrival,) = sink.arrivals
    assert arrival.time_remaining_s is not None
    assert 1 < arrival.time_remaining_s < 1.99


async def test_the_exporters_timeout_bounds_a_patient_sender() -> None:
    async with (
        Sink() as sink,
        relaying(sink.endpoint) as (door, _),
        grpc_sender(door.grpc.port) as sender,
    ):
        await sender.send(timeout_s=None)
        await post(door.http.port)
    for arrival in sink.arrivals:
        assert arrival.time_remaining_s is not None
        assert 4 < arrival.time_remaining_s < 5.1  # gRPC rounds up on its way


async def test_timeout_zero_waits_as_long_as_the_sender_does() -> None:
    async with Sink() as sink, exporter(sink.endpoint, timeout_s=0) as hop:
        await hop.send(BATCH, Terms())
    assert sink.arrivals[0].time_remaining_s is None


async def test_a_request_that_is_too_late_is_not_sent() -> None:
    target = GrpcTarget(endpoint="http://127.0.0.1:1")
    async with GrpcExporter("otlp", target, clock=lambda: 100.0) as hop:
        with pytest.raises(Refusal, match="DEADLINE_EXCEEDED: the sender's deadline was over"):
            await hop.send(BATCH, Terms(deadline=99.9))


async def test_a_slow_next_hop_is_given_up_before_the_sender_gives_up() -> None:
    async with Sink() as sink, relaying(sink.endpoint) as (door, relay):
        sink.hold()
        async with grpc_sender(door.grpc.port) as sender:
            reply = await sender.send(timeout_s=0.6)
    assert reply.code is Code.DEADLINE_EXCEEDED
    assert [refusal.code for refusal in relay.refusals] == [Code.DEADLINE_EXCEEDED]


async def test_a_next_hop_that_is_dead_is_unavailable_and_found_again() -> None:
    async with Sink() as first:
        port = first.port
    async with (
        relaying(f"127.0.0.1:{port}") as (door, _),
        grpc_sender(door.grpc.port) as sender,
    ):
        assert (await sender.send()).code is Code.UNAVAILABLE
        by_http = await post(door.http.port)
        assert by_http.status == 503
        async with Sink(port=port) as second, asyncio.timeout(60):
            while (await sender.send(b"spans")).code is not Code.OK:
                pass  # gRPC waits a moment before it connects anew, and refuses meanwhile
        assert second.bodies == [b"spans"]


async def test_headers_go_down_in_lower_case_with_those_passed_on() -> None:
    target = GrpcTarget(endpoint="", user_agent="genai-cost-processor/1.2.3")
    headers = [("Authorization", "Bearer 123"), ("x-scope-orgid", "a")]
    async with Sink() as sink:
        target = GrpcTarget(
            endpoint=f"http://{sink.endpoint}", user_agent="genai-cost-processor/1.2.3"
        )
        async with GrpcExporter("otlp", target, headers=headers) as hop:
            await hop.send(BATCH, Terms(metadata=(("x-tenant", "b"),)))
    seen = sink.arrivals[0].headers
    assert (seen["authorization"], seen["x-scope-orgid"], seen["x-tenant"]) == (
        "Bearer 123",
        "a",
        "b",
    )
    assert str(seen["user-agent"]).startswith("genai-cost-processor/1.2.3 ")


async def test_pipelines_may_share_it_and_the_first_to_leave_does_not_close_it() -> None:
    async with Sink() as sink, exporter(sink.endpoint) as hop:
        async with hop:
            await hop.send(BATCH, Terms())
        await hop.send(BATCH, Terms())
    assert sink.bodies == [b"spans", b"spans"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("x y", "a", id="space-in-name"),
        pytest.param("trace-bin", "a", id="binary-name"),
        pytest.param("", "a", id="no-name"),
        pytest.param("x", "secret\n", id="line-end-in-value"),
        pytest.param("x", "geheim\u00fc", id="not-ascii"),
    ],
)
def test_a_header_that_grpc_cannot_send_is_an_error_at_start(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=r"^exporters\.otlp\.headers: ") as caught:
        GrpcExporter("otlp", GrpcTarget(endpoint="localhost:1"), headers=[(name, value)])
    assert value.strip() not in str(caught.value) or len(value) == 1  # a secret stays one


@pytest.mark.parametrize("compression", ["gzip", "deflate", "none"])
async def test_the_next_hop_reads_what_was_sent_however_compressed(compression: str) -> None:
    body = b"spans" * 20_000
    async with Sink() as sink:
        target = GrpcTarget(endpoint=f"http://{sink.endpoint}", compression=compression)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        async with GrpcExporter("otlp", target) as hop:
            await hop.send(Batch(Signal.LOGS, body), Terms())
    (arrival,) = sink.arrivals
    assert (arrival.signal, arrival.body) == (Signal.LOGS, body)


@pytest.mark.parametrize("signal", list(Signal))
async def test_each_signal_goes_to_its_own_method(signal: Signal) -> None:
    async with (
        Sink() as sink,
        relaying(sink.endpoint) as (door, _),
        grpc_sender(door.grpc.port) as sender,
    ):
        await sender.send(b"", signal=signal)
        await post(door.http.port, path=f"/v1/{signal}")
    assert [arrival.signal for arrival in sink.arrivals] == [signal, signal]


async def test_a_sender_over_grpc_that_gives_up_takes_its_request_along() -> None:
    async with Sink() as sink, relaying(sink.endpoint) as (door, _):
        sink.hold()
        async with grpc_sender(door.grpc.port) as sender, asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(sender.send())
            await sink.reach(1)
            sending.cancel()
        async with asyncio.timeout(60):
            await sink.cancelled.wait()
        assert door.admission.in_flight_bytes == 0


async def test_a_sender_over_http_that_leaves_takes_its_request_along() -> None:
    async with Sink() as sink, relaying(sink.endpoint) as (door, _):
        sink.hold()
        _, writer = await asyncio.open_connection("127.0.0.1", door.http.port)
        writer.write(
            b"POST /v1/traces HTTP/1.1\r\nhost: here\r\ncontent-length: 1\r\n"
            b"content-type: application/x-protobuf\r\n\r\nx"
        )
        await sink.reach(1)
        writer.close()
        async with asyncio.timeout(60):
            await sink.cancelled.wait()


@pytest.mark.parametrize(
    ("tls", "problem"),
    [
        pytest.param(
            TlsSettings(ca_file="/nowhere/ca.pem"), r"tls\.ca_file: cannot read", id="no-ca"
        ),
        pytest.param(TlsSettings(cert_file=__file__), "go together", id="half-a-pair"),
    ],
)
async def test_certificates_that_cannot_be_used_are_an_error_at_start(
    tls: TlsSettings, problem: str
) -> None:
    hop = GrpcExporter("otlp", GrpcTarget(endpoint="localhost:1", tls=tls))
    with pytest.raises(ConfigError, match=problem):
        await hop.__aenter__()


async def test_a_next_hop_without_tls_is_unavailable_to_one_that_wants_it() -> None:
    async with (
        Sink() as sink,
        GrpcExporter("otlp", GrpcTarget(endpoint=sink.endpoint), timeout_s=2) as hop,
    ):
        with pytest.raises(Refusal) as caught:
            await hop.send(BATCH, Terms())
    assert caught.value.retryable
    assert sink.arrivals == []


@pytest.mark.parametrize(
    ("endpoint", "address", "insecure"),
    [
        ("collector:4317", "collector:4317", False),
        ("http://collector:4317", "collector:4317", True),
        ("https://collector:4317/", "collector:4317", False),
        ("dns:///collector:4317", "dns:///collector:4317", False),
    ],
)
def test_an_endpoint_is_read_as_the_collector_reads_it(
    endpoint: str, address: str, *, insecure: bool
) -> None:
    target = GrpcTarget(endpoint=endpoint)
    assert (target.address, target.insecure) == (address, insecure)


async def test_one_that_hangs_holds_its_sender_for_its_own_timeout_and_nobody_else() -> None:
    """Its failure is heard, and the other next hop had the data long before."""
    async with Sink() as well, Sink() as hanging:
        hanging.hold()
        hops = [exporter(well.endpoint), exporter(hanging.endpoint, timeout_s=0.5)]
        async with FanOut(hops) as both, asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(_refusal(both))
            await hanging.reach(1)
            await until(lambda: well.bodies == [b"spans"])
            assert not sending.done()
    assert sending.result().code is Code.DEADLINE_EXCEEDED
    assert well.bodies == [b"spans"]


async def test_what_one_of_several_is_asked_again_the_others_are_not() -> None:
    settings = RetrySettings(enabled=True, initial_interval_s=0.01)
    refused = Failure(Code.UNAVAILABLE, "full")
    async with Sink() as well, Sink(failure=refused) as full:
        retried = Retried(exporter(full.endpoint), settings, asyncio.Event())
        async with (
            FanOut([exporter(well.endpoint), retried]) as both,
            asyncio.TaskGroup() as tasks,
        ):
            sending = tasks.create_task(both.send(BATCH, Terms()))
            await until(lambda: len(full.bodies) >= 2)
            full.failure = None
        assert sending.result() == b""
    assert well.bodies == [b"spans"]


async def _refusal(hop: FanOut) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await hop.send(BATCH, Terms())
    return caught.value
