"""`bearertokenauth` and `basicauth` as an exporter uses them: who it says it is.

Reads of an extension's block what is for exporters, and `auth: {authenticator: ID}`. Invariant: what comes
out has one secret, written out or in a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.settings.client_tls import readable_file
from processor.settings.scalars import each, name, text
from processor.settings.values import ClientAuth, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.settings.block import Block
    from processor.settings.document import Node


def client_auth(kind: str, block: Block) -> ClientAuth:
    """Read the block of one of the two extensions."""
    return _bearer(block) if kind == "bearertokenauth" else _basic(block.block("client_auth"))


def named(block: Block, known: Mapping[str, ClientAuth]) -> ClientAuth | None:
    """Read an exporter's `auth`."""
    wanted = block.take("authenticator", name, "")
    block.end()
    found = known.get(wanted)
    if wanted and found is None:
        words = (
            f"names `{wanted}`, which is no bearertokenauth or basicauth in `service.extensions`; "
            "define it under `extensions` and list it there"
        )
        block.problem(words, "authenticator")
    elif found is not None and not (found.secret or found.secret_file):
        block.problem(
            f"names `{wanted}`, which has no token or password to send", "authenticator"
        )
    return found


def _bearer(block: Block) -> ClientAuth:
    default = ClientAuth("bearer")
    none: tuple[Secret, ...] = ()
    tokens = (
        block.take("token", _secret, Secret()),
        *block.take("tokens", each(_secret), none),
    )
    return default._replace(
        secret=next(filter(None, tokens), Secret()),
        secret_file=block.take("filename", readable_file, ""),
        scheme=block.take("scheme", text, default.scheme),
        header=block.take("header", text, default.header).lower(),
        setting=block.node.path,
    )


def _basic(block: Block) -> ClientAuth:
    read = ClientAuth(
        "basic",
        secret=block.take("password", _secret, Secret()),
        secret_file=block.take("password_file", readable_file, ""),
        username=block.take("username", text, ""),
        username_file=block.take("username_file", readable_file, ""),
        setting=block.node.path,
    )
    block.end()
    return read


def _secret(node: Node) -> Secret:
    return Secret(text(node))
