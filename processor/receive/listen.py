"""Taking ports: the whole of an endpoint or nothing, and the error names the setting to change.

`localhost` is two addresses, and two programs can each hold one of them unknowingly; a sender then
reaches the one or the other by chance. So every address that exists is taken, never shared.
"""

from __future__ import annotations

import errno
import socket
from contextlib import ExitStack
from typing import Final

from processor.errors import ConfigError
from processor.receive.listen_unix import UNIX, forget, listen_unix, socket_rights

__all__ = ["address_of", "forget", "listen", "port_of", "shown", "socket_rights"]

_LOOPBACK: Final = ("127.0.0.1", "::1")
# One socket for both families, as Go and gRPC do it; IPv4 alone where there is no IPv6.
_ANY: Final = ("::", "0.0.0.0")  # noqa: S104 - asked for by name in the endpoint
_NOT_HERE: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
_BACKLOG: Final = 1024
# With port 0 the number free on one address may be taken on the other; then another is tried.
_FREE_PORT_TRIES: Final = 8


def listen(endpoint: str, setting: str) -> list[socket.socket]:
    """Take every address of *endpoint* (`host:port`, `unix:/path`), listening.

    *setting* is where it was given.
    """
    if endpoint.startswith(UNIX):
        return listen_unix(endpoint, setting)
    host, port = _parted(endpoint, setting)
    tries = 1 if port else _FREE_PORT_TRIES
    while True:
        tries -= 1
        try:
            return _taken(host, port)
        except OSError as error:
            if not (tries and error.errno == errno.EADDRINUSE):
                raise ConfigError([f"{setting}: {_reason(error, endpoint)}"]) from error


def port_of(sockets: list[socket.socket]) -> int:
    """Return the port that the sockets of one endpoint share, 0 for a Unix socket."""
    if sockets[0].family == socket.AF_UNIX:
        return 0
    number: int = sockets[0].getsockname()[1]
    return number


def address_of(listener: socket.socket) -> str:
    """Return `host:port` of a listening socket, an IPv6 host in brackets, or `unix:/path`."""
    if listener.family == socket.AF_UNIX:
        return f"{UNIX}{listener.getsockname()}"
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if listener.family == socket.AF_INET6 else f"{host}:{port}"


def shown(endpoint: str, port: int) -> str:
    """Return the endpoint with the port that was taken, for people."""
    return f"{endpoint.rpartition(':')[0]}:{port}" if port else endpoint


def _parted(endpoint: str, setting: str) -> tuple[str, int]:
    host, colon, port = endpoint.rpartition(":")
    # Without a colon there is no host, and no host means every address: not to be had by a slip.
    if not (colon and port.isascii() and port.isdigit() and int(port) < 2**16):
        raise ConfigError([f"{setting}: {endpoint!r} is not host:port"])
    return host.removeprefix("[").removesuffix("]"), int(port)


def _taken(host: str, port: int) -> list[socket.socket]:
    with ExitStack() as undo:
        sockets: list[socket.socket] = []
        for address in _addresses(host):
            try:
                listener = _listener(address, port)
            except OSError as error:
                if error.errno in _NOT_HERE and host in {"localhost", *_WILDCARDS}:
                    continue
                raise
            undo.callback(listener.close)
            sockets.append(listener)
            if host in _WILDCARDS:
                break
            port = port or port_of(sockets)
        if not sockets:
            raise OSError(errno.EADDRNOTAVAIL, "no such address")
        undo.pop_all()
        return sockets


_WILDCARDS: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - as above


def _addresses(host: str) -> tuple[str, ...]:
    if host in _WILDCARDS:
        return _ANY
    if host == "localhost":
        return _LOOPBACK  # whatever the hosts file says: senders use either
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _listener(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Lets a restarted service have its port back; on Linux it shares nothing with a listener.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address != "::"))
        listener.bind((address, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)  # noqa: FBT003
    return listener


def _reason(error: OSError, endpoint: str) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"{endpoint} is taken by another program, in whole or in part; choose another port"
        case errno.EACCES:
            return f"{endpoint} needs a privilege that this process does not have"
        case errno.EADDRNOTAVAIL:
            return f"{endpoint} is not an address of this machine"
        case _:
            return f"{endpoint} cannot be listened on: {error.strerror}"
