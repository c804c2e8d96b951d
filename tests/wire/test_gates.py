"""Bearer and basic credentials at both doors: who comes in, what the others hear, files that change."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from typing import TYPE_CHECKING

import bcrypt
import pytest

from processor.errors import Code, ConfigError
from processor.health import Readiness, health_service
from processor.receive.basic import BasicGate
from processor.receive.bearer import BearerGate
from processor.receive.htpasswd import matches, users_in
from processor.receive.raw_service import raw_service
from processor.receive.watched import Unusable
from processor.settings.values import BearerTokens, Passwords, Secret
from tests.doubles.intake import Echo
from tests.doubles.rpc_status import Status
from tests.faults import frames
from tests.wire.hops import doors
from tests.wire.senders import PROTOBUF, GrpcReply, grpc_sender, post

if TYPE_CHECKING:
    from pathlib import Path

    from processor.receive.gate import Gate
    from processor.receive.raw_service import Context
    from tests.wire.hops import Doors


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


async def ask(door: Doors, credential: str, header: str = "authorization") -> tuple[str, int]:
    """What each door says to a request with this credential."""
    sent = {header: credential} if credential else {}
    async with grpc_sender(door.grpc.port) as sender:
        by_grpc = await sender.send(b"spans", headers=tuple(sent.items()))
    by_http = await post(door.http.port, b"spans", headers={**PROTOBUF, **sent})
    return by_grpc.code.name, by_http.status


COMES_IN, STAYS_OUT = ("OK", 200), ("UNAUTHENTICATED", 401)


@pytest.mark.parametrize(
    ("credential", "answer"),
    [
        pytest.param("Bearer one", COMES_IN, id="right"),
        pytest.param("Bearer two", COMES_IN, id="the-other"),
        pytest.param("bearer one", COMES_IN, id="scheme-in-lower-case"),
        pytest.param("Bearer onE", STAYS_OUT, id="wrong"),
        pytest.param("Bearer ", STAYS_OUT, id="none"),
        pytest.param("one", STAYS_OUT, id="no-scheme"),
        pytest.param("Basic one", STAYS_OUT, id="other-scheme"),
        pytest.param("", STAYS_OUT, id="no-header"),
    ],
)
async def test_who_has_a_token_comes_in(credential: str, answer: tuple[str, int]) -> None:
    gate = BearerGate(BearerTokens(tokens=(Secret("one"), Secret("two"))))
    echo = Echo()
    async with doors(echo, gate=gate) as door:
        assert await ask(door, credential) == answer
    assert len(echo.asked) == (2 if answer == COMES_IN else 0)


async def test_tokens_may_come_in_another_header_and_without_a_scheme() -> None:
    gate = BearerGate(BearerTokens(scheme="", header="X-Api-Key", tokens=(Secret("k"),)))
    async with doors(Echo(), gate=gate) as door:
        assert await ask(door, "k", "x-api-key") == COMES_IN
        assert await ask(door, "k") == STAYS_OUT


async def test_a_stranger_hears_how_to_ask_and_nothing_else() -> None:
    gate = BearerGate(BearerTokens(tokens=(Secret("one"),)))
    async with doors(Echo(), gate=gate) as door:
        reply = await post(door.http.port, b"spans")
        elsewhere = await post(door.http.port, path="/v1/nothing")
        async with grpc_sender(door.grpc.port) as sender:
            by_grpc = await sender.send()
    assert reply.headers["www-authenticate"] == 'Bearer realm="genai-cost"'
    assert Status.FromString(reply.body) == Status(
        code=16, message="missing or wrong credentials"
    )
    assert by_grpc == GrpcReply(Code.UNAUTHENTICATED, "missing or wrong credentials")
    assert elsewhere.status == 401


async def test_a_stranger_is_refused_before_a_byte_of_the_message_is_there() -> None:
    """Over gRPC a message is not counted until it is whole: strangers cannot even begin one."""
    gate = BearerGate(BearerTokens(tokens=(Secret("one"),)))
    async with doors(Echo(), gate=gate) as door, frames.connected(door.grpc.port) as peer:
        assert await peer.write(frames.headers(1))
        end = await peer.until_end_of(1)
    assert end is not None
    assert b"grpc-status\x0216" in end.payload


async def test_every_service_of_the_port_is_behind_the_gate_but_health() -> None:
    async def answer(_: bytes, __: Context) -> bytes:
        return b"open"

    services = [
        health_service(Readiness(), []),
        raw_service("a.Service", {"Ask": answer}),
    ]
    gate = BearerGate(BearerTokens(tokens=(Secret("one"),)))
    async with (
        doors(Echo(), gate=gate, services=services) as door,
        grpc_sender(door.grpc.port) as sender,
    ):
        health = await sender.call("/grpc.health.v1.Health/Check")
        other = await sender.call("/a.Service/Ask")
        known = await sender.call("/a.Service/Ask", headers=(("authorization", "Bearer one"),))
    assert (health.code, other.code, known.body) == (Code.OK, Code.UNAUTHENTICATED, b"open")


async def test_tokens_of_a_file_are_read_again_and_bad_ones_change_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, seen = tmp_path / "tokens", list[str]()
    file.write_text("old\n\nother\n")
    gate = BearerGate(BearerTokens(filename=str(file)), on_look=seen.append)
    async with doors(Echo(), gate=gate) as door:
        assert await ask(door, "Bearer old") == COMES_IN
        file.write_text("new")
        gate.watched.look()
        assert await ask(door, "Bearer old") == STAYS_OUT
        assert await ask(door, "Bearer new") == COMES_IN
        file.write_text(" \n")
        gate.watched.look()
        gate.watched.look()
        assert await ask(door, "Bearer new") == COMES_IN
    assert seen == ["changed", "kept"]
    (said,) = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert "there is no token" in said
    assert "new" not in said


def sha1(word: bytes) -> bytes:
    return hashlib.sha1(word).digest()  # noqa: S324 - htpasswd's own


SHA = "{SHA}" + base64.b64encode(sha1(b"sha")).decode()
SSHA = "{SSHA}" + base64.b64encode(sha1(b"ssha" + b"salt") + b"salt").decode()
USERS = f"# people\nplain:word\nsha:{SHA}\nssha:{SSHA}\nbcrypt:{hashed('bcrypt')}\ncolon:a:b\n"


@pytest.mark.parametrize(
    ("credential", "answer"),
    [
        pytest.param(basic("plain", "word"), COMES_IN, id="plain"),
        pytest.param(basic("sha", "sha"), COMES_IN, id="sha"),
        pytest.param(basic("ssha", "ssha"), COMES_IN, id="ssha"),
        pytest.param(basic("bcrypt", "bcrypt"), COMES_IN, id="bcrypt"),
        pytest.param(basic("colon", "a:b"), COMES_IN, id="colon-in-password"),
        pytest.param(basic("bcrypt", "Bcrypt"), STAYS_OUT, id="wrong-bcrypt"),
        pytest.param(basic("plain", "words"), STAYS_OUT, id="wrong-plain"),
        pytest.param(basic("ssha", "sshasalt"), STAYS_OUT, id="wrong-ssha"),
        pytest.param(basic("nobody", "word"), STAYS_OUT, id="unknown-user"),
        pytest.param(basic("sha", SHA), STAYS_OUT, id="the-hash-itself"),
        pytest.param("Basic !!!", STAYS_OUT, id="no-base64"),
        pytest.param("Basic " + base64.b64encode(b"\xff:x").decode(), STAYS_OUT, id="no-utf-8"),
        pytest.param("Bearer one", STAYS_OUT, id="other-scheme"),
        pytest.param("", STAYS_OUT, id="no-header"),
    ],
)
async def test_who_has_user_and_password_comes_in(
    credential: str, answer: tuple[str, int]
) -> None:
    async with doors(Echo(), gate=BasicGate(Passwords(inline=Secret(USERS)))) as door:
        assert await ask(door, credential) == answer
        assert await ask(door, credential) == answer  # from memory


async def test_a_user_taken_out_of_the_file_stays_out(tmp_path: Path) -> None:
    file = tmp_path / "htpasswd"
    file.write_text(f"a:{hashed('x')}\nb:{hashed('y')}\n")
    gate = BasicGate(Passwords(file=str(file), inline=Secret("b:z")))
    async with doors(Echo(), gate=gate) as door:
        assert await ask(door, basic("a", "x")) == COMES_IN
        assert await ask(door, basic("b", "y")) == STAYS_OUT  # inline wins
        assert await ask(door, basic("b", "z")) == COMES_IN
        file.write_text(f"a:{hashed('new')}\n")
        gate.watched.look()
        assert await ask(door, basic("a", "x")) == STAYS_OUT
        assert await ask(door, basic("a", "new")) == COMES_IN


async def test_what_is_remembered_of_strangers_is_bounded() -> None:
    gate = BasicGate(Passwords(inline=Secret("a:b")))
    for number in range(5000):
        assert not await gate.admits(basic("a", str(number)))
    assert gate.remembered <= 1024
    assert await gate.admits(basic("a", "b"))


async def test_guesses_wait_in_a_bounded_line() -> None:
    gate = BasicGate(Passwords(inline=Secret(f"a:{hashed('b')}")))
    async with doors(Echo(), gate=gate):
        asked = [gate.admits(basic("a", str(number))) for number in range(200)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
    later = [answer for answer in answers if answer is not False]
    assert 0 < len(later) <= 200 - 64
    assert all("try later" in str(answer) for answer in later)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("a", "line 1: write user:password", id="no-colon"),
        pytest.param("a:b\n:c", "line 2: write user:password", id="no-user"),
        pytest.param(
            "a:$apr1$x$y", "APR1 (MD5) is not taken here; write it with htpasswd -B", id="apr1"
        ),
        pytest.param("a:$6$x$y", "SHA-512 crypt is not taken", id="sha-512"),
        pytest.param("a:$2y$05$short", "is no bcrypt hash", id="bcrypt"),
        pytest.param("a:$2y$31$" + "a" * 53, "of cost 4 to 16", id="bcrypt-for-years"),
        pytest.param("a:{SHA}xx", "is no {SHA} hash", id="sha"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(Unusable) as bad:
        users_in(text, "users")
    assert words in str(bad.value)
    assert "short" not in str(bad.value)


def test_a_long_password_is_cut_as_htpasswd_cuts_it() -> None:
    assert matches("x" * 100, hashed("x" * 72))


@pytest.mark.parametrize(
    "make",
    [
        lambda: BearerGate(BearerTokens(filename="/nowhere", setting="extensions.b")),
        lambda: BasicGate(Passwords(inline=Secret("#"), setting="extensions.b")),
    ],
    ids=["no-file", "no-user"],
)
def test_what_lets_nobody_in_is_an_error_at_start(make: object) -> None:
    assert callable(make)
    with pytest.raises(ConfigError, match=r"^extensions\.b: "):
        make()


def test_secrets_are_not_shown() -> None:
    gates: list[Gate | BearerTokens | Passwords] = [
        BearerTokens(tokens=(Secret("hush"),)),
        Passwords(inline=Secret("a:hush")),
    ]
    assert "hush" not in repr(gates)
