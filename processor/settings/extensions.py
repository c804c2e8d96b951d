"""The extensions: `health_check`, who may send (`bearertokenauth`, `basicauth`), `headers_setter`.

Reads one block each, and what names them: `auth: {authenticator: ID}`. Invariant: an id that comes
out was defined, listed under `service.extensions`, and is of a kind that fits where it is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from processor.settings.block import Block
from processor.settings.endpoints import listen_address
from processor.settings.exporters import readable_file
from processor.settings.problems import Bad
from processor.settings.scalars import choice, each, name, text
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

_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-.")
_MAX_RULES: Final = 32


class Extensions(NamedTuple):
    """What the extensions in use say, by id."""

    health: HealthServer | None
    gates: Mapping[str, BearerTokens | Passwords]
    rules: Mapping[str, tuple[HeaderRule, ...]]

    def gate(self, block: Block) -> BearerTokens | Passwords | None:
        """Read a receiver's `auth`: who may send to it."""
        named = authenticator(block)
        if named in self.rules:
            block.problem(f"names {named}, which is for exporters", "authenticator")
        elif named and named not in self.gates:
            block.problem(_unknown(named, "bearertokenauth or basicauth"), "authenticator")
        return self.gates.get(named)

    def header_rules(self, block: Block) -> tuple[HeaderRule, ...]:
        """Read an exporter's `auth`: what it passes on."""
        named = authenticator(block)
        if named in self.gates:
            words = (
                f"names {named}, which is for receivers; write headers: {{authorization: ...}}"
            )
            block.problem(words, "authenticator")
        elif named and named not in self.rules:
            block.problem(_unknown(named, "headers_setter"), "authenticator")
        return self.rules.get(named, ())


def authenticator(block: Block) -> str:
    """Read which extension is named; empty for none."""
    named = block.take("authenticator", name, "")
    block.end()
    return named


def _unknown(named: str, kinds: str) -> str:
    return (
        f"names `{named}`, which is no {kinds} in `service.extensions`; define it under "
        "`extensions` and list it there"
    )


def extensions(
    components: Mapping[str, tuple[str, Node]], used: Collection[str], report: Report
) -> Extensions:
    """Read every extension; those that the service does not list are only checked."""
    health: HealthServer | None = None
    gates: dict[str, BearerTokens | Passwords] = {}
    rules: dict[str, tuple[HeaderRule, ...]] = {}
    for component, (kind, node) in components.items():
        block = Block(node, report, f"extensions.{kind}")
        match kind:
            case "bearertokenauth":
                gates[component] = _bearer(block)
            case "basicauth":
                gates[component] = _passwords(block)
            case "headers_setter":
                rules[component] = _rules(block)
            case _:
                read = _health(block)
                health = read if component in used else health
        block.end()
    return Extensions(
        health,
        {component: gate for component, gate in gates.items() if component in used},
        {component: rule for component, rule in rules.items() if component in used},
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
        block.take("token", _secret, Secret()),
        *block.take("tokens", each(_secret), none),
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
        inline=htpasswd.take("inline", _secret, Secret()),
        setting=block.node.path,
    )
    htpasswd.end()
    if not read.inline and not htpasswd.has("file"):
        block.problem("has no users; write `htpasswd: {file: ...}` or `inline:`")
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


def _secret(node: Node) -> Secret:
    return Secret(text(node))
