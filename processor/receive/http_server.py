"""The HTTP door: OTLP/HTTP, protobuf and JSON, on ports taken before anything is served.

Requests that are not OTLP end here with the status that says why; the others go to the intake as
bytes. Invariant: never more of a body in memory than the limit and what admission lets in.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final, Self

from processor.errors import Code, Refusal
from processor.model import HTTP_PATH, Signal, Terms
from processor.receive.asgi import serve_asgi
from processor.receive.http_answer import refused, taken
from processor.receive.http_body import PLAIN, Bodies
from processor.receive.http_request import (
    Gone,
    Mismatch,
    check_credential,
    form_of,
    left,
    read_body,
)
from processor.receive.listen import forget, listen, port_of, shown
from processor.receive.metadata import passed_on
from processor.receive.shared import listen_beside
from processor.receive.unpack import ENCODINGS

if TYPE_CHECKING:
    import socket
    from collections.abc import Collection, Coroutine, Mapping

    from processor.receive.admission import Admission
    from processor.receive.asgi import Answer, Receive, Scope, Send
    from processor.receive.connection import Patience
    from processor.receive.gate import Gate
    from processor.receive.intake import Intake
    from processor.receive.shared import Claim
    from processor.receive.tls import Certificate
    from processor.receive.watched import Watched

logger = logging.getLogger("genai_cost")

SETTING: Final = "receivers.otlp.protocols.http.endpoint"
DEFAULT_MAX_BODY_BYTES: Final = 64 * 1024 * 1024


class HttpDoor:
    """OTLP over HTTP. Entering takes the port, `start` serves, `stop` drains; leaving stops."""

    def __init__(  # noqa: PLR0913 - one argument for each thing an operator can set
        self,
        intake: Intake,
        admission: Admission,
        *,
        signals: Collection[Signal],
        endpoint: str = "localhost:4318",
        setting: str = SETTING,
        max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
        pass_on: Collection[str] = (),
        paths: Mapping[Signal, str] = HTTP_PATH,
        encodings: Collection[str] = ENCODINGS,
        tls: Watched[Certificate] | None = None,
        gate: Gate | None = None,
        patience: Patience | None = None,
        drain_s: float = 10.0,
        claim: Claim | None = None,
    ) -> None:
        """`claim`: the port is taken already, for several processes of this service."""
        self._claim = claim
        self._tls = tls
        self._patience = patience
        self._app = OtlpHttp(
            intake,
            admission,
            signals=signals,
            max_body_bytes=max_body_bytes,
            pass_on=pass_on,
            paths=paths,
            encodings=encodings,
            gate=gate,
        )
        self._endpoint = endpoint
        self._setting = setting
        self._drain_s = drain_s
        self._sockets: list[socket.socket] = []
        self._serving = AsyncExitStack()
        self.port = 0
        """The port taken, once entered."""

    async def __aenter__(self) -> Self:
        if self._claim is None:
            self._sockets = listen(self._endpoint, self._setting)
        else:
            self._sockets = [listen_beside(address) for address in self._claim.addresses]
        self.port = port_of(self._sockets)
        return self

    @property
    def address(self) -> tuple[str, str]:
        """The protocol and where it is taken, for people."""
        return "HTTP", shown(self._endpoint, self.port)

    async def start(self) -> None:
        """Begin to take requests."""
        tls = None
        if self._tls is not None:
            from processor.receive.tls import http_context  # noqa: PLC0415 - where it is asked for

            tls = http_context(self._tls)
        serving = serve_asgi(
            self._app,
            self._sockets,
            drain_s=self._drain_s,
            tls=tls,
            patience=self._patience,
        )
        await self._serving.enter_async_context(serving)

    async def stop(self) -> None:
        """Take no new connection, let requests in flight finish within the drain time."""
        if self._sockets:
            forget(self._endpoint)
        await self._serving.aclose()
        for listener in self._sockets:
            listener.close()
        self._sockets = []

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


class OtlpHttp:
    """The ASGI application of the door."""

    def __init__(  # noqa: PLR0913 - as the door's
        self,
        intake: Intake,
        admission: Admission,
        *,
        signals: Collection[Signal],
        max_body_bytes: int,
        pass_on: Collection[str],
        paths: Mapping[Signal, str],
        encodings: Collection[str],
        gate: Gate | None,
    ) -> None:
        self._intake = intake
        self._admission = admission
        self._signals = frozenset(signals)
        self._max_body_bytes = max_body_bytes
        self._pass_on = frozenset(name.lower() for name in pass_on)
        self._signal_at = {path: signal for signal, path in paths.items()}
        self._encodings = encodings
        self._gate = gate
        self._bodies = Bodies(max_body_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answer = await self._export(scope, receive)
        except Gone:
            return  # nobody is left to answer
        except Refusal as refusal:
            answer = refused(scope, refusal.bare())
        except (
            asyncio.CancelledError
        ):  # the drain time is over; uvicorn would say a permanent 500
            answer = refused(scope, Refusal(Code.UNAVAILABLE, "this service is shutting down"))
        except Exception:
            logger.exception("a request to %s failed inside this service", scope["path"])
            words = "internal error; the log of this service says more"
            answer = refused(scope, Refusal(Code.INTERNAL, words))
        await answer.send(send)

    async def _export(self, scope: Scope, receive: Receive) -> Answer:
        if self._gate is not None:
            await check_credential(self._gate, scope)
        signal = self._signal(scope)
        form = form_of(scope, self._max_body_bytes, self._encodings)
        with self._admission.hold() as hold:
            body = await read_body(receive, form, self._max_body_bytes, hold)
            if form != PLAIN:
                body = await self._bodies.message(body, form, signal, hold)
            work = self._intake.export(signal, body, self._terms(scope))
            return taken(await _while_connected(work, receive), signal, json=form.json)

    def _signal(self, scope: Scope) -> Signal:
        signal = self._signal_at.get(scope["path"])
        if signal is None:
            words = f"nothing at this path; OTLP is taken at {', '.join(self._signal_at)}"
            raise Mismatch(404, Code.UNIMPLEMENTED, words)
        if scope["method"] != "POST":
            allow = (("allow", "POST"),)
            raise Mismatch(405, Code.UNIMPLEMENTED, "OTLP is sent with POST", headers=allow)
        if signal not in self._signals:
            message = f"no pipeline for {signal} is configured here"
            raise Refusal(Code.UNIMPLEMENTED, message)
        return signal

    def _terms(self, scope: Scope) -> Terms:
        if not self._pass_on:
            return _PLAIN_TERMS
        raw: list[tuple[bytes, bytes]] = scope["headers"]
        sent = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)
        return Terms(metadata=passed_on(sent, self._pass_on), transport="http")


_PLAIN_TERMS: Final = Terms(
    transport="http"
)  # HTTP has no way to say when the sender stops waiting


async def _while_connected(work: Coroutine[None, None, bytes], receive: Receive) -> bytes:
    """Wait for the answer, and drop the work once the sender has gone, as gRPC does by itself."""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(left(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Gone
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)
