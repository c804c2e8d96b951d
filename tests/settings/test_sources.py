"""Price sources in the configuration: URLs, their headers and limits, and where copies are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from processor.settings.urls import shown
from tests.settings.texts import cost, problem, problems, read

if TYPE_CHECKING:
    from pathlib import Path

    from processor.settings import SourceSettings

ADDRESS = "https://prices.example.com/table.json"


def sources(*items: str) -> str:
    return cost(f"{{pricing: {{sources: [{', '.join(items)}]}}}}")


def source(more: str) -> SourceSettings:
    (only,) = read(sources(f"{{url: '{ADDRESS}', {more}}}")).pricing.sources
    return only


def test_defaults() -> None:
    only = source("")
    assert (only.refresh_interval_s, only.timeout_s, only.max_bytes) == (
        600.0,
        30.0,
        64 * 2**20,
    )
    assert (only.tls.ca_file, only.format) == ("", "auto")


def test_everything_that_can_be_written(tmp_path: Path) -> None:
    for name in ("ca", "cert", "key"):
        (tmp_path / name).write_text("x")
    only = source(
        "refresh_interval: 1h, timeout: 5s, max_size: 2MiB, headers: {X-Key: abc}, "
        f"tls: {{ca_file: {tmp_path}/ca, cert_file: {tmp_path}/cert, key_file: {tmp_path}/key}}"
    )
    assert (only.refresh_interval_s, only.timeout_s, only.max_bytes) == (3600.0, 5.0, 2**21)
    assert dict(only.headers) == {"x-key": "abc"}
    assert only.tls.ca_file == f"{tmp_path}/ca"
    assert only.tls.cert_file == f"{tmp_path}/cert"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("ftp://h/p", "is no http or https URL", id="scheme"),
        pytest.param("file:///etc/passwd", "is no http or https URL", id="file"),
        pytest.param("//h/p", "is no http or https URL", id="no-scheme"),
        pytest.param("https:///p", "is no http or https URL", id="no-host"),
        pytest.param("https://h:0/p", "is no http or https URL", id="port-0"),
        pytest.param("https://h:99999/p", "is no URL; write", id="port"),
        pytest.param("https://[::1/p", "is no URL; write", id="bracket"),
        pytest.param("https://h/a b", "is no URL; write printable ASCII", id="space"),
        pytest.param("https://h/\\u00e9", "is no URL; write printable ASCII", id="not-ascii"),
        pytest.param("https://h/" + "a" * 2048, "is longer than 2048", id="long"),
        pytest.param("https://u:hush@h/p", "holds a user; write it as `headers:", id="user"),
    ],
)
def test_what_is_no_url_is_refused_and_not_repeated(url: str, words: str) -> None:
    said = problem(sources(f'{{url: "{url}"}}'))
    assert f"sources[0].url: {words}" in said
    assert "hush" not in said


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        pytest.param('{x: "hush\\r\\ny: z"}', "the value of `x` cannot be sent", id="newline"),
        pytest.param('{x: "hush\\0"}', "the value of `x` cannot be sent", id="nul"),
        pytest.param('{x: "h\\u00fcsh"}', "the value of `x` cannot be sent", id="not-ascii"),
        pytest.param('{"a b": hush}', "`a b` cannot be the name", id="name"),
        pytest.param('{"": hush}', "`` cannot be the name", id="no-name"),
        pytest.param("{Host: hush}", "`host` is written by the service", id="host"),
        pytest.param("{If-None-Match: hush}", "`if-none-match` is written by", id="etag"),
        pytest.param("hush", "is not a mapping", id="no-mapping"),
    ],
)
def test_headers_that_cannot_be_sent_are_refused_without_their_values(
    headers: str, words: str
) -> None:
    said = problem(sources(f"{{url: '{ADDRESS}', headers: {headers}}}"))
    assert words in said
    assert "sh\n" not in said
    assert "hush" not in said


@pytest.mark.parametrize(
    "more",
    ["refresh_interval: 1m", "headers: {a: b}", "timeout: 1s", "max_size: 1MiB", "tls: {}"],
)
def test_what_is_for_urls_is_refused_on_files(more: str) -> None:
    said = problem(sources(f"{{file: p.yaml, {more}}}"))
    assert f"{more.partition(':')[0]}: is for a `url:`; a file is watched" in said


@pytest.mark.parametrize("item", ["{format: auto}", "{file: p, url: 'https://h/p'}"])
def test_a_source_is_a_file_or_a_url(item: str) -> None:
    assert "has to have either `file:` or `url:`" in "\n".join(problems(sources(item)))


def test_secrets_over_plain_text_are_a_warning() -> None:
    (warning,) = read(sources("{url: 'http://h/p', headers: {authorization: hush}}")).warnings
    assert "write https://" in warning
    assert "hush" not in warning
    assert read(sources("{url: 'http://h/p'}")).warnings == ()


def test_tls_without_https_is_refused() -> None:
    assert "is for https://" in problem(sources("{url: 'http://h/p', tls: {}}"))


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        pytest.param({"HOME": "/home/u"}, "/home/u/.cache/genai-cost", id="home"),
        pytest.param({"HOME": "/home/u", "XDG_CACHE_HOME": "/x"}, "/x/genai-cost", id="xdg"),
        pytest.param(
            {"CACHE_DIRECTORY": "/var/cache/unit:/b"}, "/var/cache/unit", id="systemd"
        ),
        pytest.param({}, "/var/cache/genai-cost", id="nothing"),
        pytest.param({"HOME": "/"}, "/var/cache/genai-cost", id="no-home"),
        pytest.param({"XDG_CACHE_HOME": "relative"}, "/var/cache/genai-cost", id="relative"),
    ],
)
def test_where_copies_are_kept(environ: dict[str, str], folder: str) -> None:
    pricing = read(sources(f"{{url: '{ADDRESS}'}}"), **environ).pricing
    assert pricing.cache_directory == folder


def test_where_copies_are_kept_can_be_written_and_matters_only_with_urls() -> None:
    text = cost(f"{{pricing: {{cache_directory: /c, sources: [{{url: '{ADDRESS}'}}]}}}}")
    assert read(text, HOME="/home/u").pricing.cache_directory == "/c"
    assert read(cost("{}"), HOME="/home/u").pricing.cache_directory == ""
    assert "write a path from the root" in problem(cost("{pricing: {cache_directory: c}}"))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://h/p", "https://h/p"),
        ("https://h:8/p?sig=hush&x=1", "https://h:8/p?..."),
        ("https://u:hush@h/p", "https://h/p"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, words: str) -> None:
    assert shown(url) == words
