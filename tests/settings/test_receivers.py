"""The `otlp` receiver's keys: what each means, and what is wrong with a value said in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.settings.texts import problem, read, with_

if TYPE_CHECKING:
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
