"""The next hop of every benchmark, in a process of its own: it takes everything and keeps the last request.

    sink.py GRPC_PORT HTTP_PORT

The last request is told to who asks by gRPC, so that a benchmark can look at what a hop made of it.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import asyncio
import re
import signal
import sys
import zlib
from typing import TYPE_CHECKING, Final

import grpc
import grpc.aio

LAST: Final = "/bench.Sink/Last"
SIZES: Final = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
]
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n"
)
_LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_PACKED: Final = re.compile(rb"(?i)\r\ncontent-encoding: *gzip")

last = {"body": b"", "head": b""}


if TYPE_CHECKING:  # the stubs know of two types, the class itself of none
    _Handler = grpc.GenericRpcHandler[bytes, bytes]
else:
    _Handler = grpc.GenericRpcHandler


class Traces(_Handler):
    """Every method is an export, but the one that asks for the last."""

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler[bytes, bytes]:
        if handler_call_details.method == LAST:
            return grpc.unary_unary_rpc_method_handler(self.told)
        return grpc.unary_unary_rpc_method_handler(self.take)

    async def take(self, body: bytes, _context: object) -> bytes:
        last["body"], last["head"] = body, b""
        return b""

    async def told(self, _body: bytes, _context: object) -> bytes:
        if _PACKED.search(last["head"]):
            return zlib.decompress(last["body"], 31)
        return last["body"]


class Http(asyncio.Protocol):
    """Just enough of HTTP/1.1 for senders that name the length of what they send."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.missing = 0
        self.head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if not self.missing:
            whole = b"".join((*self.got, data))
            self.head, end, data = whole.partition(b"\r\n\r\n")
            length = _LENGTH.search(self.head)
            if not end or length is None:
                self.got = [whole]
                return
            self.got, self.missing = [], int(length[1])
        self.got.append(data)
        self.missing -= len(data)
        if not self.missing:
            last["body"], last["head"] = b"".join(self.got), self.head
            self.got = []
            self.transport.write(_ANSWER)  # type: ignore[attr-defined]


async def main(grpc_port: int, http_port: int) -> None:
    server = grpc.aio.server(options=SIZES)
    server.add_generic_rpc_handlers((Traces(),))
    server.add_insecure_port(f"127.0.0.1:{grpc_port}")
    await server.start()
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    http = await loop.create_server(Http, "127.0.0.1", http_port)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    http.close()
    await server.stop(1)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
