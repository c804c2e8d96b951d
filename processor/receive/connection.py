"""One HTTP connection: uvicorn's, with an end to the patience for slow senders and a bound of how many.

Invariant: a connection on which nothing complete comes is closed within the limits, with words where
its sender can still hear them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio


class Patience(NamedTuple):
    """How long senders may take, in seconds (0: for ever), and how many may be here at once."""

    header_s: float = 60.0
    body_s: float = 60.0
    idle_s: float = 60.0
    connections: int = 10_000


def connections(patience: Patience) -> type[H11Protocol]:
    """Return the protocol of a server with that much patience."""

    class Connection(_Connection):
        limits = patience

    return Connection


class _Connection(H11Protocol):
    limits = Patience()
    _timer: asyncio.TimerHandle | None = None
    _waits_for: object = None
    """What the timer is for: a state of the sender's side, as h11 has it."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._end(503, b"too many connections, try later")
        else:
            self._expect(h11.IDLE, self.limits.header_s)

    def data_received(self, data: bytes) -> None:
        if not self.transport.is_closing():
            super().data_received(data)
            self._look(idle_s=self.limits.header_s)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look(idle_s=0)  # uvicorn's own timer ends what stays idle

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect(None, 0)
        super().connection_lost(exc)

    def _look(self, *, idle_s: float) -> None:
        match self.conn.their_state:
            case h11.IDLE:
                self._expect(h11.IDLE, idle_s)
            case h11.SEND_BODY:
                self._expect(h11.SEND_BODY, self.limits.body_s)
            case _:
                self._expect(None, 0)

    def _expect(self, state: object, within_s: float) -> None:
        if self._timer is not None:
            if state is self._waits_for and within_s:
                return  # it goes on: what drips does not buy time
            self._timer.cancel()
        self._timer = self.loop.call_later(within_s, self._late) if within_s else None
        self._waits_for = state if within_s else None

    def _late(self) -> None:
        self._timer = None
        self._end(408, b"the request did not come in time")

    def _end(self, status: int, words: bytes) -> None:
        """Say why, if nothing was said yet, and close."""
        headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
        if status == 503:
            headers.append((b"retry-after", b"1"))
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            headers.append((b"content-length", str(len(words)).encode("ascii")))
            events = (
                h11.Response(status_code=status, headers=headers),
                h11.Data(data=words),
                h11.EndOfMessage(),
            )
            self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))
        self.transport.close()
