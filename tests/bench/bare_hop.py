"""The floor: a gRPC hop that forwards raw bytes and does nothing else. `bare_hop.py PORT NEXT_PORT`."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import asyncio
import signal
import sys

import grpc.aio

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
SIZES = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
]


async def main(port: int, next_port: int) -> None:
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{next_port}", options=SIZES)
    forward = channel.unary_unary(EXPORT, None, None)

    async def export(body: bytes, _context: object) -> bytes:
        answer: bytes = await forward(body)
        return answer

    server = grpc.aio.server(options=SIZES)
    handler = grpc.unary_unary_rpc_method_handler(export)
    _, service, method = EXPORT.split("/")
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {method: handler}),)
    )
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await server.stop(1)


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
