"""Ports for servers that are started later, none of which the system gives to anybody meanwhile.

What asks for any port (a bind to 0, the near end of each connection) gets one of the system's own range, one
that was found free a moment ago included. So these are from outside of it, each given once a run.
"""

from __future__ import annotations

import random
import socket
from pathlib import Path
from typing import Final

_SYSTEMS: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_ROOM: Final = 10_000
_given: Final[set[int]] = set()


def free_ports(count: int) -> list[int]:
    """Ports that nobody has at the moment."""
    found: list[int] = []
    for port in random.SystemRandom().sample(_outside(), _ROOM):
        if len(found) == count:
            break
        if port not in _given and _is_free(port):
            found.append(port)
    _given.update(found)
    return found


def _outside() -> range:
    """Below what the system gives away, above it, or, where it gives nearly all, anywhere."""
    try:
        low, high = map(int, _SYSTEMS.read_text(encoding="ascii").split())
    except OSError:
        low, high = 49_152, 65_535  # IANA's
    if low > 2 * _ROOM:
        return range(low - _ROOM, low)
    return range(high + 1, 65_536) if high + _ROOM < 65_536 else range(_ROOM, 65_536)


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
