"""TLS of the doors: a certificate that may be replaced while connections are open.

A handshake takes what is current; connections that stand keep what they began with. Import this
only where TLS is asked for. Invariant: what is in use was checked whole: certificate, key, clients' CAs.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import grpc

from processor.receive.watched import Unusable, Watched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from processor.settings.values import ServerTls

_VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Certificate(NamedTuple):
    """One state of the files, for both doors."""

    context: ssl.SSLContext
    grpc: grpc.ServerCertificateConfiguration


def certificates(
    tls: ServerTls, *, on_look: Callable[[str], None] = lambda _: None
) -> Watched[Certificate]:
    """Read the files now (`ConfigError` where they cannot be used) and whenever they change."""
    paths = [path for path in (tls.cert_file, tls.key_file, tls.client_ca_file) if path]
    return Watched(
        tls.setting,
        paths,
        lambda contents: _certificate(tls, contents),
        interval_s=tls.reload_interval_s,
        on_look=on_look,
    )


def http_context(watched: Watched[Certificate]) -> ssl.SSLContext:
    """Return the context of a server whose every handshake uses the current certificate."""

    class Current(ssl.SSLContext):
        def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
            return watched.current.context.wrap_bio(*arguments, **named)

    return Current(ssl.PROTOCOL_TLS_SERVER)


def grpc_credentials(watched: Watched[Certificate], *, mutual: bool) -> grpc.ServerCredentials:
    """Return credentials that ask for the current certificate at each handshake; for one address."""
    given = first = watched.current.grpc

    def fetch() -> Any:
        nonlocal given
        if watched.current.grpc is given:
            return None  # as before
        given = watched.current.grpc
        return given

    return grpc.dynamic_ssl_server_credentials(
        first, fetch, require_client_authentication=mutual
    )


def _certificate(tls: ServerTls, contents: Sequence[bytes]) -> Certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[tls.min_version]
    context.maximum_version = _VERSIONS[tls.max_version]
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(tls.cert_file, tls.key_file, password=_no_password)
    except (ssl.SSLError, OSError, ValueError) as bad:
        words = (
            f"{tls.cert_file} and {tls.key_file} are no certificate with its key: {_why(bad)}"
        )
        raise Unusable(words) from None
    if tls.client_ca_file:
        context.verify_mode = ssl.CERT_REQUIRED
        _trust(context, tls.client_ca_file, contents[2])
    files = (tls.cert_file, tls.key_file, tls.client_ca_file)
    if any(
        Path(path).read_bytes() != text for path, text in zip(files, contents, strict=False)
    ):
        raise Unusable("the files changed while they were read; they are looked at again")
    roots = contents[2] if tls.client_ca_file else None
    made = grpc.ssl_server_certificate_configuration([(contents[1], contents[0])], roots)
    return Certificate(context, made)


def _trust(context: ssl.SSLContext, path: str, text: bytes) -> None:
    try:
        context.load_verify_locations(cadata=text.decode("ascii", "replace"))
    except (ssl.SSLError, ValueError) as bad:
        raise Unusable(f"{path} has no certificates of CAs: {_why(bad)}") from None


def _no_password() -> str:
    raise ValueError("the key is encrypted; keys with a password are not taken")


def _why(bad: Exception) -> str:
    if isinstance(bad, ssl.SSLError):
        return (bad.reason or "no PEM in it").replace("_", " ").lower()
    return str(bad)
