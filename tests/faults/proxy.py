"""A TCP proxy before a next hop that breaks connections as networks and processes do.

It knows bytes and connections, nothing of what they carry. What it breaks is said by its methods.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable

ABORT: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a reset."""


@dataclass
class Proxy:
    """Enter it to have it listen on `port`, before the port `to` of loopback."""

    to: int
    port: int = 0
    listening: bool = True
    """Whether it does so from the start; until then connections are refused."""
    lag_s: float = 0.0
    """How much later answers are passed on."""
    _mute: bool = False
    _hanging: bool = False
    _ends: set[_End] = field(default_factory=set["_End"])
    _connecting: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _door: socket.socket | None = None
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._bind()
        if self.listening:
            await self.heal()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.away()
        await asyncio.gather(*self._connecting, return_exceptions=True)
        self.cut()
        if self._door is not None:
            self._door.close()

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    async def heal(self) -> None:
        """Pass everything on, from now on."""
        self._mute = self._hanging = False
        self.lag_s = 0.0
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                self._taken, sock=self._door or self._bind()
            )

    def away(self) -> None:
        """Be as a process that ended: connections are reset, new ones refused; the port stays ours."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self._bind()
        self.cut()

    def cut(self) -> None:
        """Reset every connection there is; new ones are as good as they were."""
        for end in list(self._ends):
            end.reset()

    def mute(self) -> None:
        """What is sent arrives, answers do not."""
        self._mute = True

    def hang(self) -> None:
        """Take new connections and read nothing of them."""
        self._hanging = True

    def _bind(self) -> socket.socket:
        door = self._door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", self.port))
        self.port = door.getsockname()[1]
        return door

    def _taken(self) -> _End:
        return _End(self._ends, self._begin, lambda data, end: end.pass_on(data))

    def _begin(self, near: _End) -> None:
        if self._hanging:
            near.transport.pause_reading()
            return
        task = asyncio.ensure_future(self._connect(near))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, near: _End) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, far = await loop.create_connection(
                lambda: _End(self._ends, lambda _: None, self._answer), "127.0.0.1", self.to
            )
        except OSError:
            near.reset()
            return
        if near.transport.is_closing():
            far.reset()
        else:
            near.join(far)

    def _answer(self, data: bytes, end: _End) -> None:
        if self._mute:
            return
        if self.lag_s:
            asyncio.get_running_loop().call_later(self.lag_s, end.pass_on, data)
        else:
            end.pass_on(data)


class _End(asyncio.Protocol):
    """One side of a connection; what comes here leaves at the other."""

    transport: Any

    def __init__(
        self,
        ends: set[_End],
        begin: Callable[[_End], None],
        deal: Callable[[bytes, _End], None],
    ) -> None:
        self._ends = ends
        self._begin = begin
        self._deal = deal
        self._other: _End | None = None
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._ends.add(self)
        self._begin(self)

    def data_received(self, data: bytes) -> None:
        self._deal(data, self)

    def pass_on(self, data: bytes) -> None:
        """Write it at the other side, once there is one."""
        if self._other is None:
            self._early.append(data)
        elif not self._other.transport.is_closing():
            self._other.transport.write(data)

    def join(self, far: _End) -> None:
        """Have *far* for the other side from now on."""
        self._other, far._other = far, self
        for data in self._early:
            far.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        self._ends.discard(self)
        if self._other is not None and not self._other.transport.is_closing():
            self._other.transport.close()

    def reset(self) -> None:
        """Close at once, and let the peer hear a reset."""
        found = self.transport.get_extra_info("socket")
        if found is not None and found.fileno() >= 0:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        self.transport.abort()
