"""What the next hop answers is what the sender hears, through either door."""

from __future__ import annotations

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from processor.errors import Code
from tests.doubles.rpc_status import DebugInfo, RetryInfo, Status, delay_s
from tests.doubles.sink import Failure, Sink
from tests.wire.hops import relaying
from tests.wire.senders import GrpcReply, grpc_sender, post

# gRPC code: HTTP status without a delay, and with one.
# https://opentelemetry.io/docs/specs/otlp/#failures
FACES = {
    Code.CANCELLED: (503, 503),
    Code.UNKNOWN: (500, 500),
    Code.INVALID_ARGUMENT: (400, 400),
    Code.DEADLINE_EXCEEDED: (503, 503),
    Code.NOT_FOUND: (500, 500),
    Code.ALREADY_EXISTS: (500, 500),
    Code.PERMISSION_DENIED: (403, 403),
    Code.UNAUTHENTICATED: (401, 401),
    Code.RESOURCE_EXHAUSTED: (413, 429),
    Code.FAILED_PRECONDITION: (500, 500),
    Code.ABORTED: (503, 503),
    Code.OUT_OF_RANGE: (503, 503),
    Code.UNIMPLEMENTED: (404, 404),
    Code.INTERNAL: (500, 500),
    Code.UNAVAILABLE: (503, 503),
    Code.DATA_LOSS: (503, 503),
}
RETRY_LATER = {429, 502, 503, 504}
WORDS = "kept full: später 100% (try “again”)\n\tsecond line 🙂"


def delayed(code: Code, seconds: int = 7) -> bytes:
    """A `google.rpc.Status` with RetryInfo, and with a detail that is none of our business."""
    info = RetryInfo()
    info.retry_delay.seconds = seconds
    status = Status(code=code.value[0], message=WORDS)
    for message in (DebugInfo(detail="theirs"), info):
        detail = AnyMessage()
        detail.Pack(message)
        status.details.append(detail)
    written: bytes = status.SerializeToString()
    return written


CASES = [
    pytest.param(
        code, with_delay, id=f"{code.name.lower()}{'-with-delay' if with_delay else ''}"
    )
    for code in FACES
    for with_delay in (False, True)
]


def test_every_code_but_ok_is_in_the_table() -> None:
    assert set(FACES) == set(Code) - {Code.OK}


@pytest.mark.parametrize(("code", "with_delay"), CASES)
async def test_a_refusal_goes_up_as_it_came(code: Code, *, with_delay: bool) -> None:
    details = delayed(code) if with_delay else b""
    async with (
        Sink(failure=Failure(code, WORDS, details)) as sink,
        relaying(sink.endpoint) as (door, _),
        grpc_sender(door.grpc.port) as sender,
    ):
        by_grpc = await sender.send(b"spans")
        by_http = await post(door.http.port, b"spans")
    assert by_grpc == GrpcReply(code, WORDS, details)
    assert by_http.status == FACES[code][with_delay]
    assert by_http.headers["content-type"] == "application/x-protobuf"
    if with_delay:
        assert by_http.body == details
    else:
        assert Status.FromString(by_http.body) == Status(code=code.value[0], message=WORDS)
    waits = with_delay and by_http.status in RETRY_LATER
    assert by_http.headers.get("retry-after") == ("7" if waits else None)


async def test_success_goes_up_empty() -> None:
    async with (
        Sink() as sink,
        relaying(sink.endpoint) as (door, _),
        grpc_sender(door.grpc.port) as sender,
    ):
        assert await sender.send(b"spans") == GrpcReply(Code.OK)
        by_http = await post(door.http.port, b"spans")
    assert (by_http.status, by_http.body) == (200, b"")
    assert sink.bodies == [b"spans", b"spans"]


async def test_a_partial_success_goes_up_byte_for_byte() -> None:
    partial = ExportTraceServiceResponse()
    partial.partial_success.rejected_spans = 3
    partial.partial_success.error_message = "three were too old"
    answer = partial.SerializeToString() + b"\xfa\x01\x03new"  # and a field of a later version
    async with (
        Sink(response=answer) as sink,
        relaying(sink.endpoint) as (door, _),
        grpc_sender(door.grpc.port) as sender,
    ):
        assert await sender.send(b"spans") == GrpcReply(Code.OK, body=answer)
        by_http = await post(door.http.port, b"spans")
    assert (by_http.status, by_http.body) == (200, answer)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("x" * 50_000, id="long"),
        pytest.param("ü" * 20_000, id="long-and-encoded"),
        pytest.param("100%25 %zz %", id="percent-signs"),
        pytest.param("", id="none"),
    ],
)
async def test_many_words_never_change_the_code_or_the_delay(words: str) -> None:
    details = Status.FromString(delayed(Code.UNAVAILABLE))
    details.message = words
    failure = Failure(Code.UNAVAILABLE, words, details.SerializeToString())
    async with (
        Sink(failure=failure) as sink,
        relaying(sink.endpoint) as (door, _),
        grpc_sender(door.grpc.port) as sender,
    ):
        by_grpc = await sender.send(b"spans")
        by_http = await post(door.http.port, b"spans")
    assert by_grpc.code is Code.UNAVAILABLE
    assert words.startswith(by_grpc.message.removesuffix("..."))
    assert delay_s(by_grpc.details) == 7
    assert (by_http.status, by_http.headers["retry-after"]) == (503, "7")


async def test_details_that_cannot_be_read_do_not_hide_the_refusal() -> None:
    async with (
        Sink(failure=Failure(Code.UNAVAILABLE, "full", b"\xff\xff")) as sink,
        relaying(sink.endpoint) as (door, _),
        grpc_sender(door.grpc.port) as sender,
    ):
        assert await sender.send() == GrpcReply(Code.UNAVAILABLE, "full")
        by_http = await post(door.http.port)
    assert Status.FromString(by_http.body) == Status(code=14, message="full")
