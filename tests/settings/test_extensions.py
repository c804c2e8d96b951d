"""Extensions that say who may send and what is passed on: read, joined by name, refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from processor.settings.values import BearerTokens, HeaderRule, Passwords
from tests.settings.texts import WHOLE, problem, problems, read

if TYPE_CHECKING:
    from pathlib import Path

    from processor.settings import Settings

PASSES = "headers_setter: {headers: [{key: X-Scope-OrgID, from_context: x-scope-orgid}]}"


def text(
    extension: str, *, grpc: str = "", http: str = "", hop: str = "", listed: str = ""
) -> str:
    """WHOLE with an extension, listed under its id, and keys where it is named."""
    whole = (
        WHOLE.replace("grpc: {}", f"grpc: {{{grpc}}}")
        .replace("http: {}", f"http: {{{http}}}")
        .replace("tls: {insecure: true}}", f"tls: {{insecure: true}}, {hop}}}")
    )
    listed = listed or extension.partition(":")[0]
    return whole + f"  extensions: [{listed}]\nextensions:\n  {extension}\n"


def named(extension: str) -> str:
    return f"auth: {{authenticator: {extension}}}"


def auth(settings: Settings) -> BearerTokens | Passwords | None:
    assert settings.grpc is not None
    return settings.grpc.auth


def test_a_bearer_token_is_named_by_a_protocol() -> None:
    settings = read(
        text(
            "bearertokenauth/a: {token: '${env:T}', scheme: Token}",
            grpc=named("bearertokenauth/a"),
        ),
        T="hush",
    )
    assert auth(settings) == BearerTokens(
        scheme="Token",
        header="authorization",
        tokens=("hush",),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        setting="extensions.bearertokenauth/a",
    )
    assert settings.http is not None
    assert settings.http.auth is None
    assert "hush" not in repr(settings)


def test_users_are_named_by_a_protocol(tmp_path: Path) -> None:
    file = tmp_path / "htpasswd"
    file.write_text("a:b")
    extension = f"basicauth: {{htpasswd: {{file: {file}, inline: 'c:d'}}}}"
    read_so = auth(read(text(extension, grpc=named("basicauth"))))
    assert isinstance(read_so, Passwords)
    assert (read_so.file, read_so.inline) == (str(file), "c:d")


def test_what_an_exporter_passes_on() -> None:
    extension = (
        "headers_setter: {headers: [{action: insert, key: X-Scope-OrgID, from_context: X-Tenant, "
        "default_value: none}, {key: a, value: b}]}"
    )
    settings = read(text(extension, grpc="include_metadata: true", hop=named("headers_setter")))
    assert settings.exporters["otlp_grpc"].header_rules == (
        HeaderRule("x-scope-orgid", from_context="x-tenant", default_value="none"),
        HeaderRule("a", value="b"),
    )


@pytest.mark.parametrize(
    ("written", "words"),
    [
        pytest.param(
            text("bearertokenauth: {token: x}", grpc=named("basicauth")),
            "names `basicauth`, which is no bearertokenauth, basicauth or headers_setter in",
            id="not-defined",
        ),
        pytest.param(
            text("bearertokenauth: {}", grpc=named("bearertokenauth")),
            "extensions.bearertokenauth: has no token; write `token:`",
            id="no-token",
        ),
        pytest.param(
            text("bearertokenauth: {filename: /nowhere}", grpc=named("bearertokenauth")),
            "cannot read /nowhere",
            id="no-file",
        ),
        pytest.param(
            text("basicauth: {htpasswd: {}}", grpc=named("basicauth")),
            "extensions.basicauth: has no users; write `htpasswd: {file: ...}`",
            id="no-users",
        ),
        pytest.param(
            text("basicauth: {client_auth: {password: a}}", grpc=named("basicauth")),
            "names `basicauth`, which has no users or tokens to check",
            id="exporters-at-receiver",
        ),
        pytest.param(
            text("basicauth: {htpasswd: {inline: 'a:b'}}", hop=named("basicauth")),
            "names `basicauth`, which has no token, password or headers to send",
            id="receivers-at-exporter",
        ),
        pytest.param(
            text(PASSES, grpc=named("headers_setter")),
            "names `headers_setter`, which has no users or tokens to check",
            id="headers-at-receiver",
        ),
        pytest.param(
            text(PASSES, hop=named("headers_setter")),
            "no receiver has `include_metadata: true`",
            id="not-let-in",
        ),
        pytest.param(
            text(
                PASSES,
                grpc="include_metadata: true",
                hop=named("headers_setter") + ", headers: {x-scope-orgid: a}",
            ),
            "has x-scope-orgid in `headers` and from headers_setter; keep one of them",
            id="twice",
        ),
        pytest.param(
            text("headers_setter: {headers: []}"), "has no headers, or more than 32", id="none"
        ),
        pytest.param(
            text("headers_setter: {headers: [{key: a}]}"),
            "headers[0]: write from_context (a header of the sender's) or value",
            id="from-nowhere",
        ),
        pytest.param(
            text("headers_setter: {headers: [{key: 'a b', value: c}]}"),
            "is no name of a header",
            id="no-name",
        ),
        pytest.param(
            text("headers_setter: {headers: [{key: a, value: b, from_attribute: c}]}"),
            "from_attribute: waits for a later release",
            id="from-attribute",
        ),
    ],
)
def test_what_does_not_fit_is_said(written: str, words: str) -> None:
    assert words in problem(written)


def test_delete_waits() -> None:
    said = problems(text("headers_setter: {headers: [{action: delete, key: a, value: b}]}"))
    assert any("headers[0].action: " in words for words in said)


def test_an_extension_that_the_service_does_not_list_guards_nothing() -> None:
    written = text(
        "bearertokenauth: {token: x}", grpc=named("bearertokenauth"), listed="health_check"
    ).replace("extensions:\n", "extensions:\n  health_check: {}\n")
    assert "names `bearertokenauth`" in problem(written)
