"""The `otlp` receiver: where gRPC and HTTP come in.

Reads one block of the file. Invariant: a protocol that is not written does not listen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.settings.block import Block
from processor.settings.endpoints import listen_address
from processor.settings.scalars import size, whole
from processor.settings.values import MIB, GrpcServer, HttpServer

if TYPE_CHECKING:
    from processor.settings.document import Node
    from processor.settings.problems import Report

KIND: Final = "receivers.otlp"
_LARGEST_MIB: Final = 2047  # gRPC's own limit is 2**31 - 1 bytes


def otlp_receiver(node: Node, report: Report) -> tuple[GrpcServer | None, HttpServer | None]:
    """Read the receiver's block."""
    block = Block(node, report, KIND)
    protocols = block.block("protocols")
    grpc = _grpc(protocols.block("grpc")) if protocols.has("grpc") else None
    http = _http(protocols.block("http")) if protocols.has("http") else None
    if grpc is None and http is None:
        protocols.problem(
            "has no protocol; write `protocols: {grpc: {}, http: {}}` or one of them"
        )
    protocols.block("grpc")
    protocols.block("http")
    protocols.end()
    block.end()
    return grpc, http


def _grpc(block: Block) -> GrpcServer:
    server = GrpcServer(
        endpoint=block.take("endpoint", listen_address, GrpcServer().endpoint),
        max_recv_msg_size_mib=block.take("max_recv_msg_size_mib", whole(1, _LARGEST_MIB), 64),
        setting=f"{block.node.path}.endpoint",
    )
    block.end()
    return server


def _http(block: Block) -> HttpServer:
    server = HttpServer(
        endpoint=block.take("endpoint", listen_address, HttpServer().endpoint),
        max_request_body_size=block.take(
            "max_request_body_size", size(1024, _LARGEST_MIB * MIB), 64 * MIB
        ),
        setting=f"{block.node.path}.endpoint",
    )
    block.end()
    return server
