"""`basicauth` and `bearertokenauth` as an exporter uses them: who it says it is.

Reads what is for exporters of an extension. Invariant: what comes out has one secret, written out or in
a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.settings.client_tls import readable_file
from processor.settings.scalars import text
from processor.settings.values import ClientAuth, Secret

if TYPE_CHECKING:
    from processor.settings.block import Block
    from processor.settings.document import Node
    from processor.settings.values import BearerTokens


def bearer_client(tokens: BearerTokens) -> ClientAuth:
    """The first of the tokens is the one to send."""
    return ClientAuth(
        "bearer",
        secret=tokens.tokens[0] if tokens.tokens else Secret(),
        secret_file=tokens.filename,
        scheme=tokens.scheme,
        header=tokens.header,
        setting=tokens.setting,
    )


def basic_client(block: Block) -> ClientAuth:
    """Read `client_auth` of `basicauth`."""
    read = ClientAuth(
        "basic",
        secret=block.take("password", secret, Secret()),
        secret_file=block.take("password_file", readable_file, ""),
        username=block.take("username", text, ""),
        username_file=block.take("username_file", readable_file, ""),
        setting=block.node.path,
    )
    block.end()
    return read


def secret(node: Node) -> Secret:
    """Parse text that nobody is to see."""
    return Secret(text(node))
