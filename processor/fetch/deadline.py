"""One time limit over everything a request does, however slowly the other side drips.

A socket's own timeout begins anew with each byte; this one closes the connection under the reader.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class Deadline:
    """A limit of some seconds from `with` on; sockets it watches are shut down when it passes."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = 0.0
        self._watched: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._ends = time.monotonic() + self._seconds
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for one in self._watched:
                one.close()
            self._watched.clear()

    @property
    def left_s(self) -> float:
        """Seconds left; never less than a moment, so that it can be a timeout."""
        return max(self._ends - time.monotonic(), 0.001)

    @property
    def passed(self) -> bool:
        """Whether there is no time left."""
        return time.monotonic() >= self._ends

    def watch(self, connection: socket.socket) -> None:
        """Shut this connection down when the time has passed, TLS or not."""
        with self._lock:
            self._watched.append(connection.dup())
        if self.passed:
            self._shut()

    def _shut(self) -> None:
        with self._lock:
            for one in self._watched:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
