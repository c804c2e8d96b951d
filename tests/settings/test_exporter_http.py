"""The `otlp_http` exporter's block, and the proxies that the environment names."""

from __future__ import annotations

import pytest

from processor.settings import TlsSettings
from processor.settings.proxies import proxy_of
from tests.settings.texts import problem, read, with_

GRPC = 'otlp_grpc: {endpoint: "collector:4317", tls: {insecure: true}}'


def http(block: str, kind: str = "otlp_http") -> str:
    """A whole file whose exporter this is."""
    return with_(GRPC, f"{kind}: {block}").replace("[otlp_grpc]", f"[{kind}]")


def test_the_collectors_defaults() -> None:
    hop = read(http("{endpoint: 'https://c:4318/otlp/'}", "otlphttp")).exporters["otlphttp"]
    assert (hop.kind, hop.compression, hop.timeout_s) == ("http", "gzip", 30.0)
    assert (hop.retry_on_failure.enabled, hop.sending_queue.enabled) == (False, False)
    assert hop.tls == TlsSettings()
    assert hop.http is not None
    assert hop.http.urls["traces"] == "https://c:4318/otlp/v1/traces"
    assert (hop.http.encoding, hop.http.level, hop.http.idle_s) == ("proto", None, 90.0)


def test_every_key() -> None:
    text = http(
        "{traces_endpoint: 'http://t/x?y=1', encoding: json, compression: zstd,"
        " compression_params: {level: 7}, headers: {X-Key: v}, timeout: 3s, idle_conn_timeout: 9s,"
        " max_conns_per_host: 5, proxy_url: 'http://user:word@proxy:3128',"
        " tls: {insecure_skip_verify: true, min_version: '1.3', ca_pem: p, reload_interval: 1m}}"
    )
    settings = read(text)
    hop = settings.exporters["otlp_http"]
    assert hop.http is not None
    assert dict(hop.http.urls) == {"traces": "http://t/x?y=1"}
    assert (hop.http.encoding, hop.http.level) == ("json", 7)
    assert (hop.http.idle_s, hop.http.max_connections) == (9.0, 5)
    assert dict(hop.http.proxies) == {"http://t/x?y=1": "http://user:word@proxy:3128"}
    assert (hop.timeout_s, dict(hop.headers)) == (3.0, {"x-key": "v"})
    assert (hop.tls.insecure_skip_verify, hop.tls.min_version) == (True, "1.3")
    assert (hop.tls.reload_interval_s, hop.tls.insecure) == (60.0, True)
    assert "word" not in repr(settings)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        pytest.param("{}", "has no endpoint; write `endpoint: https://host:4318`", id="none"),
        pytest.param(
            "{metrics_endpoint: 'http://m/'}",
            "has no endpoint for traces, which its pipeline sends; write `traces_endpoint:`",
            id="not-for-the-signal",
        ),
        pytest.param(
            "{endpoint: 'http://localhost:4318'}", "is our own receiver", id="ourselves"
        ),
        pytest.param("{endpoint: 'c:4318'}", "write https://host/path", id="no-scheme"),
        pytest.param("{endpoint: 'http://c?a=b'}", "has a query", id="query"),
        pytest.param(
            "{endpoint: 'http://c', compression: snappy}", "write gzip or zstd", id="snappy"
        ),
        pytest.param(
            "{endpoint: 'http://c', compression_params: {level: 10}}",
            "write a whole number from -1 to 9",
            id="level",
        ),
        pytest.param(
            "{endpoint: 'http://c', headers: {Content-Type: a}}", "leave it out", id="type"
        ),
        pytest.param("{endpoint: 'http://c', encoding: xml}", "proto, json", id="encoding"),
        pytest.param("{endpoint: 'http://c', proxy_url: 'p:1'}", "http://host", id="proxy"),
        pytest.param(
            "{endpoint: 'https://c', tls: {ca_pem: a, cert_pem: b}}", "go together", id="pair"
        ),
        pytest.param(
            "{endpoint: 'https://c', tls: {min_version: '1.0'}}", "1.2 or 1.3", id="old-tls"
        ),
    ],
)
def test_what_cannot_be_used_is_one_line(block: str, words: str) -> None:
    assert words in problem(http(block))


def test_a_signal_without_an_url_is_no_matter_where_nobody_sends_it() -> None:
    assert read(http("{traces_endpoint: 'http://t/'}")).warnings == ()


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        ("https://c/x", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://c/x", {"https_proxy": "p:1"}, "http://p:1"),
        (
            "https://c/x",
            {"HTTPS_PROXY": "http://p:1", "https_proxy": "http://q:1"},
            "http://q:1",
        ),
        ("https://c/x", {"HTTP_PROXY": "http://p:1"}, ""),
        ("http://c/x", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "d, c"}, ""),
        ("http://a.c/x", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "c"}, ""),
        ("http://a.c/x", {"HTTP_PROXY": "http://p:1", "NO_PROXY": ".c"}, ""),
        ("http://ac/x", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "c"}, "http://p:1"),
        ("http://c:9/x", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "c:8"}, "http://p:1"),
        ("http://c:8/x", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "c:8"}, ""),
        ("http://10.1.2.3/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, ""),
        ("http://c/x", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "*"}, ""),
        ("http://localhost:4318/", {"HTTP_PROXY": "http://p:1"}, ""),
        ("http://127.0.0.7:4318/", {"HTTP_PROXY": "http://p:1"}, ""),
        ("http://[::1]:4318/", {"HTTP_PROXY": "http://p:1"}, ""),
    ],
)
def test_the_proxy_that_the_environment_names(
    url: str, environ: dict[str, str], proxy: str
) -> None:
    assert proxy_of(url, environ) == proxy


def test_settings_know_their_proxies() -> None:
    text = http("{endpoint: 'https://c', traces_endpoint: 'https://inside/'}")
    hop = read(text, HTTPS_PROXY="http://p:1", NO_PROXY="inside").exporters["otlp_http"]
    assert hop.http is not None
    assert dict(hop.http.proxies) == {
        "https://c/v1/metrics": "http://p:1",
        "https://c/v1/logs": "http://p:1",
    }


@pytest.mark.parametrize(
    ("keys", "enabled"),
    [
        pytest.param("", False, id="not-written"),
        pytest.param(", retry_on_failure: {}", True, id="as-the-collector"),
        pytest.param(", retry_on_failure: {max_elapsed_time: 0s}", True, id="some-key"),
        pytest.param(", retry_on_failure: {enabled: false}", False, id="off"),
    ],
)
def test_retries_are_on_where_they_are_written(keys: str, *, enabled: bool) -> None:
    hop = read(http(f"{{endpoint: 'http://c'{keys}}}")).exporters["otlp_http"]
    assert hop.retry_on_failure.enabled is enabled
