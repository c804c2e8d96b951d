"""The `otlp` receiver's keys: what each means, and what is wrong with a value said in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from processor.settings.values import ServerKeepalive
from tests.settings.texts import problem, read, with_

if TYPE_CHECKING:
    from pathlib import Path

    from processor.settings.values import GrpcServer, HttpServer


def grpc(keys: str) -> str:
    return with_("grpc: {}", f"grpc: {{{keys}}}")


def http(keys: str) -> str:
    return with_("http: {}", f"http: {{{keys}}}")


def read_http(keys: str) -> HttpServer:
    found = read(http(keys)).http
    assert found is not None
    return found


def read_grpc(keys: str) -> GrpcServer:
    found = read(grpc(keys)).grpc
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("keys", "taken"),
    [
        ("compression_algorithms: [gzip]", ("gzip",)),
        ("compression_algorithms: ['', zstd, deflate]", ("zstd", "deflate")),
        ("compression_algorithms: ['']", ()),
        ("", ("gzip", "zstd", "zlib", "deflate")),
    ],
)
def test_encodings_that_are_taken(keys: str, taken: tuple[str, ...]) -> None:
    assert read_http(keys).compression_algorithms == taken


def test_paths_of_the_signals() -> None:
    keys = "traces_url_path: /in/traces, logs_url_path: logs"
    assert read_http(keys).paths == ("/in/traces", "/v1/metrics", "/logs")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            http("compression_algorithms: [snappy]"),
            "http.compression_algorithms: has snappy, which is not taken here; "
            "write gzip, zstd, zlib, deflate",
            id="snappy",
        ),
        pytest.param(http("compression_algorithms: [gizp]"), "(did you mean gzip?)", id="slip"),
        pytest.param(
            http("traces_url_path: /v1/logs"), "has one path for two signals", id="same-path"
        ),
        pytest.param(
            http("traces_url_path: '/a?b'"), "write a path such as /v1/traces", id="?"
        ),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    assert words in problem(text)


@pytest.fixture
def pair(tmp_path: Path) -> str:
    """The keys that name a certificate and its key; what is in them is not looked at here."""
    for name in ("c", "k"):
        (tmp_path / name).touch()
    return f"cert_file: {tmp_path}/c, key_file: {tmp_path}/k"


def test_tls_has_the_collectors_keys(pair: str) -> None:
    tls = read_http(f"tls: {{{pair}, min_version: '1.3', reload_interval: 1m}}").tls
    assert tls is not None
    assert (tls.min_version, tls.max_version, tls.reload_interval_s) == ("1.3", "1.3", 60)
    assert tls.setting == "receivers.otlp.protocols.http.tls"
    assert tls.cert_file in pair


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("min_version: '1.1'", "is 1.1, which no longer protects anything; write 1.2 or 1.3"),
        ("min_version: tls12", "is `tls12`; write 1.2 or 1.3"),
        ("client_ca_file: /nowhere/ca", "cannot read /nowhere/ca: No such file"),
        ("min_version: '1.3', max_version: '1.2'", "is above max_version"),
        ("cipher_suites: [a]", "tls.cipher_suites: waits for a later release"),
        ("cret_file: x", "is not a known key; did you mean `cert_file`?"),
    ],
)
def test_what_is_wrong_with_tls_is_said(pair: str, keys: str, words: str) -> None:
    assert words in problem(http(f"tls: {{{pair}, {keys}}}"))


def test_grpc_does_not_choose_among_its_versions_of_tls(pair: str) -> None:
    words = problem(grpc(f"tls: {{{pair}, min_version: '1.3'}}"))
    assert "grpc.tls.min_version: waits for a later release; meanwhile leave it out" in words


def test_a_certificate_needs_its_key(pair: str) -> None:
    words = problem(grpc(f"tls: {{{pair.partition(',')[0]}}}"))
    assert "grpc.tls: has no key_file; write both cert_file and key_file" in words


def test_without_keys_there_is_no_tls() -> None:
    assert read_grpc("tls: {}").tls is None


@pytest.mark.parametrize(
    "keys",
    ["transport: unix, endpoint: /run/x.sock", "endpoint: 'unix:/run/x.sock'"],
    ids=["transport", "scheme"],
)
def test_unix_sockets(keys: str) -> None:
    assert {read_grpc(keys).endpoint, read_http(keys).endpoint} == {"unix:/run/x.sock"}


def test_keepalive_has_the_collectors_keys() -> None:
    keepalive = read_grpc(
        "keepalive: {server_parameters: {max_connection_age: 1m, max_connection_age_grace: 10s, "
        "max_connection_idle: 5m, time: 30s, timeout: 5s}, "
        "enforcement_policy: {min_time: 10s, permit_without_stream: true}}, max_concurrent_streams: 9"
    )
    assert keepalive.keepalive == ServerKeepalive(
        max_connection_idle_s=300,
        max_connection_age_s=60,
        max_connection_age_grace_s=10,
        time_s=30,
        timeout_s=5,
        min_time_s=10,
        permit_without_stream=True,
    )
    assert keepalive.max_concurrent_streams == 9


def test_patience_with_senders_over_http() -> None:
    http = read_http("read_header_timeout: 5s, read_timeout: 0s, idle_timeout: 2m")
    assert (http.read_header_timeout_s, http.read_timeout_s, http.idle_timeout_s) == (5, 0, 120)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (grpc("transport: unix"), "has no endpoint; write the path of the socket"),
        (grpc("transport: unix, endpoint: 'a:1'"), "write the whole path of the socket"),
        (grpc("transport: unix, endpoint: /" + "x" * 200), "longer than the 107 bytes"),
        (grpc("transport: udp"), "write one of tcp, unix"),
        (grpc("keepalive: {server_parameters: {timme: 1s}}"), "did you mean `time`?"),
    ],
)
def test_what_is_wrong_with_connections_is_said(text: str, words: str) -> None:
    assert words in problem(text)


def test_two_doors_want_two_sockets() -> None:
    both = "unix:/run/x.sock"
    written = grpc(f"endpoint: '{both}'").replace("http: {}", f"http: {{endpoint: '{both}'}}")
    assert "is wanted by" in problem(written)
