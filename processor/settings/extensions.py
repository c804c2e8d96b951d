"""The extensions: health, who may send and who we say we are, headers passed on, places of queues.

Reads one block each, and what names them: `auth: {authenticator: ID}`. Invariant: an id that comes
out was defined, listed under `service.extensions`, and is of a kind that fits where it is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from processor.settings.block import Block
from processor.settings.client_auth import basic_client, bearer_client, secret
from processor.settings.client_tls import readable_file
from processor.settings.endpoints import listen_address
from processor.settings.problems import Bad
from processor.settings.scalars import choice, each, name, text
from processor.settings.storage import file_storage
from processor.settings.values import (
    BearerTokens,
    HeaderRule,
    HealthServer,
    Passwords,
    Secret,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from processor.settings.document import Node
    from processor.settings.problems import Report
    from processor.settings.values import ClientAuth, StorageSettings

_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-.")
_MAX_RULES: Final = 32


class Extensions(NamedTuple):
    """What the extensions in use say, by id."""

    health: HealthServer | None
    gates: Mapping[str, BearerTokens | Passwords]
    """Who may send to a receiver."""
    clients: Mapping[str, ClientAuth]
    """Who an exporter says it is."""
    rules: Mapping[str, tuple[HeaderRule, ...]]
    """What an exporter passes on of the senders' headers."""
    storages: Mapping[str, StorageSettings]
    """Where queues that last are kept."""

    def gate(self, block: Block) -> BearerTokens | Passwords | None:
        """Read a receiver's `auth`."""
        named = authenticator(block)
        if named and named not in self.gates:
            block.problem(self._unknown(named, "users or tokens to check"), "authenticator")
        return self.gates.get(named)

    def on_the_way_out(self, block: Block) -> tuple[ClientAuth | None, tuple[HeaderRule, ...]]:
        """Read an exporter's `auth`: who it says it is, or what it passes on."""
        named = authenticator(block)
        if named and named not in self.clients and named not in self.rules:
            block.problem(
                self._unknown(named, "token, password or headers to send"), "authenticator"
            )
        return self.clients.get(named), self.rules.get(named, ())

    def _unknown(self, named: str, wanted: str) -> str:
        if named in {*self.gates, *self.clients, *self.rules}:
            return f"names `{named}`, which has no {wanted}"
        return (
            f"names `{named}`, which is no bearertokenauth, basicauth or headers_setter in "
            "`service.extensions`; define it under `extensions` and list it there"
        )


def authenticator(block: Block) -> str:
    """Read which extension is named; empty for none."""
    named = block.take("authenticator", name, "")
    block.end()
    return named


def extensions(
    components: Mapping[str, tuple[str, Node]], used: Collection[str], report: Report
) -> Extensions:
    """Read every extension; those that the service does not list are only checked."""
    found = Extensions(None, {}, {}, {}, {})
    for component, (kind, node) in components.items():
        block = Block(node, report, f"extensions.{kind}")
        read = _read(kind, component, block)
        block.end()
        if component in used:
            found = _joined(found, read)
    return found


def _read(kind: str, component: str, block: Block) -> Extensions:
    """One extension."""
    none = Extensions(None, {}, {}, {}, {})
    match kind:
        case "bearertokenauth":
            tokens = _bearer(block)
            client = bearer_client(tokens)
            return none._replace(gates={component: tokens}, clients={component: client})
        case "basicauth":
            passwords, client = _passwords(block), basic_client(block.block("client_auth"))
            checks, sends = bool(passwords.file or passwords.inline), _has_secret(client)
            if not checks and not sends:
                block.problem(
                    "has no users; write `htpasswd: {file: ...}` for receivers, or `client_auth:` "
                    "with a password for exporters"
                )
            return none._replace(
                gates={component: passwords} if checks or not sends else {},
                clients={component: client} if sends or not checks else {},
            )
        case "headers_setter":
            return none._replace(rules={component: _rules(block)})
        case "file_storage":
            return none._replace(storages={component: file_storage(block)})
        case _:
            return none._replace(health=_health(block))


def _has_secret(client: ClientAuth) -> bool:
    return bool(client.secret or client.secret_file)


def _joined(one: Extensions, other: Extensions) -> Extensions:
    return Extensions(
        other.health or one.health,
        {**one.gates, **other.gates},
        {**one.clients, **other.clients},
        {**one.rules, **other.rules},
        {**one.storages, **other.storages},
    )


def _health(block: Block) -> HealthServer:
    default = HealthServer()
    return HealthServer(
        endpoint=block.take("endpoint", listen_address, default.endpoint),
        path=block.take("path", name, default.path),
        setting=f"{block.node.path}.endpoint",
    )


def _bearer(block: Block) -> BearerTokens:
    default = BearerTokens()
    none: tuple[Secret, ...] = ()
    tokens = (
        block.take("token", secret, Secret()),
        *block.take("tokens", each(secret), none),
    )
    read = BearerTokens(
        scheme=block.take("scheme", text, default.scheme),
        header=block.take("header", _header, default.header.lower()),
        tokens=tuple(token for token in tokens if token),
        filename=block.take("filename", readable_file, ""),
        setting=block.node.path,
    )
    if not read.tokens and not block.has("filename"):
        block.problem("has no token; write `token:`, `tokens:` or `filename:`")
    return read


def _passwords(block: Block) -> Passwords:
    htpasswd = block.block("htpasswd")
    read = Passwords(
        file=htpasswd.take("file", readable_file, ""),
        inline=htpasswd.take("inline", secret, Secret()),
        setting=block.node.path,
    )
    htpasswd.end()
    return read


def _rules(block: Block) -> tuple[HeaderRule, ...]:
    node = block.child("headers")
    items = node.value if node is not None and isinstance(node.value, list) else []
    if not 0 < len(items) <= _MAX_RULES:
        block.problem(
            f"has no headers, or more than {_MAX_RULES}; write headers: [{{key: ..., from_context: ...}}]"
        )
    return tuple(_rule(Block(item, block.report, f"{block.kind}.headers")) for item in items)


def _rule(block: Block) -> HeaderRule:
    block.take("action", choice(("upsert", "insert")), "upsert")
    rule = HeaderRule(
        key=block.take("key", _header, ""),
        from_context=block.take("from_context", _header, ""),
        value=block.take("value", _value, ""),
        default_value=block.take("default_value", _value, ""),
    )
    if not block.has("key"):
        block.problem("has no key; write the name of the header")
    if bool(rule.value) == bool(rule.from_context):
        block.problem("write from_context (a header of the sender's) or value, one of them")
    block.end()
    return rule


def _header(node: Node) -> str:
    """Parse the name of a header; HTTP and gRPC tell no case."""
    written = text(node).lower()
    if not written or not _NAME.issuperset(written) or written.endswith("-bin"):
        raise Bad("is no name of a header; use a-z 0-9 _ - .")
    return written


def _value(node: Node) -> str:
    written = text(node)
    if not (written.isascii() and written.isprintable()):
        raise Bad("cannot be sent as a header; use printable ASCII")
    return written
