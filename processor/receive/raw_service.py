"""A gRPC service whose messages stay bytes: no serializer on either side, but for what was packed.

One place for it because the stubs of grpc leave its type variables open.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc

from processor.receive.packed_message import small

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from grpc.aio import ServicerContext

    Context = ServicerContext[bytes, bytes]
    Unary = Callable[[bytes, Context], Awaitable[bytes]]
    Stream = Callable[[bytes, Context], AsyncIterator[bytes]]
    Service = grpc.GenericRpcHandler[Any, Any]


def raw_service(
    name: str,
    unary: Mapping[str, Unary],
    streaming: Mapping[str, Stream] | None = None,
    *,
    read: Callable[[bytes], bytes] | None = small,
) -> Service:
    """The service *name* with its methods by their short names; *read* unpacks what they are asked."""
    methods: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
    for method, answer in unary.items():
        methods[method] = grpc.unary_unary_rpc_method_handler(answer, read)
    for method, stream in (streaming or {}).items():
        methods[method] = grpc.unary_stream_rpc_method_handler(stream, read)
    return grpc.method_handlers_generic_handler(name, methods)
