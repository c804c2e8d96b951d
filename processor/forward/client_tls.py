"""The certificates of an exporter: read, checked and made into what gRPC and HTTP want.

No connection is opened here. Invariant: what comes out was tried by OpenSSL first, so a key that does
not fit its certificate is an error with the setting's name, never a handshake that fails for nobody knows why.
"""

from __future__ import annotations

import ssl
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Generator

    from processor.settings import TlsSettings

_VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Certificates(NamedTuple):
    """PEM as gRPC takes it; None for roots of gRPC's own, or where there is no client certificate."""

    roots: bytes | None
    certificate: bytes | None
    key: bytes | None


def certificates(tls: TlsSettings, setting: str) -> Certificates:
    """Read what *tls* names; raises `ConfigError` with every problem."""
    context(tls, setting)
    roots = _bytes(tls.ca_file, tls.ca_pem)
    if roots is None or tls.include_system_ca_certs_pool:
        system = _system_roots()
        roots = b"\n".join(filter(None, (system, roots))) or None
    return Certificates(
        roots, _bytes(tls.cert_file, tls.cert_pem), _bytes(tls.key_file, tls.key_pem)
    )


def context(tls: TlsSettings, setting: str) -> ssl.SSLContext:
    """The same for Python's own TLS; raises `ConfigError` with every problem."""
    problems = list(_problems(tls, setting))
    if problems:
        raise ConfigError(problems)
    made = ssl.create_default_context() if _takes_system(tls) else _without_roots()
    made.minimum_version = _VERSIONS[tls.min_version]
    if tls.max_version:
        made.maximum_version = _VERSIONS[tls.max_version]
    try:
        if tls.ca_file or tls.ca_pem:
            made.load_verify_locations(tls.ca_file or None, cadata=tls.ca_pem or None)
    except (ssl.SSLError, ValueError) as error:
        key = "ca_file" if tls.ca_file else "ca_pem"
        raise ConfigError([f"{setting}.{key}: holds no certificate in PEM ({error})"]) from None
    if tls.cert_file or tls.cert_pem:
        _load_pair(made, tls, setting)
    if tls.insecure_skip_verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def _load_pair(made: ssl.SSLContext, tls: TlsSettings, setting: str) -> None:
    try:
        with (
            _as_file(tls.cert_file, tls.cert_pem) as pair,
            _as_file(tls.key_file, tls.key_pem) as key,
        ):
            made.load_cert_chain(pair, key)
    except ssl.SSLError as error:
        words = "the certificate and the key do not fit each other or are no PEM"
        raise ConfigError([f"{setting}: {words} ({error.reason})"]) from None


def _problems(tls: TlsSettings, setting: str) -> Generator[str]:
    for key, path in (
        ("ca_file", tls.ca_file),
        ("cert_file", tls.cert_file),
        ("key_file", tls.key_file),
    ):
        try:
            if path:
                Path(path).read_bytes()
        except OSError as error:
            yield f"{setting}.{key}: cannot read {path}: {error.strerror}"
    if bool(tls.cert_file or tls.cert_pem) != bool(tls.key_file or tls.key_pem):
        yield f"{setting}: cert_file and key_file go together"


def _takes_system(tls: TlsSettings) -> bool:
    return tls.include_system_ca_certs_pool or not (tls.ca_file or tls.ca_pem)


def _without_roots() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.verify_mode = ssl.CERT_REQUIRED
    return made


@contextmanager
def _as_file(path: str, pem: str) -> Generator[str]:
    """OpenSSL reads keys from files alone: text from the configuration becomes a private one for a moment."""
    if path:
        yield path
        return
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # 0600
        file.write(pem.encode())
        file.flush()
        yield file.name


def _bytes(path: str, pem: str) -> bytes | None:
    return Path(path).read_bytes() if path else pem.encode() or None


def _system_roots() -> bytes | None:
    """Return the roots of this system; None where there are none, for gRPC's own."""
    found = ssl.get_default_verify_paths().cafile
    return Path(found).read_bytes() if found else None
