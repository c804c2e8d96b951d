"""Without a file, `OTEL_EXPORTER_OTLP_*` choose the next hop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from processor.settings import ConfigError, Settings, load
from tests.settings.texts import WHOLE

if TYPE_CHECKING:
    from pathlib import Path

P = "OTEL_EXPORTER_OTLP_"
ALL = ("traces", "metrics", "logs")


def read(**variables: str) -> Settings:
    return load(None, {P + name: value for name, value in variables.items()})


@pytest.mark.parametrize(
    ("variables", "address", "insecure"),
    [
        pytest.param({"ENDPOINT": "http://c:4317"}, "c:4317", True, id="http"),
        pytest.param({"ENDPOINT": "https://c:4317/ignored"}, "c:4317", False, id="https"),
        pytest.param({"ENDPOINT": "https://c"}, "c:443", False, id="https-port"),
        pytest.param({"ENDPOINT": "http://c"}, "c:4317", True, id="http-port"),
        pytest.param({"ENDPOINT": "c:4317"}, "c:4317", False, id="no-scheme"),
        pytest.param({"ENDPOINT": "c:4317", "INSECURE": "TRUE"}, "c:4317", True, id="insecure"),
        pytest.param({"ENDPOINT": "c:4317", "PROTOCOL": "grpc"}, "c:4317", False, id="grpc"),
    ],
)
def test_one_next_hop_for_all(
    variables: dict[str, str], address: str, *, insecure: bool
) -> None:
    settings = read(**variables)
    assert settings.pipelines == dict.fromkeys(ALL, ("otlp_grpc",))
    hop = settings.exporters["otlp_grpc"]
    assert (hop.kind, hop.endpoint, hop.tls.insecure) == ("grpc", address, insecure)
    assert (hop.timeout_s, hop.compression) == (10.0, "none")


def test_the_rest_of_the_variables() -> None:
    hop = read(
        ENDPOINT="http://c:4317",
        HEADERS="Authorization=Bearer%20a, x-key = v",
        COMPRESSION="gzip",
        TIMEOUT="2500",
    ).exporters["otlp_grpc"]
    assert dict(hop.headers) == {"authorization": "Bearer a", "x-key": "v"}
    assert (hop.compression, hop.timeout_s) == ("gzip", 2.5)


def test_signals_have_forms_of_their_own() -> None:
    settings = read(ENDPOINT="http://c:4317", TRACES_ENDPOINT="http://t:4317", LOGS_TIMEOUT="1")
    assert settings.pipelines == {signal: (f"otlp_grpc/{signal}",) for signal in ALL}
    endpoints = {hop.name: hop.endpoint for hop in settings.exporters.values()}
    assert endpoints == {
        "otlp_grpc/traces": "t:4317",
        "otlp_grpc/metrics": "c:4317",
        "otlp_grpc/logs": "c:4317",
    }
    assert settings.exporters["otlp_grpc/logs"].timeout_s == 0.001


def test_a_signal_without_a_next_hop_beside_one_with_is_refused_not_dropped() -> None:
    settings = read(TRACES_ENDPOINT="http://t:4317")
    assert settings.pipelines == {"traces": ("otlp_grpc",)}
    assert settings.warnings == (
        f"{P}*: names no next hop for metrics, logs, which are refused; set {P}ENDPOINT for all",
    )


def test_headers_without_an_endpoint_are_a_warning() -> None:
    settings = read(HEADERS="a=b")
    assert list(settings.exporters) == ["debug"]
    assert settings.warnings == (
        f"{P}HEADERS: has no effect without {P}ENDPOINT; calls are printed and kept nowhere",
    )


def test_empty_variables_are_as_good_as_none() -> None:
    assert list(read(ENDPOINT=" ", PROTOCOL="").exporters) == ["debug"]


@pytest.mark.parametrize(
    ("variables", "urls", "encoding"),
    [
        pytest.param(
            {"ENDPOINT": "https://c:4318", "PROTOCOL": "http/protobuf"},
            "https://c:4318/v1/{}",
            "proto",
            id="protobuf",
        ),
        pytest.param(
            {"ENDPOINT": "http://c/otlp/", "PROTOCOL": "http/json"},
            "http://c/otlp/v1/{}",
            "json",
            id="json-below-a-path",
        ),
        pytest.param({"ENDPOINT": "http://c:4318"}, "http://c:4318/v1/{}", "proto", id="port"),
    ],
)
def test_otlp_over_http(variables: dict[str, str], urls: str, encoding: str) -> None:
    settings = read(**variables, HEADERS="X-Key=v")
    assert settings.pipelines == dict.fromkeys(ALL, ("otlp_http",))
    hop = settings.exporters["otlp_http"]
    assert (hop.kind, hop.timeout_s, hop.compression) == ("http", 10.0, "none")
    assert dict(hop.headers) == {"x-key": "v"}
    assert hop.http is not None
    assert dict(hop.http.urls) == {signal: urls.format(signal) for signal in ALL}
    assert hop.http.encoding == encoding


def test_a_signals_own_url_is_taken_whole() -> None:
    settings = read(
        ENDPOINT="http://c:4317",
        TRACES_ENDPOINT="https://t/in?key=1",
        TRACES_PROTOCOL="http/protobuf",
    )
    assert settings.pipelines == {
        "traces": ("otlp_http/traces",),
        "metrics": ("otlp_grpc/metrics",),
        "logs": ("otlp_grpc/logs",),
    }
    hop = settings.exporters["otlp_http/traces"]
    assert hop.http is not None
    assert dict(hop.http.urls) == {"traces": "https://t/in?key=1"}
    assert (hop.endpoint, hop.tls.insecure) == ("https://t/in?...", False)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        pytest.param(
            {"ENDPOINT": "http://localhost:4317"},
            "ENDPOINT: localhost:4317 is our own receiver (receivers.otlp.protocols.grpc.endpoint); "
            "write the address of the next hop",
            id="ourselves",
        ),
        pytest.param(
            {"ENDPOINT": "http://localhost:4318"},
            "ENDPOINT: localhost:4318 is our own receiver (receivers.otlp.protocols.http.endpoint); "
            "write the address of the next hop",
            id="ourselves-over-http",
        ),
        pytest.param(
            {"ENDPOINT": "c:4318", "PROTOCOL": "http/protobuf"},
            "ENDPOINT: is no http or https URL; write https://host/path",
            id="http-without-a-scheme",
        ),
        pytest.param(
            {"ENDPOINT": "http://c:1", "PROTOCOL": "smoke"},
            "PROTOCOL: is 'smoke', which is no OTLP protocol; "
            "write grpc, http/protobuf or http/json",
            id="no-protocol",
        ),
        pytest.param(
            {"ENDPOINT": "http://c:1", "HEADERS": "a"},
            "HEADERS: is not name=value,name=value; write it so, values percent-encoded",
            id="headers",
        ),
        pytest.param(
            {"ENDPOINT": "http://c:1", "TIMEOUT": "5s"},
            "TIMEOUT: is `5s`; write a whole number from 1 to 86400000",
            id="timeout",
        ),
        pytest.param(
            {"ENDPOINT": "http://c:1", "COMPRESSION": "zip"},
            "COMPRESSION: is neither gzip nor none; write one of them",
            id="compression",
        ),
        pytest.param(
            {"ENDPOINT": "https://c:1", "CERTIFICATE": "/nowhere.pem"},
            "CERTIFICATE: cannot read /nowhere.pem: No such file or directory; "
            "correct the path or its rights",
            id="certificate",
        ),
        pytest.param(
            {"ENDPOINT": "https://c:1", "CLIENT_KEY": "k"},
            "CLIENT_KEY: cannot read k: No such file or directory; correct the path or its rights",
            id="client-key",
        ),
        pytest.param(
            {"ENDPOINT": "https://c:1", "CLIENT_KEY": __file__},
            "CLIENT_KEY: CLIENT_CERTIFICATE and CLIENT_KEY go together; set both",
            id="half-a-pair",
        ),
    ],
)
def test_what_cannot_be_used_is_one_line(variables: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(**variables)
    assert error.value.problems == [P + words]


def test_a_file_makes_the_variables_silent(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(WHOLE)
    settings = load(file, {f"{P}ENDPOINT": "http://elsewhere:1"})
    assert settings.exporters["otlp_grpc"].endpoint == "collector:4317"
