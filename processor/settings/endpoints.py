"""Addresses: where we listen, and where a next hop is.

Text in, checked text out; no name is looked up and no port is opened. Invariant: what comes out is
`host:port` with a valid port, an IPv6 host in brackets.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.settings.problems import Bad
from processor.settings.scalars import shown, text

if TYPE_CHECKING:
    from processor.settings.document import Node

_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.%\w]+\]|[^\s\[\]:/?#@]*):(\d{1,5})")
# Names and numbers by which a program reaches its own machine.
_OWN_HOSTS: Final = frozenset({"", "localhost", "0.0.0.0", "[::]", "[::1]", "ip6-localhost"})  # noqa: S104


_LONGEST_UNIX: Final = 107


class Target(NamedTuple):
    """A next hop's address; `secure` is what its scheme says, None where it has none."""

    address: str
    secure: bool | None


def listen_address(node: Node) -> str:
    """Parse `host:port` to listen on; `:port` means every interface, port 0 a free one."""
    written = text(node)
    if written.startswith(("unix:", "unix-abstract:", "/")):
        raise Bad("is a Unix socket, which only receivers listen on (transport: unix)")
    if "://" in written:
        raise Bad(f"is {shown(node)}; a receiver's endpoint has no scheme, write host:port")
    return _checked(written, node, lowest=0)


def receiving_address(node: Node) -> str:
    """Parse where a receiver listens: `host:port`, or a Unix socket as `unix:/path`."""
    written = text(node)
    if written.startswith("unix:"):
        return unix_path(node)
    if written.startswith("/"):
        raise Bad("is a path; write `transport: unix` beside it, or unix:/path")
    return listen_address(node)


def unix_path(node: Node) -> str:
    """Parse the path of a Unix socket, with or without `unix:`; return `unix:/path`."""
    path = text(node).removeprefix("unix://").removeprefix("unix:")
    if not path.startswith("/") or path.endswith("/"):
        raise Bad(f"is {shown(node)}; write the whole path of the socket: /run/genai-cost.sock")
    if len(path.encode()) > _LONGEST_UNIX:
        raise Bad(f"is longer than the {_LONGEST_UNIX} bytes that a socket's path may have")
    return f"unix:{path}"


def target(node: Node) -> Target:
    """Parse the endpoint of a gRPC next hop: `host:port`, `http://...` or `https://...`."""
    return target_of(text(node), node)


def target_of(written: str, node: Node) -> Target:
    """Return what *written* means as the endpoint of a gRPC next hop; `ipv4:a:1,b:1` is several."""
    scheme, separator, rest = written.partition("://")
    if written.startswith(("unix:", "unix-abstract:")):
        raise Bad("unix sockets wait for a later release; write host:port")
    for family in ("ipv4:", "ipv6:"):
        if written.startswith(family):
            listed = [_checked(each.strip(), node, lowest=1) for each in written[5:].split(",")]
            return Target(family + ",".join(listed), None)
    if not separator:
        return Target(_checked(written.removeprefix("dns:"), node, lowest=1), None)
    match scheme.lower():
        case "http" | "https":
            address = _checked(rest.removesuffix("/"), node, lowest=1)
            return Target(address, scheme.lower() == "https")
        case "dns" | "passthrough":
            return Target(_checked(rest.rpartition("/")[2], node, lowest=1), None)
        case _:
            raise Bad(f"has the scheme {scheme[:20]}; write host:port, http:// or https://")


def host_and_port(address: str) -> tuple[str, int]:
    """Return the parts of an address that was checked; an IPv6 host without brackets."""
    host, _, port = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def same_place(one: str, other: str) -> bool:
    """Whether two addresses may be the same port of this machine, or the same address."""
    (host, port), (other_host, other_port) = (_parts(one), _parts(other))
    return port == other_port and host == other_host


def _parts(address: str) -> tuple[str, str]:
    host, _, port = address.lower().rpartition(":")
    own = host in _OWN_HOSTS or host.startswith("127.")
    return ("localhost" if own else host), port


def _checked(address: str, node: Node, *, lowest: int) -> str:
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise Bad(f"is {shown(node)}; {_mend(address)}")
    if not lowest <= int(found[2]) < 2**16:
        raise Bad(f"has the port {found[2]}; write one from {lowest} to 65535")
    return address


def _mend(address: str) -> str:
    if "/" in address:
        return "a gRPC endpoint has no path, write host:port"
    if address.count(":") > 1 and not address.startswith("["):
        return "an IPv6 address stands in brackets: [::1]:4317"
    if ":" not in address:
        return f"the port is missing, write {address or 'localhost'}:4317"
    return "write host:port"
