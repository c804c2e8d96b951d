"""Who may send: one credential in one header, asked for at both doors.

Says nothing of how a credential is checked. Invariants: what a stranger hears does not tell which
part of a credential was wrong, and is said before anything of a message is read.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol

import grpc
import grpc.aio

from processor.errors import Code, Refusal
from processor.receive.trailers import details_for, words_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from processor.receive.raw_service import Context

if TYPE_CHECKING:
    _Interceptor = grpc.aio.ServerInterceptor[Any, Any]
else:  # generic in the stubs alone
    _Interceptor = grpc.aio.ServerInterceptor

MAX_CREDENTIAL_BYTES: Final = 8192
UNKNOWN: Final = "missing or wrong credentials"
# Probes of Kubernetes cannot send any.
_OPEN: Final = "/grpc.health.v1.Health/"


class Gate(Protocol):
    """Knows good credentials from bad ones."""

    @property
    def header(self) -> str:
        """The header they come in, in lower case."""
        ...

    @property
    def challenge(self) -> str:
        """The value of HTTP's `WWW-Authenticate`."""
        ...

    async def admits(self, credential: str) -> bool:
        """Whether the header's value, empty where there was none, lets a request in."""
        ...


class GrpcGate(_Interceptor):
    """Stands before every service of the gRPC port but health."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._refusal = _unheard(_refuse)

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any]]
        ],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any]:
        """Go on, or refuse."""
        details: Any = handler_call_details
        if not details.method.startswith(_OPEN):
            name = self._gate.header
            sent = next(
                (value for key, value in details.invocation_metadata if key == name), ""
            )
            try:
                if not await self._gate.admits(sent if isinstance(sent, str) else ""):
                    return self._refusal
            except Refusal as refusal:
                return _refusing(refusal)
        return await continuation(handler_call_details)


async def _refuse(_: object, context: Context) -> NoReturn:
    await context.abort(Code.UNAUTHENTICATED, UNKNOWN)


def _refusing(refusal: Refusal) -> grpc.RpcMethodHandler[Any, Any]:
    async def refuse(_: object, context: Context) -> NoReturn:
        await context.abort(refusal.code, words_for(refusal), details_for(refusal))

    return _unheard(refuse)


def _unheard(
    answer: Callable[[Any, Context], Awaitable[NoReturn]],
) -> grpc.RpcMethodHandler[Any, Any]:
    """A handler of messages to come, none of which it reads: gRPC would wait for a single one."""
    return grpc.stream_unary_rpc_method_handler(answer)
