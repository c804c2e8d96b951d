"""Bodies that mean harm, through the running service: bombs, too large, too deep, broken.

Each is refused in words its sender can use, within a bound of memory; the next request is served.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import zlib
from typing import TYPE_CHECKING, Final

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processor.errors import Code
from processor.model import Signal
from processor.wire.otlp_json import text_of, to_json
from tests.faults.frames import (
    DATA,
    END_STREAM,
    LONGEST,
    REQUEST,
    connected,
    frame,
    headers,
    literal,
    message,
)
from tests.faults.hostile import IN_FLIGHT_MIB, Target
from tests.fuzz import soup
from tests.service.calls import chat, sent
from tests.wire.senders import PROTOBUF, HttpReply, grpc_sender, post

if TYPE_CHECKING:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
        ExportTraceServiceRequest,
    )

    from tests.faults.tally import Tally

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXAMPLES: Final = int(os.environ.get("GENAI_COST_EXAMPLES", "40"))  # noqa: TID251 - how long it runs
MIB: Final = 2**20
LIMIT: Final = 64 * MIB
WINDOW: Final = 65_535
"""What a peer may send of a stream before it is told to go on."""
STATUSES: Final = ("grpc-status\x018", "grpc-status\x0214", "grpc-status\x013")
"""Too large, too much at once, no OTLP."""
JSON: Final = {"content-type": "application/json"}
ZEROS: Final = bytes(MIB)


def squeezed(encoding: str, mib: int) -> bytes:
    """So many MiB of nothing in a few KiB."""
    if encoding == "zstd":
        packing = zstandard.ZstdCompressor(level=1).compressobj()
        return b"".join(packing.compress(ZEROS) for _ in range(mib)) + packing.flush()
    deflating = zlib.compressobj(1, zlib.DEFLATED, 31 if encoding == "gzip" else 15)
    return b"".join(deflating.compress(ZEROS) for _ in range(mib)) + deflating.flush()


async def by_http(target: Target, body: bytes, **headers: str) -> HttpReply:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return await post(target.http, body, headers={**PROTOBUF, **more}, timeout_s=60)


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "deflate"])
async def test_bombs_over_http(target: Target, encoding: str) -> None:
    bomb = squeezed(encoding, 512)
    async with target.stays_well(
        f"8 bombs of 512 MiB, {encoding}", IN_FLIGHT_MIB + 64
    ) as tally:
        async with asyncio.TaskGroup() as tasks:
            sending = [
                tasks.create_task(by_http(target, bomb, content_encoding=encoding))
                for _ in range(8)
            ]
        for each in sending:
            tally.heard += 1
            tally.refused[str(each.result().status)] += 1
    assert set(tally.refused) <= {"413", "503"}  # too large, or too much at once
    assert tally.refused["413"]


async def test_a_bomb_in_a_bomb_is_unpacked_once(target: Target) -> None:
    async with target.stays_well("a bomb in a bomb", 64):
        body = gzip.compress(squeezed("gzip", 1024))
        assert (await by_http(target, body, content_encoding="gzip")).status == 400


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
@pytest.mark.parametrize("size", [LIMIT - MIB, LIMIT + 1])
async def test_bombs_over_grpc(target: Target, packing: str, size: int) -> None:
    """Within the limit and over it, many at once, each on a connection that cares for nothing."""
    bomb = message(exactly(packing, size), packed=True)
    assert len(bomb) < WINDOW
    block = REQUEST + literal(b"grpc-encoding", packing.encode())
    frames = b"".join(
        frame(
            DATA,
            bomb[at : at + LONGEST],
            stream=1,
            flags=END_STREAM * (at + LONGEST >= len(bomb)),
        )
        for at in range(0, len(bomb), LONGEST)
    )

    async def throw(tally: Tally) -> None:
        async with connected(target.grpc) as peer:
            await peer.write(headers(1, block) + frames)
            end = await peer.until_end_of(1)
        tally.heard += 1
        assert end is not None
        tally.refused[next(word for word in STATUSES if word.encode() in end.payload)] += 1

    what = f"16 bombs of {size} bytes, gRPC {packing}"
    bound_mib = 2 * IN_FLIGHT_MIB + 64
    async with target.stays_well(what, bound_mib) as tally, asyncio.TaskGroup() as tasks:
        for _ in range(16):
            tasks.create_task(throw(tally))


def exactly(packing: str, size: int) -> bytes:
    """So many zeros, packed as small as they can be."""
    deflating = zlib.compressobj(9, zlib.DEFLATED, 31 if packing == "gzip" else 15)
    return deflating.compress(bytes(size)) + deflating.flush()


async def test_a_byte_more_than_64_mib(target: Target) -> None:
    body = bytes(LIMIT + 1)
    async with target.stays_well("64 MiB and a byte, at both doors", IN_FLIGHT_MIB) as tally:
        async with grpc_sender(target.grpc) as sender:
            reply = await sender.send(body, timeout_s=60)
        assert reply.code is Code.RESOURCE_EXHAUSTED
        assert (await by_http(target, body)).status == 413
        packed = gzip.compress(body, 1)
        assert (await by_http(target, packed, content_encoding="gzip")).status == 413
        tally.refused["too large"] = tally.heard = 3


async def test_64_mib_are_taken(target: Target) -> None:
    """The largest request that is one, at both doors; bytes of a field nobody knows."""
    body = padded(LIMIT)
    async with target.stays_well("64 MiB, at both doors", IN_FLIGHT_MIB) as tally:
        async with grpc_sender(target.grpc) as sender:
            assert (await sender.send(body, timeout_s=60)).code is Code.OK
        assert (await by_http(target, body)).status == 200
        tally.heard = 2
    assert [each.body for each in target.hop.sink.arrivals].count(body) == 2
    target.hop.sink.arrivals.clear()


def padded(size: int) -> bytes:
    """A request of just this size, by a field of a number that OTLP does not use."""
    body = sent(chat(more={})).replace(b"gen_ai.", b"no_one.")
    rest = size - len(body) - 2 - 4
    length = bytes(
        [rest & 127 | 128, rest >> 7 & 127 | 128, rest >> 14 & 127 | 128, rest >> 21]
    )
    padding = b"\xfa\x7f" + length + bytes(rest)
    assert len(body) + len(padding) == size
    return body + padding


DEEP: Final[dict[str, bytes]] = {
    "lists": b"[" * 2_000_000,
    "closed-lists": b"[" * 100_000 + b"]" * 100_000,
    "objects": b'{"a":' * 400_000,
    "values": b'{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":'
    + b'{"arrayValue":{"values":[' * 50_000,
    "closed-values": b'{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":'
    + b'{"arrayValue":{"values":[' * 50_000
    + b"]}}" * 50_000
    + b"}]}}]}",
    "numbers": b'{"resourceSpans":' + b"9" * 2_000_000 + b"}",
    "many-values": b"[" + b"1," * 8_000_000 + b"1]",
    "many-keys": b"{" + b",".join(b'"%d":1' % n for n in range(400_000)) + b"}",
    "not-utf-8": b'{"resourceSpans":"\xff\xfe"}',
    "nan": b'{"resourceSpans":NaN}',
    "nothing": b"",
    "bom": b"\xef\xbb\xbf{}",
}


@pytest.mark.parametrize("shape", DEEP)
async def test_json_that_means_harm(target: Target, shape: str) -> None:
    async with target.stays_well(f"JSON: {shape}", IN_FLIGHT_MIB + 128) as tally:
        reply = await post(target.http, DEEP[shape], headers=JSON, timeout_s=60)
        tally.heard = 1
        tally.refused[str(reply.status)] += 1
        assert reply.status in ({200} if shape in {"many-keys", "bom"} else {400, 413}), (
            reply.body
        )


@pytest.mark.parametrize("depth", [100, 10_000, 200_000])
async def test_protobuf_without_a_bottom(target: Target, depth: int) -> None:
    """Values in values: taken or refused, at both doors alike."""
    value = field(1, b"gen_ai.input.messages") + field(2, nested(depth))
    span = chat().SerializeToString() + field(9, value)
    body = field(1, field(2, field(2, span)))
    async with target.stays_well(f"protobuf, {depth} deep", 128) as tally:
        async with grpc_sender(target.grpc) as sender:
            reply = await sender.send(body)
        status = (await by_http(target, body)).status
        tally.heard = 2
        tally.refused[reply.code.name] += 1
        tally.refused[str(status)] += 1
    assert (reply.code, status) in {(Code.OK, 200), (Code.INVALID_ARGUMENT, 400)}


def nested(depth: int) -> bytes:
    """Lists in lists, as values: made from the inside, in one pass."""
    size, heads = 0, list[bytes]()
    for _ in range(depth):
        for number in (1, 5):  # values, array_value
            heads.append(bytes([number << 3 | 2]) + varint(size))
            size += len(heads[-1])
    return b"".join(reversed(heads))


def field(number: int, value: bytes) -> bytes:
    """A field of protobuf with its length."""
    return bytes([number << 3 | 2]) + varint(len(value)) + value


def varint(value: int) -> bytes:
    made = b""
    while value > 127:
        made += bytes([value & 127 | 128])
        value >>= 7
    return made + bytes([value])


LAW: Final = settings(
    deadline=None,
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
CUTS: Final = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=6)), max_size=4
)


def damaged(body: bytes, cuts: list[tuple[float, int, bytes]]) -> bytes:
    """The same with pieces taken out and others put in."""
    for at, length, instead in cuts:
        start = int(at * len(body))
        body = body[:start] + instead + body[start + length :]
    return body


@LAW
@given(made=soup.requests, cuts=CUTS)
async def test_any_protobuf(
    made: ExportTraceServiceRequest, cuts: list[tuple[float, int, bytes]], target: Target
) -> None:
    """Whole or broken: both doors say the same, and say no more than yes or no."""
    body = damaged(made.SerializeToString(), cuts)
    by_grpc = (await target.hop.send(body)).code
    status = (await by_http(target, body)).status
    assert (by_grpc, status) in {(Code.OK, 200), (Code.INVALID_ARGUMENT, 400)}


@LAW
@given(made=soup.requests, cuts=CUTS)
async def test_any_json(
    made: ExportTraceServiceRequest, cuts: list[tuple[float, int, bytes]], target: Target
) -> None:
    text = text_of(to_json(made.SerializeToString(), Signal.TRACES))
    reply = await post(target.http, damaged(text, cuts), headers=JSON)
    assert reply.status in ({200, 400} if cuts else {200})


@LAW
@given(body=st.binary(max_size=300), encoding=st.sampled_from(["gzip", "zstd", "deflate"]))
async def test_any_bytes_as_something_packed(
    body: bytes, encoding: str, target: Target
) -> None:
    reply = await by_http(target, body, content_encoding=encoding)
    assert reply.status in {200, 400}


async def test_after_all_of_it(target: Target) -> None:
    async with target.stays_well("after all of it", 32):
        pass
