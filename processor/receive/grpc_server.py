"""The gRPC door: raw bytes in, raw bytes out, one generic handler for the three signals.

No message is decoded here. Whatever goes wrong behind the door leaves as a status, never as a
traceback; a refusal of the next hop leaves with its own code, words and details.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self, cast

import grpc.aio

from processor.errors import Code, ConfigError, Refusal
from processor.model import GRPC_METHOD, Signal, Terms
from processor.receive.gate import GrpcGate
from processor.receive.http_body import Bodies
from processor.receive.listen import address_of, forget, listen, port_of, shown, socket_rights
from processor.receive.metadata import passed_on
from processor.receive.packed_message import LEAVE_PACKED, plain
from processor.receive.raw_service import raw_service
from processor.receive.shared import Claim
from processor.receive.trailers import details_for, words_for

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from processor.receive.admission import Admission
    from processor.receive.gate import Gate
    from processor.receive.intake import Intake
    from processor.receive.raw_service import Context, Service
    from processor.receive.tls import Certificate
    from processor.receive.watched import Watched

logger = logging.getLogger("genai_cost")

SETTING: Final = "receivers.otlp.protocols.grpc.endpoint"
DEFAULT_MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024

KEEPALIVE: Final = (
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.ping_timeout_ms", 20_000),
    ("grpc.http2.max_pings_without_data", 0),
)
"""A peer that vanished within a call (a watch of prices lasts an hour) is found out, and its place is
free. Connections without a call are not pinged."""


class GrpcDoor:
    """OTLP over gRPC. Entering takes the port, `start` serves, `stop` drains; leaving stops."""

    def __init__(  # noqa: PLR0913 - one argument for each thing an operator can set
        self,
        intake: Intake,
        admission: Admission,
        *,
        signals: Collection[Signal],
        endpoint: str = "localhost:4317",
        setting: str = SETTING,
        max_message_bytes: int = DEFAULT_MAX_MESSAGE_BYTES,
        pass_on: Collection[str] = (),
        services: Sequence[Service] = (),
        tls: Watched[Certificate] | None = None,
        mutual_tls: bool = False,
        gate: Gate | None = None,
        options: Sequence[tuple[str, int]] = (),
        drain_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
        claim: Claim | None = None,
    ) -> None:
        """`claim`: the port is taken already, for several processes of this service."""
        self._claim = claim
        self._intake = intake
        self._admission = admission
        self._signals = frozenset(signals)
        self._endpoint = endpoint
        self._setting = setting
        self._max_message_bytes = max_message_bytes
        self._bodies = Bodies(max_message_bytes)
        self._pass_on = frozenset(name.lower() for name in pass_on)
        self._services = services
        self._credentials = None if tls is None else _credentials(tls, mutual=mutual_tls)
        self._options = options
        self._interceptors = () if gate is None else (GrpcGate(gate),)
        self._drain_s = drain_s
        self._clock = clock
        self._server: grpc.aio.Server | None = None
        self._ours = False
        """Whether the endpoint is taken by us."""
        self.port = 0
        """The port taken, once entered."""

    async def __aenter__(self) -> Self:
        self._server = grpc.aio.server(  # pyright: ignore[reportUnknownMemberType]
            handlers=[*self._services, *(self._otlp(signal) for signal in Signal)],
            interceptors=self._interceptors,
            options=[
                ("grpc.so_reuseport", int(self._claim is not None)),
                *_options(self._max_message_bytes),
                *self._options,
            ],
        )
        claim = self._claim or _free(self._endpoint, self._setting)
        _take_port(self._server, claim, self._endpoint, self._setting, self._credentials)
        self.port = claim.port
        self._ours = True
        return self

    @property
    def address(self) -> tuple[str, str]:
        """The protocol and where it is taken, for people."""
        return "gRPC", shown(self._endpoint, self.port)

    async def start(self) -> None:
        """Begin to take calls."""
        if self._server is not None:
            await self._server.start()

    async def stop(self) -> None:
        """Take no new call (GOAWAY), let those in flight finish within the drain time."""
        if self._server is not None:
            if self._ours:
                forget(self._endpoint)
                self._ours = False
            await self._server.stop(self._drain_s)

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _otlp(self, signal: Signal) -> Service:
        _, service, method = GRPC_METHOD[signal].split("/")
        behaviour = self._export if signal in self._signals else _no_pipeline
        return raw_service(service, {method: partial(behaviour, signal)}, read=None)

    async def _export(self, signal: Signal, body: bytes, context: Context) -> bytes:
        try:
            with self._admission.hold() as hold:
                hold.take(len(body))
                body = await plain(body, signal, self._bodies, hold)
                return await self._intake.export(signal, body, self._terms(context))
        except Refusal as refusal:
            refused = refusal.bare()  # its frames would keep the body until a collection
        except Exception:
            logger.exception("a %s request failed inside this service", signal)
            words = "internal error; the log of this service says more"
            refused = Refusal(Code.INTERNAL, words)
        del body
        return await _refuse(context, refused)

    def _terms(self, context: Context) -> Terms:
        remaining_s = cast("float | None", context.time_remaining())  # the stub forgets None
        deadline = None if remaining_s is None else self._clock() + remaining_s
        return Terms(deadline, self._headers(context) if self._pass_on else (), "grpc")

    def _headers(self, context: Context) -> tuple[tuple[str, str], ...]:
        sent: Any = context.invocation_metadata() or ()
        return passed_on((pair for pair in sent if isinstance(pair[1], str)), self._pass_on)


async def _no_pipeline(signal: Signal, _body: bytes, context: Context) -> NoReturn:
    await context.abort(Code.UNIMPLEMENTED, f"no pipeline for {signal} is configured here")


async def _refuse(context: Context, refusal: Refusal) -> NoReturn:
    await context.abort(refusal.code, words_for(refusal), details_for(refusal))


def _options(max_message_bytes: int) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.max_send_message_length", -1),  # answers are the next hop's, a few bytes
        LEAVE_PACKED,
        *KEEPALIVE,
    ]


def _credentials(
    tls: Watched[Certificate], *, mutual: bool
) -> Callable[[], grpc.ServerCredentials]:
    from processor.receive.tls import grpc_credentials  # noqa: PLC0415 - where it is asked for

    return partial(grpc_credentials, tls, mutual=mutual)


def _free(endpoint: str, setting: str) -> Claim:
    """All addresses of the endpoint, which are free now, or the error that says why not.

    gRPC calls `localhost` taken when it got one of its addresses, and says little when it got none.
    So we take the port first, to have the better error, then let go and hand gRPC each address.
    """
    sockets = listen(endpoint, setting)
    found = Claim(port_of(sockets), tuple(address_of(listener) for listener in sockets))
    for listener in sockets:
        listener.close()
    return found


def _take_port(
    server: grpc.aio.Server,
    claim: Claim,
    endpoint: str,
    setting: str,
    credentials: Callable[[], grpc.ServerCredentials] | None,
) -> None:
    """Take all addresses or none."""
    try:
        with socket_rights(endpoint):
            for address in claim.addresses:
                if credentials is None:
                    server.add_insecure_port(address)
                else:
                    server.add_secure_port(address, credentials())
    except RuntimeError as error:  # somebody was quicker
        raise ConfigError([f"{setting}: {endpoint} is taken by another program"]) from error
