"""Bodies over HTTP: JSON and protobuf, packed in every way, bombs and broken ones, both answers."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from processor.errors import Code, Refusal
from processor.model import Signal
from processor.receive.unpack import MOST_BYTES, Packed, unpacked
from processor.wire.otlp_json import text_of, to_json
from tests.bench.load import request
from tests.doubles.intake import Echo
from tests.doubles.rpc_status import Status
from tests.doubles.sink import Failure, Sink
from tests.wire.hops import doors, relaying
from tests.wire.senders import PROTOBUF, HttpReply, post
from tests.wire.test_in_kind import WORDS, delayed

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = {"content-type": "application/json"}
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "zlib": zlib.compress,
    "deflate": zlib.compress,
}
SPANS = request(20, 1, 100, seed=6)
SPANS_JSON = text_of(to_json(SPANS, Signal.TRACES))
LARGE = request(500, 1, 1000, seed=7)


def packed(encoding: str, more: dict[str, str] | None = None) -> dict[str, str]:
    return {**(more or PROTOBUF), "content-encoding": encoding}


def said(reply: HttpReply) -> str:
    """The words of an error, in whichever form it came."""
    if reply.headers["content-type"] == "application/json":
        words: str = json.loads(reply.body)["message"]
        return words
    return str(Status.FromString(reply.body).message)


@pytest.mark.parametrize("body", [b"", b"spans", SPANS, LARGE], ids=len)
@pytest.mark.parametrize("encoding", [*PACK, "identity", "", "GZIP", "x-gzip"])
async def test_a_packed_body_arrives_as_the_bytes_it_was(encoding: str, body: bytes) -> None:
    pack = PACK.get(encoding.lower().removeprefix("x-"), bytes)
    async with doors(Echo()) as door:
        reply = await post(door.http.port, pack(body), headers=packed(encoding))
        assert door.admission.in_flight_bytes == 0
    assert (reply.status, reply.body) == (200, body)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=UTF-8",
        "application/json;x",
    ],
)
@pytest.mark.parametrize("encoding", [*PACK, "identity"])
async def test_json_arrives_as_the_protobuf_it_says(encoding: str, content_type: str) -> None:
    echo = Echo(answer=b"")
    body = PACK.get(encoding, bytes)(SPANS_JSON)
    async with doors(echo) as door:
        headers = packed(encoding, {"content-type": content_type})
        reply = await post(door.http.port, body, headers=headers)
    assert (reply.status, reply.headers["content-type"], reply.body) == (
        200,
        "application/json",
        b"{}",
    )
    arrived = ExportTraceServiceRequest.FromString(echo.asked[0][1])
    assert arrived == ExportTraceServiceRequest.FromString(SPANS)


async def test_large_json_is_read_aside_and_arrives_the_same() -> None:
    echo = Echo(answer=b"")
    async with doors(echo, limit_bytes=2**22) as door:
        body = text_of(to_json(LARGE, Signal.TRACES))
        async with asyncio.TaskGroup() as tasks:
            for _ in range(3):
                tasks.create_task(post(door.http.port, body, headers=JSON))
        assert door.admission.in_flight_bytes == 0
    whole = ExportTraceServiceRequest.FromString(LARGE)
    assert [ExportTraceServiceRequest.FromString(body) for _, body, _ in echo.asked] == [
        whole
    ] * 3


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        pytest.param({"content-type": "text/plain"}, "content-type must be", id="text"),
        pytest.param({"content-type": "application/jsonl"}, "content-type must be", id="jsonl"),
        pytest.param({}, "content-type must be", id="no-type"),
        pytest.param(packed("br"), "content-encoding br is not taken here", id="br"),
        pytest.param(packed("snappy"), "send gzip, zstd, zlib, deflate, identity", id="snappy"),
        pytest.param(packed("gzip, gzip"), "content-encoding gzip, gzip is not", id="twice"),
        pytest.param(packed("lz4", JSON), "content-encoding lz4 is not taken", id="json"),
    ],
)
async def test_what_is_not_taken_is_415_and_says_what_is(
    headers: dict[str, str], words: str
) -> None:
    echo = Echo()
    async with doors(echo) as door:
        reply = await post(door.http.port, b"{}", headers=headers)
    assert reply.status == 415
    assert words in said(reply)
    assert ("accept-encoding" in reply.headers) == ("content-encoding" in headers)
    speaks_json = headers.get("content-type") == "application/json"
    assert reply.headers["content-type"] == (JSON if speaks_json else PROTOBUF)["content-type"]
    assert echo.asked == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(b"", "is no JSON", id="empty"),
        pytest.param(b'{"resourceSpans":', "is no JSON: Expecting value: line 1", id="cut"),
        pytest.param(b"[]", "is no ExportTraceServiceRequest", id="a-list"),
        pytest.param(b'{"resourceSpans": {}}', "resourceSpans: is no list", id="no-list"),
        pytest.param(b"\xff{}", "is no UTF-8 text", id="not-utf-8"),
        pytest.param(b"[" * 100_000, "nested too deeply", id="deep-lists"),
        pytest.param(b'{"a":' * 500_000, "nested too deeply", id="deep-objects"),
        pytest.param(b'{"x":' + b"9" * 10_000 + b"}", "is no JSON", id="long-number"),
    ],
)
async def test_what_is_no_otlp_json_is_400_in_json(body: bytes, words: str) -> None:
    async with doors(Echo(answer=b""), limit_bytes=2**22) as door:
        reply = await post(door.http.port, body, headers=JSON)
        again = await post(door.http.port, b"{}", headers=JSON)
    assert (reply.status, reply.headers["content-type"]) == (400, "application/json")
    assert words in said(reply)
    assert json.loads(reply.body)["code"] == 3
    assert again.status == 200


def deep_value(depth: int) -> bytes:
    value = b'{"arrayValue":{"values":[' * depth + b'{"stringValue":"x"}' + b"]}}" * depth
    span = b'{"name":"deep","attributes":[{"key":"k","value":' + value + b"}]}"
    return b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + span + b"]}]}]}"


async def test_values_may_nest_as_deep_as_protobuf_lets_them_and_no_deeper() -> None:
    async with doors(Echo(answer=b"")) as door:
        replies = [
            await post(door.http.port, deep_value(depth), headers=JSON)
            for depth in (40, 60, 300)
        ]
    assert [reply.status for reply in replies] == [200, 400, 400]
    assert said(replies[1]).endswith("is nested too deeply")


async def test_more_values_than_memory_is_meant_for_are_413(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("processor.receive.http_body.MAX_JSON_VALUES", 1000)
    many = b'{"x":[' + b"0," * 1000 + b"0]}"
    quoted = b'{"x":"' + b'\\",[{' * 1000 + b'"}'
    async with doors(Echo(answer=b"")) as door:
        assert (await post(door.http.port, many, headers=JSON)).status == 413
        assert (await post(door.http.port, quoted, headers=JSON)).status == 200


@pytest.mark.parametrize("headers", [PROTOBUF, JSON], ids=["protobuf", "json"])
@pytest.mark.parametrize("encoding", PACK)
async def test_a_bomb_is_413_early_and_the_next_request_is_served(
    encoding: str, headers: dict[str, str]
) -> None:
    bomb = PACK[encoding](bytes(200 * 2**20))
    echo = Echo(answer=b"")
    async with doors(echo, limit_bytes=2**20, in_flight_bytes=2**21) as door:
        reply = await post(door.http.port, bomb, headers=packed(encoding, headers))
        assert (reply.status, said(reply)) == (
            413,
            "request is larger than the limit of 1048576 bytes",
        )
        assert door.admission.in_flight_bytes == 0
        assert (await post(door.http.port, b"{}", headers=headers)).status == 200


@pytest.mark.parametrize("encoding", PACK)
def test_no_piece_is_larger_than_said(encoding: str) -> None:
    sizes = [len(piece) for piece in unpacked(PACK[encoding](bytes(50 * 2**20)), encoding)]
    assert sum(sizes) == 50 * 2**20
    assert max(sizes) <= MOST_BYTES


@pytest.mark.parametrize("encoding", PACK)
@pytest.mark.parametrize("keep", [0, 1, 9, -1])
def test_what_ends_too_early_is_told(encoding: str, keep: int) -> None:
    with pytest.raises(Packed, match="ends in the middle"):
        list(unpacked(PACK[encoding](LARGE)[:keep], encoding))


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_frames_may_follow_each_other_but_not_without_end(encoding: str) -> None:
    pack = PACK[encoding]
    assert b"".join(unpacked(pack(b"a") + pack(b"") + pack(b"b"), encoding)) == b"ab"
    with pytest.raises(Packed, match="too many frames"):
        list(unpacked(pack(b"") * 20_000, encoding))


@pytest.mark.parametrize("encoding", PACK)
async def test_what_is_not_what_its_encoding_says_is_400(encoding: str) -> None:
    body = b"not packed" if encoding != "gzip" else PACK["gzip"](LARGE)[:-5] + b"rot"
    async with doors(Echo()) as door:
        reply = await post(door.http.port, body, headers=packed(encoding))
    assert (reply.status, said(reply)[: 24 + len(encoding)]) == (
        400,
        f"the body is not {encoding}, as its",
    )


async def test_what_admission_has_no_room_for_once_unpacked_may_come_again() -> None:
    async with doors(Echo(), in_flight_bytes=2**20) as door:
        with door.admission.hold() as others:
            others.take(2**19)
            reply = await post(
                door.http.port, gzip.compress(bytes(2**19 + 1)), headers=packed("gzip")
            )
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        assert door.admission.in_flight_bytes == 0


async def test_refusals_of_the_next_hop_are_json_for_who_sends_json() -> None:
    details = delayed(Code.UNAVAILABLE)
    async with (
        Sink(failure=Failure(Code.UNAVAILABLE, WORDS, details)) as sink,
        relaying(sink.endpoint) as (door, _),
    ):
        reply = await post(door.http.port, SPANS_JSON, headers=JSON)
    assert (reply.status, reply.headers["retry-after"]) == (503, "7")
    status: dict[str, Any] = json.loads(reply.body)
    assert (status["code"], status["message"]) == (14, WORDS)
    kinds = {detail["@type"].rpartition(".")[2]: detail for detail in status["details"]}
    assert kinds["RetryInfo"]["retryDelay"] == "7s"
    assert kinds["DebugInfo"]["detail"] == "theirs"


async def test_our_own_delay_is_in_json_too() -> None:
    async with doors(
        Echo(fails_with=Refusal(Code.UNAVAILABLE, "full", retry_after_s=1.5))
    ) as door:
        reply = await post(door.http.port, b"{}", headers=JSON)
    assert (reply.status, reply.headers["retry-after"]) == (503, "2")
    (detail,) = json.loads(reply.body)["details"]
    assert detail == {
        "@type": "type.googleapis.com/google.rpc.RetryInfo",
        "retryDelay": "1.500s",
    }


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(b"\xff\xff", b"{}", id="unreadable-but-taken"),
        pytest.param(b"\xfa\x01\x03new", b"{}", id="field-of-a-later-version"),
    ],
)
async def test_an_answer_that_json_cannot_say_is_success(
    answer: bytes, expected: bytes
) -> None:
    async with doors(Echo(answer=answer)) as door:
        reply = await post(door.http.port, b"{}", headers=JSON)
    assert (reply.status, reply.body) == (200, expected)


async def test_partial_success_is_told_in_json() -> None:
    partial = ExportTraceServiceResponse()
    partial.partial_success.rejected_spans = 3
    partial.partial_success.error_message = "three were too old"
    async with doors(Echo(answer=partial.SerializeToString())) as door:
        reply = await post(door.http.port, b"{}", headers=JSON)
    assert json.loads(reply.body) == {
        "partialSuccess": {"rejectedSpans": "3", "errorMessage": "three were too old"}
    }
