"""One port for several processes of one service, and for no other service.

The whole endpoint is taken first, exclusively, as `listen` does it; the sockets then stop listening, keep
the port, and let this user's processes beside them that ask for sharing (SO_REUSEPORT). Another service
asks for all of it first, as we did, so it never gets in. Linux alone spreads connections so.
"""

from __future__ import annotations

import socket
from typing import NamedTuple

from processor.receive.listen import address_of, listen, port_of


class Claim(NamedTuple):
    """A port that is ours to share."""

    port: int
    addresses: tuple[str, ...]
    """Each `host:port`, an IPv6 host in brackets."""


def claim(endpoint: str, setting: str) -> tuple[Claim, list[socket.socket]]:
    """Take every address of the endpoint for our processes; ours as long as the sockets are open."""
    sockets = listen(endpoint, setting)
    port = port_of(sockets)
    if endpoint.endswith(":0"):  # the kernel keeps a number for us only if we asked for it
        for each in sockets:
            each.close()
        sockets = listen(f"{endpoint.rpartition(':')[0]}:{port}", setting)
    for each in sockets:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        each.shutdown(socket.SHUT_RDWR)  # or it would be sent connections that nobody takes
    return Claim(port, tuple(address_of(each) for each in sockets)), sockets


def listen_beside(address: str) -> socket.socket:
    """Listen on one address of a claim, beside the others; raises `OSError`."""
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if listener.family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        listener.bind((host, int(port)))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)  # noqa: FBT003
    return listener
