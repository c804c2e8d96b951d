"""A CA of the tests' own, and servers that it vouches for."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import grpc
import trustme

if TYPE_CHECKING:
    from pathlib import Path


class Authority:
    """A private CA; `file` is what an operator writes as `ca_file`."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.file = str(folder / "ca.pem")
        self._ca.cert_pem.write_to_path(self.file)

    def server(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names).configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
        return context

    def server_for_known_clients(self, *names: str) -> ssl.SSLContext:
        context = self.server(*names)
        context.verify_mode = ssl.CERT_REQUIRED
        self._ca.configure_trust(context)  # pyright: ignore[reportUnknownMemberType]
        return context

    def grpc_server(self, *names: str, known_clients: bool = False) -> grpc.ServerCredentials:
        cert = self._ca.issue_cert(*names)
        pair = (cert.private_key_pem.bytes(), cert.cert_chain_pems[0].bytes())
        roots = self._ca.cert_pem.bytes() if known_clients else None
        return grpc.ssl_server_credentials([pair], roots, known_clients)

    def client(self, folder: Path) -> tuple[str, str]:
        """Certificate and key of a client."""
        cert = self._ca.issue_cert("client@example.com")
        chain, key = folder / "client.pem", folder / "client.key"
        cert.cert_chain_pems[0].write_to_path(str(chain))
        cert.private_key_pem.write_to_path(str(key))
        return str(chain), str(key)
