"""gRPC to the next hop beyond one plain connection: TLS, replaced files, several servers, credentials."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from processor.errors import Code, ConfigError, Refusal
from processor.forward.credentials import Credentials
from processor.forward.grpc_channel import GrpcTarget, _options  # pyright: ignore[reportPrivateUsage]
from processor.forward.grpc_exporter import GrpcExporter
from processor.forward.http_exporter import HttpExporter, HttpTarget
from processor.forward.replaced import Files, Renewal
from processor.model import Batch, Signal, Terms
from processor.settings import KeepaliveSettings, TlsSettings
from processor.settings.values import ClientAuth, Secret
from tests.doubles.sink import Sink
from tests.doubles.web_sink import WebSink
from tests.fetch.certificates import Authority

if TYPE_CHECKING:
    from processor.forward.next_hop import NextHop

BATCH = Batch(Signal.TRACES, b"spans")
PLAIN = TlsSettings(insecure=True)


def exporter(endpoint: str, tls: TlsSettings = PLAIN, **more: Any) -> GrpcExporter:
    return GrpcExporter("otlp", GrpcTarget(endpoint=endpoint, tls=tls), **more)


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
        tls = tls._replace(include_system_ca_certs_pool=True)
    credentials = ca.grpc_server("127.0.0.1", known_clients=True)
    async with Sink(credentials=credentials) as sink, exporter(sink.endpoint, tls) as hop:
        assert await hop.send(BATCH, Terms()) == b""
    assert sink.bodies == [b"spans"]


async def test_without_our_certificate_it_takes_nothing(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    credentials = ca.grpc_server("127.0.0.1", known_clients=True)
    tls = TlsSettings(ca_file=ca.file)
    async with Sink(credentials=credentials) as sink, exporter(sink.endpoint, tls) as hop:
        with pytest.raises(Refusal) as caught:
            await hop.send(BATCH, Terms())
    assert (caught.value.code, sink.arrivals) == (Code.UNAVAILABLE, [])


async def test_another_name_can_be_allowed(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    tls = TlsSettings(ca_file=ca.file, server_name_override="hop.example")
    async with (
        Sink(credentials=ca.grpc_server("hop.example")) as sink,
        exporter(sink.endpoint, tls) as hop,
    ):
        await hop.send(BATCH, Terms())
    assert sink.bodies == [b"spans"]


async def test_replaced_certificates_are_used_while_old_calls_finish(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Two next hops at one name; whoever holds the CA of the second no longer knows the first."""
    old, new = Authority(tmp_path), Authority(tmp_path / "..")
    trusted = tmp_path / "trusted.pem"
    trusted.write_text(pem(old.file))
    caplog.set_level("INFO", "genai_cost")
    renewal = Renewal()
    tls = TlsSettings(ca_file=str(trusted))
    async with (
        Sink(credentials=old.grpc_server("127.0.0.1")) as sink,
        exporter(sink.endpoint, tls, renewal=renewal) as hop,
        asyncio.TaskGroup() as tasks,
    ):
        await hop.send(BATCH, Terms())
        trusted.write_text("no certificate")
        renewal.ask()
        await hop.send(BATCH, Terms())  # over the connection that there is
        sink.hold()
        held = tasks.create_task(hop.send(BATCH, Terms()))
        await sink.reach(1)
        trusted.write_text(pem(new.file))
        renewal.ask()
        with pytest.raises(Refusal) as caught:
            await hop.send(BATCH, Terms())
        assert caught.value.code is Code.UNAVAILABLE
        sink.release()
        assert await held == b""
    assert len(sink.arrivals) == 3
    said = [record.getMessage() for record in caplog.records]
    assert "the certificates in use stay: exporters.otlp.tls.ca_file" in said[0]
    assert said[1] == "otlp: certificates read again"


@pytest.mark.parametrize(
    ("tls", "problem"),
    [
        pytest.param(TlsSettings(ca_file=__file__), "ca_file: holds no cert", id="bad-ca"),
        pytest.param(
            TlsSettings(cert_file=__file__, key_file=__file__), "do not fit", id="bad-pair"
        ),
    ],
)
async def test_certificates_that_cannot_be_used_are_an_error_at_start(
    tls: TlsSettings, problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem):
        await exporter("127.0.0.1:1", tls).__aenter__()


async def test_requests_go_round_all_addresses_and_around_one_that_is_gone() -> None:
    async with Sink() as one, Sink(host="127.0.0.2") as other:
        target = f"ipv4:{one.endpoint},{other.endpoint}"
        async with asyncio.timeout(60), exporter(target) as hop:
            while not (one.arrivals and other.arrivals):  # until both connections are there
                await hop.send(BATCH, Terms())
            before = len(one.arrivals), len(other.arrivals)
            for _ in range(20):
                await hop.send(BATCH, Terms())
            assert (len(one.arrivals), len(other.arrivals)) == (
                before[0] + 10,
                before[1] + 10,
            )
            await other.__aexit__()
            before = len(one.arrivals), len(other.arrivals)
            taken = 0
            while taken < 10:
                try:
                    await hop.send(BATCH, Terms())
                    taken += 1
                except Refusal as refusal:
                    assert refusal.retryable  # noqa: PT017 - one that was on its way
            assert len(one.arrivals) == before[0] + 10


async def test_pick_first_stays_with_one() -> None:
    async with Sink() as one, Sink(host="127.0.0.2") as other:
        endpoint = f"ipv4:{one.endpoint},{other.endpoint}"
        target = GrpcTarget(endpoint=endpoint, tls=PLAIN, balancer_name="pick_first")
        async with GrpcExporter("otlp", target) as hop:
            for _ in range(10):
                await hop.send(BATCH, Terms())
        assert sorted([len(one.arrivals), len(other.arrivals)]) == [0, 10]


async def test_it_may_wait_for_a_next_hop_that_is_not_there_yet() -> None:
    async with Sink() as first:
        port = first.port
    async with (
        exporter(f"127.0.0.1:{port}", wait_for_ready=True, timeout_s=30) as hop,
        asyncio.TaskGroup() as tasks,
    ):
        sending = tasks.create_task(hop.send(BATCH, Terms()))
        await asyncio.sleep(0)
        async with Sink(port=port) as second:
            assert await sending == b""
            assert second.bodies == [b"spans"]


def test_a_connection_at_rest_is_kept_by_pings() -> None:
    target = GrpcTarget(
        endpoint="", keepalive=KeepaliveSettings(1.0, 1.0, permit_without_stream=True)
    )
    assert {
        ("grpc.keepalive_time_ms", 1000),
        ("grpc.keepalive_timeout_ms", 1000),
        ("grpc.keepalive_permit_without_calls", 1),
    } <= set(_options(target))


TOKEN = ClientAuth("bearer", setting="extensions.bearertokenauth")


@pytest.mark.parametrize("over", ["grpc", "http"])
async def test_a_token_is_read_again_when_its_file_changes(
    tmp_path: Path, over: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    renewal = Renewal()
    credentials = Credentials(TOKEN._replace(secret_file=str(file)), renewal)
    async with Sink() as sink, WebSink() as web:
        hop: NextHop = exporter(sink.endpoint, credentials=credentials)
        if over == "http":
            urls = {Signal.TRACES: f"{web.url}/v1/traces"}
            hop = HttpExporter("otlp_http", HttpTarget(urls=urls), credentials=credentials)
        async with hop:
            await hop.send(BATCH, Terms())
            file.write_text("second")
            renewal.ask()
            await hop.send(BATCH, Terms())
            file.write_text("")
            renewal.ask()
            await hop.send(BATCH, Terms())
        arrived: list[Any] = [*sink.arrivals, *web.posted]
    seen = [each.headers["authorization"] for each in arrived]
    assert seen == ["Bearer first", "Bearer second", "Bearer second"]
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("what was read before stays: extensions.bearertokenauth: ")
    assert "second" not in said


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (TOKEN._replace(secret=Secret("t")), "authorization", "Bearer t"),
        (TOKEN._replace(secret=Secret("t"), scheme="", header="X-Key"), "x-key", "t"),
        (
            ClientAuth("basic", Secret("wörd"), username="user"),
            "authorization",
            f"Basic {base64.b64encode('user:wörd'.encode()).decode()}",
        ),
    ],
)
def test_what_is_said(auth: ClientAuth, header: str, value: str) -> None:
    assert dict(Credentials(auth, Renewal())()) == {header: value}


@pytest.mark.parametrize("content", ["", "two\nlines", "ü", b"\xff"])
def test_a_token_that_no_header_can_carry_is_an_error_at_start(
    tmp_path: Path, content: str | bytes
) -> None:
    file = tmp_path / "token"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError, match=r"^extensions\.bearertokenauth: "):
        Credentials(TOKEN._replace(secret_file=str(file)), Renewal())


def test_a_file_that_is_swapped_or_touched_is_replaced_once(tmp_path: Path) -> None:
    """Kubernetes swaps a symlink to another folder; `every_s` bounds how often anybody looks."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text(name)
    link = tmp_path / "data"
    link.symlink_to(tmp_path / "a")
    now = [0.0]
    files = Files([str(link / "token")], Renewal(), every_s=10, clock=lambda: now[0])
    assert not files.replaced()
    link.unlink()
    link.symlink_to(tmp_path / "b")
    seen: list[bool] = []
    for now[0] in (9.0, 10.0, 11.0, 30.0):
        seen.append(files.replaced())
    assert seen == [False, True, False, False]
