"""`bearertokenauth` and `basicauth`, as exporters name them."""

from __future__ import annotations

import pytest

from processor.settings.values import ClientAuth, Secret
from tests.settings.texts import WHOLE, hop, problem, problems, read


def asking(extension: str, kind: str = "bearertokenauth", *, listed: bool = True) -> str:
    """A whole file whose exporter says who it is by this extension."""
    named = f"{kind}/out"
    text = hop(f"auth: {{authenticator: {named}}}") + f"extensions: {{{named}: {extension}}}\n"
    return (
        text.replace("service:\n", f"service:\n  extensions: [{named}]\n") if listed else text
    )


@pytest.mark.parametrize(
    ("kind", "extension", "auth"),
    [
        ("bearertokenauth", "{token: t}", ClientAuth("bearer", Secret("t"))),
        ("bearertokenauth", "{tokens: [a, b]}", ClientAuth("bearer", Secret("a"))),
        (
            "bearertokenauth",
            f"{{filename: {__file__}, scheme: ApiKey, header: X-Key}}",
            ClientAuth("bearer", secret_file=__file__, scheme="ApiKey", header="x-key"),
        ),
        (
            "basicauth",
            "{client_auth: {username: u, password: p}}",
            ClientAuth("basic", Secret("p"), username="u"),
        ),
        (
            "basicauth",
            f"{{client_auth: {{username_file: {__file__}, password_file: {__file__}}}}}",
            ClientAuth("basic", secret_file=__file__, username_file=__file__),
        ),
    ],
)
def test_who_an_exporter_says_it_is(kind: str, extension: str, auth: ClientAuth) -> None:
    settings = read(asking(extension, kind))
    found = settings.exporters["otlp_grpc"].auth
    assert found is not None
    assert found._replace(setting="extensions") == auth
    assert settings.warnings == ()
    assert not auth.secret or f"'{auth.secret}'" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(asking("{}"), "has no token; write", id="no-token"),
        pytest.param(
            asking("{client_auth: {username: u}}", "basicauth"),
            "with a password for exporters",
            id="no-password",
        ),
        pytest.param(
            hop("auth: {authenticator: nobody}"), "names `nobody`, which is no", id="undefined"
        ),
        pytest.param(asking("{filename: /nowhere/t}"), "cannot read /nowhere/t", id="no-file"),
        pytest.param(
            hop("auth: {authenticatr: a}"), "did you mean `authenticator`?", id="misspelt"
        ),
    ],
)
def test_what_cannot_be_used_says_so(text: str, words: str) -> None:
    assert any(words in each for each in problems(text))


def test_an_extension_that_the_service_does_not_list_is_not_in_use() -> None:
    text = asking("{token: t}", listed=False)
    assert "define it under `extensions` and list it there" in problem(text)


def test_without_auth_there_is_none() -> None:
    assert read(WHOLE).exporters["otlp_grpc"].auth is None
