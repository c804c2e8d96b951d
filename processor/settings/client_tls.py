"""The Collector's `tls` of an exporter.

Reads one block; files are opened once to see that they can be. What is in them is looked at when the
exporter opens.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from processor.settings.problems import Bad
from processor.settings.scalars import boolean, duration, text
from processor.settings.values import Secret, TlsSettings

if TYPE_CHECKING:
    from processor.settings.block import Block
    from processor.settings.document import Node

_PAIR: Final = ("cert_file", "key_file", "cert_pem", "key_pem")
_ROOT_KEYS: Final = (("ca_file", "ca_pem"), ("cert_file", "cert_pem"), ("key_file", "key_pem"))


def client_tls(block: Block) -> TlsSettings:
    """Read the block; one that is not there means the system's roots."""
    default = TlsSettings()
    read = TlsSettings(
        insecure=block.take("insecure", boolean, default=False),
        insecure_skip_verify=block.take("insecure_skip_verify", boolean, default=False),
        ca_file=block.take("ca_file", readable_file, ""),
        cert_file=block.take("cert_file", readable_file, ""),
        key_file=block.take("key_file", readable_file, ""),
        ca_pem=block.take("ca_pem", text, ""),
        cert_pem=block.take("cert_pem", text, ""),
        key_pem=block.take("key_pem", _secret, Secret()),
        server_name_override=block.take("server_name_override", text, ""),
        include_system_ca_certs_pool=block.take(
            "include_system_ca_certs_pool", boolean, default=False
        ),
        min_version=block.take("min_version", _version, "1.2"),
        max_version=block.take("max_version", _max_version, default.max_version),
        # 0, which is "never" to a Collector, is no reason to miss that files were replaced.
        reload_interval_s=block.take("reload_interval", duration(), 0.0)
        or default.reload_interval_s,
    )
    for file, pem in _ROOT_KEYS:
        if block.has(file) and block.has(pem):
            block.problem(f"stands beside `{file}`; write one of them", pem)
    written = [any(block.has(key) for key in _PAIR[side::2]) for side in (0, 1)]
    if written[0] is not written[1]:
        block.problem("cert_file and key_file go together; write both or neither")
    if read.max_version and read.max_version < read.min_version:
        block.problem("is below min_version", "max_version")
    block.end()
    return read


def readable_file(node: Node) -> str:
    """Parse the path of a file that can be read now."""
    path = text(node)
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except OSError as error:
        raise Bad(
            f"cannot read {path}: {error.strerror}; correct the path or its rights"
        ) from None
    return path


def _secret(node: Node) -> Secret:
    return Secret(text(node))


def _max_version(node: Node) -> Literal["", "1.2", "1.3"]:
    return _version(node) if text(node) else ""


def _version(node: Node) -> Literal["1.2", "1.3"]:
    match text(node):
        case "1.2" | "":
            return "1.2"
        case "1.3":
            return "1.3"
        case _:
            raise Bad("is no version of TLS that is safe; write 1.2 or 1.3")
