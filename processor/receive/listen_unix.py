"""Unix sockets: a file that is ours alone, or nothing.

A file left by a service that is gone is taken over; one that answers, or that is no socket, is not.
Owner and group may connect (0660). Invariant: no other service's socket is ever taken from it.
"""

from __future__ import annotations

import os
import socket
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from processor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Generator

UNIX: Final = "unix:"
_NOT_FOR_OTHERS: Final = 0o117
_BACKLOG: Final = 1024


def listen_unix(endpoint: str, setting: str) -> list[socket.socket]:
    """Take the socket at `unix:/path`, listening; *setting* is where it was given."""
    path = endpoint.removeprefix(UNIX)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _clear(path)
        with socket_rights(endpoint):
            listener.bind(path)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        words = f"{setting}: {path} cannot be listened on: {error.strerror or error}"
        raise ConfigError([words]) from error
    listener.setblocking(False)  # noqa: FBT003
    return [listener]


@contextmanager
def socket_rights(endpoint: str) -> Generator[None]:
    """While inside, a socket that is made is for its owner and group alone."""
    if not endpoint.startswith(UNIX):
        yield
        return
    before = os.umask(_NOT_FOR_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def forget(endpoint: str) -> None:
    """Take the file of our own socket away; nothing for other endpoints."""
    if endpoint.startswith(UNIX):
        with suppress(OSError):
            Path(endpoint.removeprefix(UNIX)).unlink()


def _clear(path: str) -> None:
    """Remove what a service that is gone left behind; raise `OSError` for what is not that."""
    try:
        mode = Path(path).lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise OSError(0, "a file is there that is no socket; choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink()
            return
    raise OSError(0, "it is taken by another program; choose another path")
