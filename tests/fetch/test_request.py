"""One request to a real server that behaves well, badly and very badly."""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from typing import TYPE_CHECKING

import pytest

from processor.fetch.asking import Answer, Request, Validators
from processor.fetch.failure import Ending, FetchError
from processor.fetch.request import get, is_inside, tls_for
from processor.settings import TlsSettings
from tests.doubles.ports import free_ports
from tests.doubles.web import (
    Behaviour,
    conditional,
    dripping,
    endless,
    message,
    raw,
    reply,
    silent,
    web,
    zipped,
)
from tests.fetch.certificates import Authority

if TYPE_CHECKING:
    from pathlib import Path

BODY = b'{"chat": {"gpt-4o": {"input": 0.0025}}}'
SECRET = "Bearer hush-hush"  # noqa: S105
MOST = 100_000
NONE = Validators()


def request(url: str, ca: str = "", timeout_s: float = 10.0) -> Request:
    return Request(
        url,
        {"authorization": SECRET},
        TlsSettings(ca_file=ca),
        timeout_s,
        MOST,
        user_agent="genai-cost-processor/test",
    )


async def asked(
    url: str, have: Validators = NONE, *, ca: str = "", timeout_s: float = 10.0
) -> Answer:
    return await asyncio.to_thread(get, request(url, ca, timeout_s), have)


async def failed(url: str, *, ca: str = "", timeout_s: float = 10.0) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await asked(url, ca=ca, timeout_s=timeout_s)
    assert "hush" not in str(caught.value)
    assert "hush" not in repr(caught.value.__cause__)
    return caught.value


async def test_200_with_what_was_sent() -> None:
    async with web() as server:
        url = server.at(
            conditional(BODY, '"v1"', "Mon, 23 Nov 2026 10:00:00 GMT"), "/p?q=1&r=%2F"
        )
        answer = await asked(url)
    assert answer.body == BODY
    assert answer.validators == Validators('"v1"', "Mon, 23 Nov 2026 10:00:00 GMT")
    (heard,) = server.heard
    assert heard.path == "/p?q=1&r=%2F"
    assert heard.headers["authorization"] == SECRET
    assert heard.headers["user-agent"] == "genai-cost-processor/test"
    assert heard.headers["accept-encoding"] == "gzip"
    assert "if-none-match" not in heard.headers


@pytest.mark.parametrize(
    "have",
    [
        pytest.param(Validators('"v1"', ""), id="etag"),
        pytest.param(Validators("", "Mon, 23 Nov 2026 10:00:00 GMT"), id="date"),
        pytest.param(Validators('W/"v1"', "Mon, 23 Nov 2026 10:00:00 GMT"), id="both"),
    ],
)
async def test_304(have: Validators) -> None:
    async with web() as server:
        answer = await asked(server.at(conditional(BODY, *have)), have)
    assert answer == Answer(None, have)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(zipped(BODY), id="gzip"),
        pytest.param(reply("200 OK", BODY, content_type="text/plain"), id="odd-type"),
        pytest.param(
            raw(
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                b"5\r\n"
                + BODY[:5]
                + b"\r\n%x\r\n" % len(BODY[5:])
                + BODY[5:]
                + b"\r\n0\r\n\r\n"
            ),
            id="chunked",
        ),
        pytest.param(raw(b"HTTP/1.0 200 OK\r\n\r\n" + BODY), id="http-1.0"),
    ],
)
async def test_other_ways_to_say_the_same(behaviour: Behaviour) -> None:
    async with web() as server:
        assert (await asked(server.at(behaviour))).body == BODY


BOMB = gzip.compress(b"0" * 200_000_000, 9)

BAD = [
    pytest.param(reply("401 No"), Ending.DENIED, "answers 401; the `headers:`", id="401"),
    pytest.param(reply("403 No"), Ending.DENIED, "answers 403", id="403"),
    pytest.param(reply("404 No"), Ending.GONE, "answers 404: nothing is there", id="404"),
    pytest.param(reply("410 No"), Ending.GONE, "answers 410", id="410"),
    pytest.param(reply("304 No"), Ending.STATUS, "304 though it was not asked", id="304"),
    pytest.param(reply("500 No"), Ending.STATUS, "answers 500", id="500"),
    pytest.param(reply("503 No", retry_after="7"), Ending.STATUS, "answers 503", id="503"),
    pytest.param(reply("204 No"), Ending.STATUS, "answers 204", id="204"),
    pytest.param(reply("206 Part", BODY), Ending.STATUS, "answers 206", id="206"),
    pytest.param(
        reply("200 OK", b"x" * (MOST + 1)), Ending.TOO_LARGE, "larger than 100,000", id="large"
    ),
    pytest.param(
        endless(b"HTTP/1.1 200 OK\r\n\r\n", b"[" * 65536),
        Ending.TOO_LARGE,
        "larger than 100,000",
        id="endless",
    ),
    pytest.param(
        endless(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"4\r\nxxxx\r\n"),
        Ending.TOO_LARGE,
        "larger than 100,000",
        id="endless-chunks",
    ),
    pytest.param(
        reply("200 OK", BOMB[:90_000], content_encoding="gzip"),
        Ending.TOO_LARGE,
        "larger than 100,000",
        id="gzip-bomb",
    ),
    pytest.param(raw(message("200 OK", BODY)[:-5]), Ending.BROKEN, "broke off", id="truncated"),
    pytest.param(
        raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n"),
        Ending.BROKEN,
        "broke off",
        id="truncated-chunks",
    ),
    pytest.param(
        reply("200 OK", gzip.compress(BODY)[:-9], content_encoding="gzip"),
        Ending.BROKEN,
        "middle of its gzip",
        id="truncated-gzip",
    ),
    pytest.param(
        reply("200 OK", BODY, content_encoding="gzip"),
        Ending.BROKEN,
        "says that it is gzip and is not",
        id="no-gzip",
    ),
    pytest.param(
        reply("200 OK", gzip.compress(BODY) + b"more", content_encoding="gzip"),
        Ending.BROKEN,
        "goes on after the end of its gzip",
        id="gzip-and-more",
    ),
    pytest.param(
        reply("200 OK", zlib.compress(BODY), content_encoding="br"),
        Ending.BROKEN,
        "encoding nobody asked for",
        id="brotli",
    ),
    pytest.param(
        raw(b"HTTP/1.0 200 OK\r\n\r\ngenai-cost: 1\nproviders: {"),
        Ending.BROKEN,
        "does not say how long it is",
        id="yaml-of-unknown-length",
    ),
    pytest.param(raw(b""), Ending.BROKEN, "broke off", id="hangs-up"),
    pytest.param(raw(b"SSH-2.0-OpenSSH_9\r\n"), Ending.BROKEN, "broke off", id="no-http"),
    pytest.param(
        raw(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500 + b"\r\n"),
        Ending.BROKEN,
        "broke off",
        id="many-headers",
    ),
    pytest.param(
        raw(b"HTTP/1.1 200 OK\r\na: " + b"b" * 100_000 + b"\r\n\r\n"),
        Ending.BROKEN,
        "broke off",
        id="long-header",
    ),
    pytest.param(reply("302 Go"), Ending.REDIRECT, "redirects to no URL", id="nowhere"),
    pytest.param(
        reply("302 Go", location="ftp://h/x"),
        Ending.REDIRECT,
        "redirects to no URL",
        id="to-ftp",
    ),
    pytest.param(
        reply("302 Go", location="file:///etc/passwd"),
        Ending.REDIRECT,
        "redirects to no URL",
        id="to-file",
    ),
    pytest.param(
        reply("302 Go", location="http://u:p@localhost/x"),
        Ending.REDIRECT,
        "cannot be used",
        id="to-a-user",
    ),
    pytest.param(
        reply("302 Go", location="/prices"), Ending.REDIRECT, "more than 5 times", id="loop"
    ),
]


@pytest.mark.parametrize(("behaviour", "ending", "words"), BAD)
async def test_every_bad_answer_is_named(
    behaviour: Behaviour, ending: Ending, words: str
) -> None:
    async with web() as server:
        error = await failed(server.at(behaviour))
    assert error.ending is ending
    assert words in error.words


async def test_a_busy_server_says_when_to_come_back() -> None:
    async with web() as server:
        assert (await failed(server.at(reply("429 Slow", retry_after="7")))).retry_after_s == 7
        for odd in ("-1", "Fri, 31 Dec 1999 23:59:59 GMT", "\u0663", "9" * 50):
            error = await failed(
                server.at(reply("503 Slow", retry_after=odd.encode().decode("latin-1")))
            )
            assert error.retry_after_s == 0
        assert (
            await failed(server.at(reply("503 No", retry_after="999999999")))
        ).retry_after_s == 3600


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(silent, id="silent"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), id="body-drips"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\nx: ", b"x"), id="header-drips"),
        pytest.param(
            dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 50000\r\n\r\n", b"x"), id="announced"
        ),
    ],
)
async def test_the_time_limit_is_over_everything(behaviour: Behaviour) -> None:
    """Each drop resets a socket's own timeout; without a limit over all this would never end."""
    async with web() as server:
        started = time.monotonic()
        error = await failed(server.at(behaviour), timeout_s=0.3)
        assert time.monotonic() - started < 10
    assert error.ending is Ending.TIMEOUT
    assert "within 0.3 s" in error.words


async def test_a_handshake_that_never_ends_is_cut_too() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    mute = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with mute:
        port = mute.sockets[0].getsockname()[1]
        error = await failed(f"https://localhost:{port}/", timeout_s=0.3)
    assert error.ending is Ending.TIMEOUT


async def test_nobody_there() -> None:
    (port,) = free_ports(1)
    error = await failed(f"http://127.0.0.1:{port}/")
    assert (error.ending, "Connection refused" in error.words) == (Ending.UNREACHABLE, True)


async def test_no_such_host() -> None:
    error = await failed("http://no-such-host.invalid/")
    assert (error.ending, "no address" in error.words) == (Ending.UNREACHABLE, True)


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
async def test_redirects_on_one_host_are_followed_with_the_headers(status: str) -> None:
    async with web() as server:
        server.at(reply(f"{status} Go", location="next?x=1"))
        server.at(reply("200 OK", BODY), "/next?x=1")
        assert (await asked(server.url())).body == BODY
    assert [one.headers.get("authorization") for one in server.heard] == [SECRET, SECRET]


async def test_a_redirect_to_another_host_is_followed_without_the_headers() -> None:
    """Another port is another host: whoever listens there is somebody else."""
    async with web() as here, web(host="127.0.0.1") as there:
        there.at(reply("200 OK", BODY))
        here.at(reply("302 Go", location=there.url()))
        assert (await asked(here.url())).body == BODY
    assert "authorization" not in there.heard[0].headers


async def test_back_on_the_first_host_the_headers_are_there_again() -> None:
    async with web() as here, web() as there:
        here.at(reply("302 Go", location=there.url()))
        there.at(reply("302 Go", location=here.url("/done")))
        here.at(reply("200 OK", BODY), "/done")
        assert (await asked(here.url())).body == BODY
    assert here.heard[1].headers["authorization"] == SECRET


async def test_a_private_ca(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    async with web(ca.server("localhost")) as server:
        url = server.at(reply("200 OK", BODY))
        assert (await asked(url, ca=ca.file)).body == BODY


async def test_a_server_that_nobody_vouches_for(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    async with web(ca.server("localhost")) as server:
        error = await failed(server.at(reply("200 OK", BODY)))
    assert error.ending is Ending.TLS
    assert "ca_file" in error.words
    assert server.heard == [], "nothing was sent to it"


async def test_a_certificate_for_somebody_else(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    async with web(ca.server("elsewhere.example.com")) as server:
        error = await failed(server.at(reply("200 OK", BODY)), ca=ca.file)
    assert (error.ending, server.heard) == (Ending.TLS, [])


async def test_a_ca_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("hush")
    error = await failed("https://localhost:1/", ca=str(tmp_path / "ca"))
    assert (error.ending, "look at ca_file" in error.words) == (Ending.TLS, True)


async def test_a_client_certificate(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    cert, key = ca.client(tmp_path)
    async with web(ca.server_for_known_clients("localhost")) as server:
        url = server.at(reply("200 OK", BODY))
        tls = TlsSettings(ca_file=ca.file, cert_file=cert, key_file=key)
        known = request(url)._replace(tls=tls)
        assert (await asyncio.to_thread(get, known, Validators())).body == BODY
        await failed(url, ca=ca.file)


async def test_https_never_becomes_http(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    async with web() as plain, web(ca.server("localhost")) as secure:
        plain.at(reply("200 OK", BODY))
        secure.at(reply("302 Go", location=plain.url("/prices?token=hush")))
        error = await failed(secure.url(), ca=ca.file)
    assert error.ending is Ending.REDIRECT
    assert "redirects from https to" in error.words
    assert plain.heard == []


async def test_http_may_become_https(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    async with web() as plain, web(ca.server("localhost")) as secure:
        secure.at(reply("200 OK", BODY))
        plain.at(reply("301 Go", location=secure.url()))
        assert (await asked(plain.url(), ca=ca.file)).body == BODY
    assert "authorization" not in secure.heard[0].headers


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        pytest.param("http://169.254.169.254/latest", True, id="link-local"),
        pytest.param("http://10.1.2.3/", True, id="private"),
        pytest.param("https://[::1]:8443/", True, id="loopback-6"),
        pytest.param("http://[fe80::1]/", True, id="link-local-6"),
        pytest.param("http://[::ffff:127.0.0.1]/", True, id="loopback-in-6"),
        pytest.param("http://localhost/", True, id="a-name"),
        pytest.param("https://1.1.1.1/", False, id="everybodys"),
    ],
)
def test_what_is_inside_is_no_place_for_a_redirect_from_outside(url: str, inside: bool) -> None:  # noqa: FBT001
    assert is_inside(url) is inside


async def test_a_name_that_moves_inside_after_it_was_looked_up_is_never_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with web() as server:
        target = server.at(reply("200 OK", BODY), "/target")
        url = server.at(reply("302 Go", location=target))

        def everybodys(_: str) -> bool:
            return False

        monkeypatch.setattr("processor.fetch.request.is_inside", everybodys)
        refused = await failed(url)
        assert refused.ending is Ending.REDIRECT
        assert "inside this network" in refused.words
        assert [heard.path for heard in server.heard] == ["/prices"]


def test_the_client_certificate_is_for_the_configured_origin() -> None:
    tls = TlsSettings(ca_file="ca", cert_file="c", key_file="k")
    request = Request("https://a.example/p", {}, tls, 1.0, 10, "test")
    assert tls_for("https://A.example:443/other", request) == tls
    for url in ("https://b.example/p", "https://a.example:444/p"):
        assert tls_for(url, request) == TlsSettings(ca_file="ca")
