"""The way to a next hop over HTTP: paths, forms, TLS, deadlines, its death and return, cancellation."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from processor.errors import Code, ConfigError, Refusal
from processor.forward.client_tls import context
from processor.forward.http_exporter import HttpExporter, HttpTarget
from processor.forward.replaced import Renewal
from processor.model import Batch, Signal, Terms
from processor.settings import TlsSettings
from processor.wire import otlp_json
from tests.doubles.until import until
from tests.doubles.web import raw, web
from tests.doubles.web_sink import Told, WebSink
from tests.fetch.certificates import Authority
from tests.service.calls import chat
from tests.service.calls import sent as request
from tests.wire.hops import http_exporter, relaying
from tests.wire.senders import grpc_sender, post

if TYPE_CHECKING:
    from collections.abc import Mapping

BATCH = Batch(Signal.TRACES, b"spans")


async def sent(batch: Batch = BATCH, terms: Terms | None = None, **target: Any) -> WebSink:
    """What arrived at a next hop spoken to like this."""
    async with WebSink() as sink, http_exporter(sink.url, **target) as hop:
        await hop.send(batch, terms or Terms())
    return sink


@pytest.mark.parametrize("signal", list(Signal))
async def test_each_signal_goes_to_its_own_path(signal: Signal) -> None:
    sink = await sent(Batch(signal, b"x"))
    assert [each.path for each in sink.posted] == [f"/v1/{signal}"]


@pytest.mark.parametrize("size", [5, 100_000, 3_000_000])
@pytest.mark.parametrize(
    ("compression", "level"),
    [
        ("gzip", None),
        ("gzip", 1),
        ("zstd", None),
        ("zstd", 11),
        ("zlib", 9),
        ("deflate", None),
        ("none", None),
    ],
)
async def test_the_next_hop_reads_what_was_sent_however_compressed(
    compression: Any, level: int | None, size: int
) -> None:
    body = (b"spans" * size)[:size]
    sink = await sent(Batch(Signal.LOGS, body), compression=compression, level=level)
    (arrived,) = sink.posted
    assert arrived.body == body
    assert arrived.headers.get("content-encoding", "none") == compression
    assert arrived.headers["content-type"] == "application/x-protobuf"
    assert "accept-encoding" not in arrived.headers


@pytest.mark.parametrize("calls", [1, 300])
async def test_json_says_what_the_bytes_do(calls: int) -> None:
    body = request(*(chat() for _ in range(calls)))
    sink = await sent(Batch(Signal.TRACES, body), encoding="json")
    (arrived,) = sink.posted
    assert arrived.headers["content-type"] == "application/json"
    assert otlp_json.to_protobuf(json.loads(arrived.body), Signal.TRACES) == body


async def test_what_cannot_be_said_in_json_is_refused_for_good() -> None:
    async with WebSink() as sink, http_exporter(sink.url, encoding="json") as hop:
        with pytest.raises(Refusal, match="cannot be sent as JSON") as caught:
            await hop.send(Batch(Signal.TRACES, b"\xff"), Terms())
    assert (caught.value.code, sink.posted) == (Code.INVALID_ARGUMENT, [])


async def test_headers_of_ours_stand_over_the_operators_over_the_senders() -> None:
    urls = {Signal.TRACES: ""}
    async with WebSink() as sink:
        urls[Signal.TRACES] = f"{sink.url}/otlp/v1/traces?key=a%2Fb"
        target = HttpTarget(urls=urls, user_agent="genai-cost-processor/1.2.3")
        headers = {"Authorization": "Bearer ours", "x-scope-orgid": "a"}
        async with HttpExporter("otlp_http", target, headers=headers) as hop:
            passed_on = (
                ("authorization", "theirs"),
                ("x-tenant", "b"),
                ("content-type", "text/plain"),
                ("content-length", "7"),
            )
            await hop.send(BATCH, Terms(metadata=passed_on))
    (arrived,) = sink.posted
    assert arrived.path == "/otlp/v1/traces?key=a%2Fb"
    wanted = {
        "authorization": "Bearer ours",
        "x-scope-orgid": "a",
        "x-tenant": "b",
        "content-type": "application/x-protobuf",
        "user-agent": "genai-cost-processor/1.2.3",
    }
    assert arrived.headers.items() >= wanted.items()


async def test_a_cookie_is_not_brought_back() -> None:
    told = Told(headers={"set-cookie": "a=b"})
    async with WebSink(told=told) as sink, http_exporter(sink.url) as hop:
        await hop.send(BATCH, Terms())
        await hop.send(BATCH, Terms())
    assert ["cookie" in each.headers for each in sink.posted] == [False, False]


async def test_connections_are_kept_between_requests() -> None:
    async with WebSink() as sink, http_exporter(sink.url) as hop:
        for _ in range(3):
            await hop.send(BATCH, Terms())
    assert len({each.peer for each in sink.posted}) == 1


async def test_a_slow_next_hop_is_given_up_before_the_sender_gives_up() -> None:
    async with WebSink() as sink, relaying(sink.url) as (door, relay):
        sink.hold()
        async with grpc_sender(door.grpc.port) as sender:
            reply = await sender.send(timeout_s=0.6)
        await until(sink.cancelled.is_set)
    assert reply.code is Code.DEADLINE_EXCEEDED
    assert [refusal.message for refusal in relay.refusals] == [
        f"no answer from {sink.url}/v1/traces in time"
    ]


async def test_the_exporters_timeout_bounds_a_patient_sender() -> None:
    async with WebSink() as sink, relaying(sink.url, timeout_s=0.2) as (door, _):
        sink.hold()
        by_http = await post(door.http.port)
    assert by_http.status == 503


async def test_a_request_that_is_too_late_is_not_sent() -> None:
    target = HttpTarget(urls={Signal.TRACES: "http://127.0.0.1:1/"})
    async with HttpExporter("otlp_http", target, clock=lambda: 100.0) as hop:
        with pytest.raises(Refusal, match="DEADLINE_EXCEEDED: the sender's deadline was over"):
            await hop.send(BATCH, Terms(deadline=99.9))


async def test_a_next_hop_that_is_dead_is_unavailable_and_found_again() -> None:
    async with WebSink() as first:
        port = first.port
    async with (
        relaying(f"http://127.0.0.1:{port}") as (door, relay),
        grpc_sender(door.grpc.port) as sender,
    ):
        assert (await sender.send()).code is Code.UNAVAILABLE
        assert (await post(door.http.port)).status == 503
        async with WebSink(port=port) as second:
            assert (await sender.send(b"spans")).code is Code.OK
            assert second.bodies == [b"spans"]
    assert f"cannot reach http://127.0.0.1:{port}/v1/traces: " in relay.refusals[0].message


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="hangs-up"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal", id="half-an-answer"),
        pytest.param(b"\x16\x03\x01 what\r\n\r\n", id="no-http"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n", id="header-flood"
        ),
    ],
)
async def test_an_answer_that_is_none_may_be_tried_again(answer: bytes) -> None:
    async with web() as server:
        server.at(raw(answer), "/v1/traces")
        async with http_exporter(server.base) as hop:
            with pytest.raises(Refusal) as caught:
                await hop.send(BATCH, Terms())
    assert (caught.value.code, caught.value.retryable) == (Code.UNAVAILABLE, True)


async def test_a_sender_that_leaves_takes_its_request_along() -> None:
    async with WebSink() as sink, relaying(sink.url) as (door, _):
        sink.hold()
        async with grpc_sender(door.grpc.port) as sender, asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(sender.send())
            await until(lambda: sink.waiting == 1)
            sending.cancel()
        await until(sink.cancelled.is_set)
        assert door.admission.in_flight_bytes == 0


async def test_pipelines_may_share_it_and_the_first_to_leave_does_not_close_it() -> None:
    async with WebSink() as sink, http_exporter(sink.url) as hop:
        async with hop:
            await hop.send(BATCH, Terms())
        await hop.send(BATCH, Terms())
    assert sink.bodies == [b"spans", b"spans"]


# TLS


def pem(path: str) -> str:
    return Path(path).read_text()


@pytest.mark.parametrize("form", ["files", "pem", "system-and-files"])
async def test_a_next_hop_with_tls_is_known_and_knows_us(tmp_path: Path, form: str) -> None:
    ca = Authority(tmp_path)
    pair = ca.client(tmp_path)
    tls = TlsSettings(ca_file=ca.file, cert_file=pair[0], key_file=pair[1])
    if form == "pem":
        tls = TlsSettings(ca_pem=pem(ca.file), cert_pem=pem(pair[0]), key_pem=pem(pair[1]))
    elif form == "system-and-files":
        tls = tls._replace(include_system_ca_certs_pool=True, min_version="1.3")
    server = ca.server_for_known_clients("127.0.0.1")
    async with WebSink(tls=server) as sink, http_exporter(sink.url, tls=tls) as hop:
        await hop.send(BATCH, Terms())
    assert sink.bodies == [b"spans"]


@pytest.mark.parametrize(
    ("name", "keys", "words"),
    [
        pytest.param("127.0.0.1", {}, "certificate verify failed", id="unknown-ca"),
        pytest.param("hop.example", {"ca_file": True}, "verify failed", id="another-name"),
    ],
)
async def test_a_next_hop_that_is_not_the_one_meant_gets_nothing(
    tmp_path: Path, name: str, keys: Mapping[str, bool], words: str
) -> None:
    ca = Authority(tmp_path)
    tls = TlsSettings(ca_file=ca.file if keys else "")
    async with (
        WebSink(tls=ca.server(name)) as sink,
        http_exporter(sink.url, tls=tls) as hop,
    ):
        with pytest.raises(Refusal, match=words) as caught:
            await hop.send(BATCH, Terms())
    assert (caught.value.code, sink.posted) == (Code.UNAVAILABLE, [])


@pytest.mark.parametrize("how", ["server_name_override", "insecure_skip_verify"])
async def test_another_name_can_be_allowed(tmp_path: Path, how: str) -> None:
    ca = Authority(tmp_path)
    tls = TlsSettings(ca_file=ca.file, server_name_override="hop.example")
    if how == "insecure_skip_verify":
        tls = TlsSettings(insecure_skip_verify=True)
    async with (
        WebSink(tls=ca.server("hop.example")) as sink,
        http_exporter(sink.url, tls=tls) as hop,
    ):
        await hop.send(BATCH, Terms())
    assert sink.bodies == [b"spans"]


async def test_replaced_certificates_are_used_and_bad_ones_are_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old, new = Authority(tmp_path), Authority(tmp_path / "..")
    trusted = tmp_path / "trusted.pem"
    trusted.write_text(pem(old.file))
    caplog.set_level("INFO", "genai_cost")
    renewal = Renewal()
    async with WebSink(tls=new.server("127.0.0.1")) as sink:
        target = HttpTarget(
            urls={Signal.TRACES: f"{sink.url}/v1/traces"}, tls=TlsSettings(ca_file=str(trusted))
        )
        async with HttpExporter("otlp_http", target, renewal=renewal) as hop:
            for content in (None, "no certificate"):
                if content is not None:
                    trusted.write_text(content)
                    renewal.ask()
                with pytest.raises(Refusal, match="verify failed"):
                    await hop.send(BATCH, Terms())
            trusted.write_text(pem(new.file))
            renewal.ask()
            await hop.send(BATCH, Terms())
    assert sink.bodies == [b"spans"]
    said = [record.getMessage() for record in caplog.records]
    assert "the certificates in use stay" in said[0]
    assert said[1] == "otlp_http: certificates read again"


@pytest.mark.parametrize(
    ("tls", "problem"),
    [
        pytest.param(
            TlsSettings(ca_file="/nowhere/ca.pem"), "ca_file: cannot read", id="no-ca"
        ),
        pytest.param(TlsSettings(ca_file=__file__), "ca_file: holds no cert", id="bad-ca"),
        pytest.param(TlsSettings(ca_pem="x"), "ca_pem: holds no cert", id="bad-ca-pem"),
        pytest.param(TlsSettings(cert_file=__file__), "go together", id="half-a-pair"),
        pytest.param(
            TlsSettings(cert_file=__file__, key_file=__file__), "do not fit", id="bad-pair"
        ),
    ],
)
async def test_certificates_that_cannot_be_used_are_an_error_at_start(
    tls: TlsSettings, problem: str
) -> None:
    hop = http_exporter("https://127.0.0.1:1", tls=tls)
    with pytest.raises(ConfigError, match=rf"^exporters\.otlp_http\.tls.*{problem}"):
        await hop.__aenter__()


async def test_a_proxy_is_asked_for_it() -> None:
    async with web() as proxy:
        url = "http://hop.invalid:4318/v1/traces"
        proxy.at(raw(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), url)
        target = HttpTarget(
            urls={Signal.TRACES: url},
            proxies={url: proxy.base.replace("http://", "http://user:word@")},
        )
        async with HttpExporter("otlp_http", target) as hop:
            assert await hop.send(BATCH, Terms()) == b""
    (heard,) = proxy.heard
    assert heard.path == url
    assert heard.headers["proxy-authorization"].startswith("Basic ")


def test_tls_below_1_2_is_never_spoken(tmp_path: Path) -> None:
    made = context(TlsSettings(ca_file=Authority(tmp_path).file), "x")
    assert made.minimum_version is ssl.TLSVersion.TLSv1_2
