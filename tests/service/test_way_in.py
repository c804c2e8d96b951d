"""The way in of the whole service as a file configures it, with the SDK's own exporters in front."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import grpc
import pytest
import trustme
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as ByGrpc
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as ByHttp
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

from tests.doubles.ports import free_ports
from tests.doubles.sink import Sink
from tests.doubles.until import until
from tests.service.calls import PRICES, spans_of
from tests.service.child import Ports, command, configuration, eventually, started

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from pathlib import Path

    from opentelemetry.sdk.trace import ReadableSpan

    from tests.service.child import Child


class Told(SpanExporter):
    """An exporter whose results a test can see."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.results: list[SpanExportResult] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.results.append(self._exporter.export(spans))
        return self.results[-1]

    def shutdown(self) -> None:
        self._exporter.shutdown()


class Secured:
    """A service with TLS, tokens and headers passed on, and what its operator can replace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = trustme.CA()
        self.ca.cert_pem.write_to_path(str(folder / "ca.pem"))
        self.issue(self.ca)
        (folder / "tokens").write_text("one\n")

    def issue(self, ca: trustme.CA) -> None:
        made = ca.issue_cert("localhost")
        chain = b"".join(pem.bytes() for pem in made.cert_chain_pems)
        (self.folder / "tls.crt").write_bytes(chain)
        made.private_key_pem.write_to_path(str(self.folder / "tls.key"))

    def configured(self, config: dict[str, Any]) -> dict[str, Any]:
        files = {
            "cert_file": str(self.folder / "tls.crt"),
            "key_file": str(self.folder / "tls.key"),
        }
        for protocol in config["receivers"]["otlp"]["protocols"].values():
            protocol |= {
                "endpoint": protocol["endpoint"].replace("127.0.0.1", "localhost"),
                "tls": files | {"reload_interval": "0s"},
                "auth": {"authenticator": "bearertokenauth"},
                "include_metadata": True,
            }
        rules = [{"key": "X-Scope-OrgID", "from_context": "x-tenant"}]
        config["extensions"] |= {
            "bearertokenauth": {"filename": str(self.folder / "tokens")},
            "headers_setter": {"headers": rules},
        }
        config["service"]["extensions"] += ["bearertokenauth", "headers_setter"]
        config["exporters"]["otlp_grpc"]["auth"] = {"authenticator": "headers_setter"}
        return config

    def by_grpc(self, child: Child, token: str) -> SpanExporter:
        return ByGrpc(
            endpoint=f"https://localhost:{child.ports.grpc}",
            credentials=grpc.ssl_channel_credentials(self.ca.cert_pem.bytes()),
            headers={"authorization": f"Bearer {token}", "x-tenant": "a", "x-other": "b"},
            compression=grpc.Compression.Gzip,
            timeout=5,
        )

    def by_http(self, child: Child, token: str) -> SpanExporter:
        return ByHttp(
            endpoint=f"https://localhost:{child.ports.http}/v1/traces",
            certificate_file=str(self.folder / "ca.pem"),
            headers={"authorization": f"Bearer {token}", "x-tenant": "a", "x-other": "b"},
            compression=Compression.Gzip,
            timeout=5,
        )


@asynccontextmanager
async def secured(
    folder: Path, workers: int = 1
) -> AsyncGenerator[tuple[Secured, Child, Sink]]:
    setting = Secured(folder)
    prices = folder / "prices.yaml"
    prices.write_text(PRICES)
    async with Sink() as sink:
        ports = Ports(*free_ports(4))
        config = setting.configured(configuration(ports, sink.endpoint, prices))
        config["service"]["workers"] = workers
        async with started(folder, ports, command(folder, config)) as child:
            yield setting, child, sink


async def call(exporter: SpanExporter) -> SpanExportResult:
    """One span about a call, through an SDK; what its exporter says became of it."""
    told = Told(exporter)

    def export() -> None:
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(told))
        with provider.get_tracer("a.test").start_as_current_span("chat"):
            pass
        provider.shutdown()

    await asyncio.to_thread(export)
    (result,) = told.results
    return result


WAYS = [pytest.param(Secured.by_grpc, id="grpc"), pytest.param(Secured.by_http, id="http")]


@pytest.mark.parametrize("workers", [1, 2])
async def test_who_fails_to_shake_hands_is_no_line(workers: int, tmp_path: Path) -> None:
    """gRPC's own lines stand in no form of ours, and a scanner of ports would write as many as it likes."""
    async with secured(tmp_path, workers) as (_, child, _sink):
        for _each in range(3):
            reader, writer = await asyncio.open_connection("localhost", child.ports.grpc)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            with suppress(ConnectionError):
                await reader.read()
            writer.close()
        assert await child.stop() == 0
        assert "Handshake failed" not in child.said()


@pytest.mark.filterwarnings("ignore")  # theirs
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("workers", [1, 2])
async def test_an_sdk_comes_in_by_tls_with_a_token_and_its_header_goes_on(
    way: Callable[[Secured, Child, str], SpanExporter],
    workers: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # requests puts these first
        monkeypatch.delenv(name, raising=False)
    async with secured(tmp_path, workers) as (setting, child, sink):
        assert await call(way(setting, child, "one")) is SpanExportResult.SUCCESS
        assert await call(way(setting, child, "two")) is SpanExportResult.FAILURE
        (arrival,) = [each for each in sink.arrivals if each.signal == "traces"]
        assert [span.name for span in spans_of([arrival.body])] == ["chat"]
        assert arrival.headers["x-scope-orgid"] == "a"
        assert not arrival.headers.keys() & {"authorization", "x-tenant", "x-other"}

        (tmp_path / "tokens").write_text("two\n")
        setting.issue(setting.ca)
        child.signal(signal.SIGHUP)
        await until(
            lambda: child.said().count("it has changed and was read again") == 3 * workers
        )
        assert await call(way(setting, child, "two")) is SpanExportResult.SUCCESS
        assert await call(way(setting, child, "one")) is SpanExportResult.FAILURE

        (tmp_path / "tls.crt").write_text("rubbish")
        child.signal(signal.SIGHUP)

        async def kept() -> bool:
            page = await child.page()
            return (
                page.total("genai_cost_receiver_file_reloads_total", outcome="kept")
                == 2 * workers
            )

        await eventually(kept)
        assert await call(way(setting, child, "two")) is SpanExportResult.SUCCESS
        assert await child.stop() == 0
