"""What a next hop over HTTP answers is what the sender hears, through either door."""

from __future__ import annotations

import gzip
import json
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from processor.errors import Code
from processor.forward.http_answer import MAX_BYTES, RETRYABLE, Said, refusal, success
from processor.model import Signal
from tests.doubles.rpc_status import Status, delay_s
from tests.doubles.sink import Failure, Sink
from tests.doubles.web_sink import Told, WebSink
from tests.wire.hops import relaying
from tests.wire.senders import GrpcReply, grpc_sender, post
from tests.wire.test_in_kind import FACES, WORDS, delayed

if TYPE_CHECKING:
    import grpc

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json; charset=utf-8"}


class Heard(NamedTuple):
    """What the sender hears: its code over gRPC, its status over HTTP."""

    code: grpc.StatusCode
    status: int
    delay: str | None = None


# https://opentelemetry.io/docs/specs/otlp/#otlphttp-response: the next hop's status, its Retry-After.
STATUSES = {
    (400, None): Heard(Code.INVALID_ARGUMENT, 400),
    (401, None): Heard(Code.UNAUTHENTICATED, 401),
    (403, None): Heard(Code.PERMISSION_DENIED, 403),
    (404, None): Heard(Code.UNIMPLEMENTED, 404),
    (405, None): Heard(Code.UNKNOWN, 500),
    (408, None): Heard(Code.UNKNOWN, 500),
    (409, None): Heard(Code.UNKNOWN, 500),
    (413, None): Heard(Code.RESOURCE_EXHAUSTED, 413),
    (413, "7"): Heard(Code.RESOURCE_EXHAUSTED, 413),
    (415, None): Heard(Code.UNKNOWN, 500),
    (418, None): Heard(Code.UNKNOWN, 500),
    # Over gRPC RESOURCE_EXHAUSTED is retryable with a delay alone.
    (429, None): Heard(Code.UNAVAILABLE, 429),
    (429, "7"): Heard(Code.RESOURCE_EXHAUSTED, 429, "7"),
    (429, "0"): Heard(Code.RESOURCE_EXHAUSTED, 429, "0"),
    (500, None): Heard(Code.UNKNOWN, 500),
    (500, "7"): Heard(Code.UNKNOWN, 500),
    (501, None): Heard(Code.UNKNOWN, 500),
    (502, None): Heard(Code.UNAVAILABLE, 503),
    (502, "7"): Heard(Code.UNAVAILABLE, 503, "7"),
    (503, None): Heard(Code.UNAVAILABLE, 503),
    (503, "7"): Heard(Code.UNAVAILABLE, 503, "7"),
    (503, "soon"): Heard(Code.UNAVAILABLE, 503),
    (504, None): Heard(Code.UNAVAILABLE, 503),
    (504, "7"): Heard(Code.UNAVAILABLE, 503, "7"),
    (507, None): Heard(Code.UNKNOWN, 500),
}


@pytest.mark.parametrize("body", ["none", "protobuf", "json"])
@pytest.mark.parametrize(
    ("status", "delay", "heard"),
    [
        pytest.param(status, delay, heard, id=f"{status}{f'-after-{delay}' if delay else ''}")
        for (status, delay), heard in STATUSES.items()
    ],
)
async def test_a_refusal_goes_up_in_kind(
    status: int, delay: str | None, heard: Heard, body: str
) -> None:
    bodies: dict[str, tuple[bytes, dict[str, str]]] = {
        "none": (b"", {}),
        "protobuf": (Status(message=WORDS).SerializeToString(), PROTOBUF),
        "json": (json.dumps({"message": WORDS}).encode(), JSON),
    }
    content, headers = bodies[body]
    after = {"retry-after": delay} if delay else {}
    async with (
        WebSink(told=Told(status, content, headers | after)) as sink,
        relaying(sink.url) as (door, _),
        grpc_sender(door.grpc.port) as sender,
    ):
        by_grpc = await sender.send(b"spans")
        by_http = await post(door.http.port, b"spans")
    said = WORDS if content else f"{sink.url}/v1/traces answers {status}"
    assert (by_grpc.code, by_grpc.message) == (heard.code, said)
    assert (by_http.status, by_http.headers.get("retry-after")) == heard[1:]
    assert (delay_s(by_grpc.details) if by_grpc.details else None) == (
        float(heard.delay) if heard.delay else None
    )
    assert sink.bodies == [b"spans", b"spans"]


async def test_every_other_status_of_http_is_final_at_both_doors() -> None:
    """https://opentelemetry.io/docs/specs/otlp/#failures-1: all but four must not be tried again."""
    known = {status for status, _ in STATUSES}
    others = {status.value for status in HTTPStatus if status >= 400} | {420, 499, 520, 599}
    async with (
        WebSink() as sink,
        relaying(sink.url) as (door, _),
        grpc_sender(door.grpc.port) as sender,
    ):
        for status in sorted(others - known):
            sink.told = Told(status, b"", {"retry-after": "7"})
            by_grpc = await sender.send(b"spans")
            by_http = await post(door.http.port, b"spans")
            assert (by_grpc.code, by_grpc.details) == (Code.UNKNOWN, b""), status
            assert (by_http.status, by_http.headers.get("retry-after")) == (500, None), status


@pytest.mark.parametrize("with_delay", [False, True], ids=["", "with-delay"])
@pytest.mark.parametrize("code", FACES, ids=[code.name.lower() for code in FACES])
async def test_every_code_survives_a_hop_over_http(code: Code, *, with_delay: bool) -> None:
    """A sender, our door, HTTP, a second door of ours, gRPC, a next hop that refuses."""
    details = delayed(code) if with_delay else b""
    async with (
        Sink(failure=Failure(code, WORDS, details)) as sink,
        relaying(sink.endpoint) as (second, _),
        relaying(f"http://127.0.0.1:{second.http.port}", compression="none") as (first, _),
        grpc_sender(first.grpc.port) as sender,
    ):
        by_grpc = await sender.send(b"spans")
        by_http = await post(first.http.port, b"spans")
    assert by_grpc.code is code
    assert by_http.status == FACES[code][with_delay]
    if with_delay:
        assert by_grpc == GrpcReply(code, WORDS, details)
        assert by_http.body == details


async def test_a_date_to_come_back_at_is_a_delay() -> None:
    now_s = 1_790_000_000.0
    said = Said(503, {"retry-after": formatdate(now_s + 90, usegmt=True)}, b"")
    assert refusal(said, "u", now_s).retry_after_s == 90
    assert refusal(said, "u", now_s + 1000).retry_after_s == 0


async def test_the_delay_may_stand_in_the_body_alone() -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2.5s"}
    body = json.dumps({"code": 8, "message": "full", "details": [{"@type": "x"}, info]})
    heard = refusal(Said(429, {"content-type": "application/json"}, body.encode()), "u", 0)
    assert (heard.code, heard.message, heard.retry_after_s) == (
        Code.RESOURCE_EXHAUSTED,
        "full",
        2.5,
    )


async def test_the_header_rounds_what_the_body_says_exactly() -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2.5s"}
    body = json.dumps({"code": 14, "message": "full", "details": [info]}).encode()
    headers = {"content-type": "application/json", "retry-after": "3"}
    assert refusal(Said(503, headers, body), "u", 0).retry_after_s == 2.5
    assert refusal(Said(503, headers | {"retry-after": "9"}, body), "u", 0).retry_after_s == 9


async def test_a_code_that_contradicts_the_status_is_not_believed() -> None:
    for status, number in ((503, 3), (400, 14), (500, 14), (413, 0), (503, 8), (429, 99)):
        body = Status(code=number, message="m").SerializeToString()
        heard = refusal(Said(status, dict(PROTOBUF), body), "u", 0)
        assert heard.retryable == (status in RETRYABLE), status
        assert heard.message == "m"


@given(
    status=st.integers(300, 599),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "content-encoding", "retry-after", "location"]),
        st.sampled_from(["application/json", "application/x-protobuf", "gzip", "9", "1e9", "Ⅷ"])
        | st.text(),
    ),
    body=st.binary(max_size=300) | st.just(b"[" * 60_000) | st.just(b'{"code": {}}'),
    now_s=st.floats(0, 4e9),
)
def test_whatever_is_answered_is_a_refusal_as_retryable_as_its_status(
    status: int, headers: dict[str, str], body: bytes, now_s: float
) -> None:
    heard = refusal(Said(status, headers, body), "http://hop", now_s)
    assert heard.retryable == (status in RETRYABLE)
    assert heard.status()


async def test_a_redirect_is_not_followed_and_says_where_it_leads() -> None:
    async with WebSink() as other:
        told = Told(308, b"", {"location": f"{other.url}/v1/traces?token=secret"})
        async with (
            WebSink(told=told) as sink,
            relaying(sink.url) as (door, _),
            grpc_sender(door.grpc.port) as sender,
        ):
            reply = await sender.send(b"spans")
    assert reply.code is Code.UNKNOWN
    assert f"which leads to {other.url}/v1/traces; write that" in reply.message
    assert "secret" not in reply.message
    assert other.posted == []


def partial() -> bytes:
    response = ExportTraceServiceResponse()
    response.partial_success.rejected_spans = 3
    response.partial_success.error_message = "three were too old"
    written: bytes = response.SerializeToString()
    return written


PARTIAL_JSON = (
    b'{"partialSuccess": {"rejectedSpans": "3", "errorMessage": "three were too old"}}'
)


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        pytest.param(Told(), b"", id="all"),
        pytest.param(Told(202, b"{}", JSON), b"", id="all-in-json"),
        pytest.param(Told(200, b'{"partialSuccess":null}', JSON), b"", id="null"),
        pytest.param(
            Told(200, partial() + b"\xfa\x01\x03new"),
            partial() + b"\xfa\x01\x03new",
            id="partial-byte-for-byte",
        ),
        pytest.param(Told(200, PARTIAL_JSON, JSON), partial(), id="partial-in-json"),
        pytest.param(
            Told(200, gzip.compress(PARTIAL_JSON), JSON | {"content-encoding": "gzip"}),
            partial(),
            id="packed-without-being-asked",
        ),
    ],
)
async def test_a_success_goes_up_with_what_was_rejected(told: Told, answer: bytes) -> None:
    async with (
        WebSink(told=told) as sink,
        relaying(sink.url) as (door, _),
        grpc_sender(door.grpc.port) as sender,
    ):
        assert await sender.send(b"spans") == GrpcReply(Code.OK, body=answer)
        by_http = await post(door.http.port, b"spans")
    assert (by_http.status, by_http.body) == (200, answer)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(b"<html>welcome</html>", {"content-type": "text/html"}, id="a-page"),
        pytest.param(b"\xff\xff", PROTOBUF, id="no-protobuf"),
        pytest.param(b'{"partialSuccess": 7}', JSON, id="no-partial-success"),
        pytest.param(b"[" * 60_000, JSON, id="deep"),
        pytest.param(bytes(MAX_BYTES + 1), PROTOBUF, id="long"),
        pytest.param(
            gzip.compress(bytes(2**24)), PROTOBUF | {"content-encoding": "gzip"}, id="bomb"
        ),
    ],
)
async def test_a_success_that_nobody_can_read_is_one_and_is_said_once(
    body: bytes, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        WebSink(told=Told(200, body, headers)) as sink,
        relaying(sink.url) as (door, _),
        grpc_sender(door.grpc.port) as sender,
    ):
        assert await sender.send(b"spans") == GrpcReply(Code.OK)
        assert await sender.send(b"spans") == GrpcReply(Code.OK)
    said = [
        record.getMessage() for record in caplog.records if "no OTLP" in record.getMessage()
    ]
    assert len(said) == 1


async def test_each_signal_names_what_it_rejects() -> None:
    for signal, name in (
        (Signal.METRICS, "rejectedDataPoints"),
        (Signal.LOGS, "rejectedLogRecords"),
    ):
        body = json.dumps({"partialSuccess": {name: 2}}).encode()
        read = success(Said(200, {"content-type": "application/json"}, body), signal)
        assert ExportTraceServiceResponse.FromString(read).partial_success.rejected_spans == 2
