"""One GET with every bound: time, size before and after decompression, redirects, and to whom.

Blocking; runs in a thread. The configured headers go to the host they were written for and to no
other. Invariant: an answer is whole, or it is a `FetchError`.
"""

from __future__ import annotations

import ssl
from ipaddress import ip_address
from socket import getaddrinfo
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3 import exceptions as wrong
from urllib3.connection import HTTPConnection, HTTPSConnection

from processor.fetch.asking import Answer, Request, Validators
from processor.fetch.body import read_body
from processor.fetch.deadline import Deadline
from processor.fetch.failure import Ending, FetchError
from processor.fetch.status import refusal
from processor.settings.urls import shown

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from urllib3.response import BaseHTTPResponse

    from processor.settings import TlsSettings

MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def get(request: Request, have: Validators) -> Answer:
    """Ask once, follow redirects; raises `FetchError`."""
    with Deadline(request.timeout_s) as deadline:
        try:
            answer = _followed(request, have, deadline)
        except FetchError:
            if deadline.passed:
                raise _too_slow(request) from None
            raise
        except (wrong.HTTPError, OSError, ValueError) as error:
            slow = isinstance(error, wrong.TimeoutError | TimeoutError)
            if deadline.passed or (slow and not isinstance(error, wrong.NewConnectionError)):
                raise _too_slow(request) from None
            raise told(error) from None
        if deadline.passed:  # a connection that was shut looks like the end of an answer
            raise _too_slow(request)
        return answer


def _too_slow(request: Request) -> FetchError:
    words = (
        f"gave no whole answer within {request.timeout_s:g} s; look at it, or raise `timeout`"
    )
    return FetchError(Ending.TIMEOUT, words)


def _followed(request: Request, have: Validators, deadline: Deadline) -> Answer:
    url, outside = request.url, False
    for _ in range(MOST_REDIRECTS + 1):
        response = _asked(url, request, have, deadline, outside=outside)
        with response:
            if response.status not in _REDIRECTS:
                return _answer(response, request, have)
            url = _redirected(url, response.headers.get("location", ""))
            outside = not is_inside(request.url)
            if outside and is_inside(url):
                raise _inside(url)
    raise FetchError(
        Ending.REDIRECT,
        f"redirects more than {MOST_REDIRECTS} times; write the address it should lead to",
    )


def _inside(url: str) -> FetchError:
    words = f"redirects to {shown(url)}, inside this network or machine"
    return FetchError(Ending.REDIRECT, f"{words}; if that is meant, write that address itself")


def _asked(
    url: str, request: Request, have: Validators, deadline: Deadline, *, outside: bool
) -> BaseHTTPResponse:
    parts = urlsplit(url)
    headers = {
        "accept": "application/json, application/yaml;q=0.9, */*;q=0.5",
        "accept-encoding": "gzip",
        "user-agent": request.user_agent,
    }
    if have.etag:
        headers["if-none-match"] = have.etag
    if have.modified:
        headers["if-modified-since"] = have.modified
    if _origin(url) == _origin(request.url):  # a secret is for one host
        headers |= request.headers

    def opened(connection: socket.socket) -> socket.socket:
        """DNS may have said otherwise before: whom we have decides, and before a word is said."""
        deadline.watch(connection)
        if outside and _is_private(str(connection.getpeername()[0])):
            connection.close()
            raise _inside(url)
        return connection

    pool = _pool(url, tls_for(url, request), opened)
    return pool.urlopen(
        "GET",
        (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        headers=headers,
        redirect=False,
        retries=False,
        preload_content=False,
        decode_content=False,
        timeout=Timeout(total=deadline.left_s),
    )


def _pool(
    url: str, tls: TlsSettings, opened: Callable[[socket.socket], socket.socket]
) -> HTTPConnectionPool:
    parts = urlsplit(url)
    host = parts.hostname or ""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return opened(super()._new_conn())

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return opened(super()._new_conn())

    if parts.scheme == "http":
        pool = HTTPConnectionPool(host, parts.port)
        # urllib3's own connections do not meet its own protocol to the letter.
        pool.ConnectionCls = Plain  # pyright: ignore[reportAttributeAccessIssue]
        return pool
    secure = HTTPSConnectionPool(host, parts.port, ssl_context=_context(tls))
    secure.ConnectionCls = Secure  # pyright: ignore[reportAttributeAccessIssue]
    return secure


def _context(tls: TlsSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca_file or None)
        if tls.cert_file:
            context.load_cert_chain(tls.cert_file, tls.key_file)
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or type(error).__name__
        raise FetchError(
            Ending.TLS,
            f"its `tls` files cannot be used ({words}); look at ca_file and the like",
        ) from None
    return context


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, (parts.hostname or "").lower(), port


def tls_for(url: str, request: Request) -> TlsSettings:
    """How to speak with the host of a URL; who we are is for the configured one alone."""
    if _origin(url) == _origin(request.url):
        return request.tls
    return request.tls._replace(cert_file="", key_file="")


def is_inside(url: str) -> bool:
    """Whether any address of a URL's host is not everybody's: private, loopback, link-local."""
    host = urlsplit(url).hostname or ""
    try:
        found = {str(each[4][0]) for each in getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return False  # the connection says what is wrong with it
    return any(map(_is_private, found))


def _is_private(address: str) -> bool:
    return not ip_address(address.partition("%")[0]).is_global


def _redirected(url: str, location: str) -> str:
    """Where a redirect leads, if it may lead there."""
    target = urljoin(url, location) if location else ""
    parts = urlsplit(target)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise FetchError(Ending.REDIRECT, "redirects to no URL; write the address it should be")
    if not target.isascii() or not target.isprintable() or parts.username is not None:
        raise FetchError(Ending.REDIRECT, "redirects to an address that cannot be used")
    if url.startswith("https:") and parts.scheme == "http":
        words = f"redirects from https to {shown(target)}, which anybody can forge"
        raise FetchError(Ending.REDIRECT, f"{words}; write an https address that stays so")
    return target


def _answer(response: BaseHTTPResponse, request: Request, have: Validators) -> Answer:
    if response.status == 304 and (have.etag or have.modified):
        return Answer(None, have)
    if response.status != 200:
        raise refusal(response.status, response.headers, with_headers=bool(request.headers))
    found = Validators(
        response.headers.get("etag", "")[:1024], response.headers.get("last-modified", "")[:64]
    )
    return Answer(
        read_body(response, request.max_bytes),
        found,
        response.headers.get("content-type", "").partition(";")[0].strip().lower()[:100],
    )


def told(error: Exception) -> FetchError:
    """What went wrong on the way, in words that repeat nothing secret."""
    if isinstance(error, wrong.SSLError | ssl.SSLError):
        inner = error.args[0] if error.args else error
        why = (
            getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or "TLS failed"
        )
        return FetchError(
            Ending.TLS,
            f"cannot be trusted: {str(why).replace('_', ' ').lower()}; for a private CA write "
            "`tls: {ca_file: ...}`",
        )
    if isinstance(error, wrong.NameResolutionError):
        return FetchError(
            Ending.UNREACHABLE, "its host has no address; look at the name and DNS"
        )
    if isinstance(error, wrong.NewConnectionError):
        cause = error.__cause__
        why = cause.strerror if isinstance(cause, OSError) and cause.strerror else "no answer"
        return FetchError(
            Ending.UNREACHABLE, f"cannot be reached ({why}); look at the server and the network"
        )
    return FetchError(
        Ending.BROKEN, "broke off its answer or gave none; look at the server behind it"
    )
