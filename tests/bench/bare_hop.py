"""The floor: a hop that forwards raw bytes and does nothing else. `bare_hop.py TRANSPORT PORT NEXT_PORT`.

Over gRPC with grpcio, over HTTP with aiohttp; gzip is taken off and put on again, as by all who look inside.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import asyncio
import signal
import sys
import zlib

import aiohttp
import grpc.aio
from aiohttp import web

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
SIZES = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
]


async def by_grpc(port: int, next_port: int, *, packed: bool, stop: asyncio.Event) -> None:
    compression = grpc.Compression.Gzip if packed else None
    channel = grpc.aio.insecure_channel(
        f"127.0.0.1:{next_port}", options=SIZES, compression=compression
    )
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
    await stop.wait()
    await server.stop(1)


async def by_http(port: int, next_port: int, *, packed: bool, stop: asyncio.Event) -> None:
    url = f"http://127.0.0.1:{next_port}/v1/traces"
    headers = {"content-type": "application/x-protobuf"}
    if packed:
        headers["content-encoding"] = "gzip"

    async with aiohttp.ClientSession(headers=headers, auto_decompress=False) as session:

        async def export(request: web.Request) -> web.Response:
            body = await request.read()  # unpacked, where it came packed
            async with session.post(url, data=gzip(body) if packed else body) as answer:
                return web.Response(body=await answer.read(), status=answer.status)

        app = web.Application(client_max_size=0)
        app.router.add_post("/v1/traces", export)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await stop.wait()
        await runner.cleanup()


def gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(body) + packer.flush()


async def main(transport: str, port: int, next_port: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    hop = by_http if transport.startswith("http") else by_grpc
    await hop(port, next_port, packed=transport.endswith("+gzip"), stop=stop)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
