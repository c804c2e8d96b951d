"""A request as a Collector writes it: the fields of every message from the last to the first.

Elements of a repeated field keep their order, and a span's status stands there even when it says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from processor.wire.splice import varint

if TYPE_CHECKING:
    from google.protobuf.message import Message


def backwards(body: bytes) -> bytes:
    """The same traces request, written so."""
    return _written(ExportTraceServiceRequest.FromString(body))


def _written(message: Message) -> bytes:
    out = b""
    if isinstance(message, Span) and not message.HasField("status"):
        out += b"\x7a\x00"
    for field, value in reversed(message.ListFields()):
        for each in value if field.is_repeated else (value,):
            if field.type == field.TYPE_MESSAGE:
                payload = _written(each)
                out += varint(field.number << 3 | 2) + varint(len(payload)) + payload
            else:
                alone: dict[str, Any] = {field.name: [each] if field.is_repeated else each}
                out += type(message)(**alone).SerializeToString()
    return out
