"""The `tls` block of a receiver's protocol.

Reads one block. Invariant: what comes out names a certificate and its key, both readable now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from processor.settings.client_tls import readable_file
from processor.settings.problems import Bad
from processor.settings.scalars import boolean, duration, shown
from processor.settings.values import ServerTls

if TYPE_CHECKING:
    from processor.settings.block import Block
    from processor.settings.document import Node

    Version = Literal["1.2", "1.3"]


def server_tls(block: Block) -> ServerTls | None:
    """Read the block; None where nothing is written in it."""
    default = ServerTls("", "")
    read = ServerTls(
        cert_file=block.take("cert_file", readable_file, ""),
        key_file=block.take("key_file", readable_file, ""),
        client_ca_file=block.take("client_ca_file", readable_file, ""),
        min_version=block.take("min_version", _version, default.min_version),
        max_version=block.take("max_version", _version, default.max_version),
        reload_interval_s=block.take(
            "reload_interval", duration(high_s=86400.0), default.reload_interval_s
        ),
        setting=block.node.path,
    )
    block.take("client_ca_file_reload", boolean, default=True)
    block.end()
    if not block.names:
        return None
    for key in ("cert_file", "key_file"):
        if not block.has(key):
            block.problem(f"has no {key}; write both cert_file and key_file, or no tls at all")
    if read.min_version > read.max_version:
        block.problem("is above max_version; write 1.2 for one of them", "min_version")
    return read


def _version(node: Node) -> Version:
    match node.text:
        case "1.2":
            return "1.2"
        case "1.3":
            return "1.3"
        case "1.0" | "1.1":
            raise Bad(f"is {node.text}, which no longer protects anything; write 1.2 or 1.3")
        case _:
            raise Bad(f"is {shown(node)}; write 1.2 or 1.3")
