"""Web addresses of price sources, and where what they answered is kept.

A URL may hold a secret (a signed query), so none is ever shown whole. Invariant: what comes out is
plain ASCII with scheme http or https, a host, no user and no fragment.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from processor.settings.problems import Bad
from processor.settings.scalars import text, words_by_name
from processor.settings.values import Headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.settings.document import Node
    from processor.settings.values import Settings

MAX_URL: Final = 2048
_TOKEN: Final = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
# Ours to write: they say how the answer is to come, or belong to the connection.
_OURS: Final = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "if-modified-since",
        "if-none-match",
        "range",
        "te",
        "transfer-encoding",
        "upgrade",
    }
)


def url(node: Node) -> str:
    """Parse the address of a price source; messages never repeat it."""
    written = text(node)
    if not written.isascii() or not written.isprintable() or " " in written:
        raise Bad("is no URL; write printable ASCII without spaces, the rest as %XX")
    if len(written) > MAX_URL:
        raise Bad(f"is longer than {MAX_URL} characters")
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError:
        raise Bad("is no URL; write https://host/path") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise Bad("is no http or https URL; write https://host/path")
    if parts.username is not None or parts.password is not None:
        raise Bad("holds a user; write it as `headers: {authorization: Basic ...}`")
    return written.partition("#")[0]


def shown(address: str) -> str:
    """The URL for people: its query, which may be a signature, and a user are left out."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" + ("?..." if parts.query else "")


def headers(node: Node) -> Headers:
    """Parse headers of a request over HTTP; messages never repeat their values."""
    read = {key.lower(): value.strip() for key, value in words_by_name(node).items()}
    for key, value in read.items():
        if not key or not _TOKEN.issuperset(key):
            raise Bad(f"`{ascii(key)[1:-1][:60]}` cannot be the name of a header")
        if key in _OURS:
            raise Bad(f"`{key}` is written by the service itself; leave it out")
        if not (value.isascii() and (value.isprintable() or not value)):
            raise Bad(f"the value of `{key}` cannot be sent; use printable ASCII on one line")
    return Headers(read)


def with_cache_directory(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """Settings that say where fetched prices are kept, where any are fetched.

    In this order: what is written, systemd's CACHE_DIRECTORY, XDG_CACHE_HOME, the user's ~/.cache,
    /var/cache. Nothing is made or looked at here.
    """
    pricing = settings.pricing
    if pricing.cache_directory or not any(source.url for source in pricing.sources):
        return settings
    home = environ.get("HOME", "")
    given = environ.get("CACHE_DIRECTORY", "").partition(":")[0]
    user = environ.get("XDG_CACHE_HOME", "") or (f"{home}/.cache" if home.strip("/") else "")
    place = given or f"{user if user.startswith('/') else '/var/cache'}/genai-cost"
    return replace(settings, pricing=pricing._replace(cache_directory=place))
