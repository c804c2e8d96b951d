"""The `otlp` receiver: where gRPC and HTTP come in.

Reads one block of the file. Invariant: a protocol that is not written does not listen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from processor.settings.block import Block
from processor.settings.endpoints import receiving_address, unix_path
from processor.settings.problems import Bad
from processor.settings.scalars import boolean, choice, duration, each, shown, size, text, whole
from processor.settings.server_tls import server_tls
from processor.settings.service import SIGNALS
from processor.settings.values import MIB, Encoding, GrpcServer, HttpServer, ServerKeepalive

if TYPE_CHECKING:
    from processor.settings.document import Node
    from processor.settings.extensions import Extensions
    from processor.settings.problems import Report

KIND: Final = "receivers.otlp"
_ENCODINGS: Final = get_args(Encoding)
_NOT_HERE: Final = frozenset({"snappy", "x-snappy-framed", "lz4"})
_LARGEST_MIB: Final = 2047  # gRPC's own limit is 2**31 - 1 bytes


def otlp_receiver(
    node: Node, report: Report, extensions: Extensions
) -> tuple[GrpcServer | None, HttpServer | None]:
    """Read the receiver's block."""
    block = Block(node, report, KIND)
    protocols = block.block("protocols")
    grpc = _grpc(protocols.block("grpc"), extensions) if protocols.has("grpc") else None
    http = _http(protocols.block("http"), extensions) if protocols.has("http") else None
    if grpc is None and http is None:
        protocols.problem(
            "has no protocol; write `protocols: {grpc: {}, http: {}}` or one of them"
        )
    protocols.block("grpc")
    protocols.block("http")
    protocols.end()
    block.end()
    return grpc, http


def _grpc(block: Block, extensions: Extensions) -> GrpcServer:
    server = GrpcServer(
        endpoint=_endpoint(block, GrpcServer().endpoint),
        max_recv_msg_size_mib=block.take("max_recv_msg_size_mib", whole(1, _LARGEST_MIB), 64),
        setting=f"{block.node.path}.endpoint",
        tls=server_tls(block.block("tls")),
        auth=extensions.gate(block.block("auth")),
        include_metadata=block.take("include_metadata", boolean, default=False),
        keepalive=_keepalive(block.block("keepalive")),
        max_concurrent_streams=block.take("max_concurrent_streams", whole(0, 2**31 - 1), 0),
    )
    block.end()
    return server


def _http(block: Block, extensions: Extensions) -> HttpServer:
    default = HttpServer()
    server = HttpServer(
        endpoint=_endpoint(block, default.endpoint),
        max_request_body_size=block.take(
            "max_request_body_size", size(1024, _LARGEST_MIB * MIB), 64 * MIB
        ),
        setting=f"{block.node.path}.endpoint",
        compression_algorithms=block.take(
            "compression_algorithms", _encodings, default.compression_algorithms
        ),
        paths=_paths(block, default.paths),
        tls=server_tls(block.block("tls")),
        auth=extensions.gate(block.block("auth")),
        include_metadata=block.take("include_metadata", boolean, default=False),
        read_header_timeout_s=block.take("read_header_timeout", duration(), 60.0),
        read_timeout_s=block.take("read_timeout", duration(), 60.0),
        idle_timeout_s=block.take("idle_timeout", duration(), 60.0),
    )
    block.end()
    return server


def _endpoint(block: Block, default: str) -> str:
    transport = block.take("transport", choice(("tcp", "unix")), "tcp")
    if transport == "unix" and not block.has("endpoint"):
        block.problem("has no endpoint; write the path of the socket", "transport")
    return block.take(
        "endpoint", unix_path if transport == "unix" else receiving_address, default
    )


def _keepalive(block: Block) -> ServerKeepalive:
    server, policy = block.block("server_parameters"), block.block("enforcement_policy")
    lasting, ping = duration(), duration(low_s=0.001)
    read = ServerKeepalive(
        max_connection_idle_s=server.take("max_connection_idle", lasting, None),
        max_connection_age_s=server.take("max_connection_age", lasting, None),
        max_connection_age_grace_s=server.take("max_connection_age_grace", lasting, None),
        time_s=server.take("time", ping, None),
        timeout_s=server.take("timeout", ping, None),
        min_time_s=policy.take("min_time", lasting, None),
        permit_without_stream=policy.take("permit_without_stream", boolean, default=False),
    )
    for each_block in (server, policy, block):
        each_block.end()
    return read


def _encodings(node: Node) -> tuple[Encoding, ...]:
    """Parse the list; the empty word is a body as it is, which is always taken."""
    return tuple(word for word in each(_encoding)(node) if word is not None)


def _encoding(node: Node) -> Encoding | None:
    if node.text in _NOT_HERE:
        raise Bad(f"has {node.text}, which is not taken here; write {', '.join(_ENCODINGS)}")
    if node.value == "":
        return None
    encoding: Encoding = choice(_ENCODINGS)(node)
    return encoding


def _paths(block: Block, default: tuple[str, str, str]) -> tuple[str, str, str]:
    traces, metrics, logs = (
        block.take(f"{signal}_url_path", _path, standard)
        for signal, standard in zip(SIGNALS, default, strict=True)
    )
    if len({traces, metrics, logs}) < 3:
        block.problem("has one path for two signals; give each its own", "traces_url_path")
    return traces, metrics, logs


def _path(node: Node) -> str:
    path = text(node)
    if not (path.isascii() and path.isprintable() and "?" not in path and "#" not in path):
        raise Bad(f"is {shown(node)}; write a path such as /v1/traces")
    return path if path.startswith("/") else f"/{path}"
