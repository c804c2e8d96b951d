"""OTLP's messages as tables for JSON: each field by its JSON name and by its number.

Made from the published descriptors at first use; nothing of OTLP is written down here but which bytes
are ids. Import this only where JSON is spoken: it loads protobuf.
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor import FieldDescriptor
from opentelemetry.proto.collector.logs.v1 import (  # pyright: ignore[reportMissingTypeStubs]
    logs_service_pb2,
)
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from processor.model import Signal

if TYPE_CHECKING:
    from collections.abc import Mapping

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5

# Bytes that OTLP/JSON writes in hex where proto3's own mapping has base64.
_IDS: Final = frozenset({"trace_id", "span_id", "parent_span_id"})
_KINDS: Final[Mapping[int, tuple[str, int]]] = {
    FieldDescriptor.TYPE_DOUBLE: ("double", FIXED64),
    FieldDescriptor.TYPE_FLOAT: ("float", FIXED32),
    FieldDescriptor.TYPE_INT64: ("int64", VARINT),
    FieldDescriptor.TYPE_UINT64: ("uint64", VARINT),
    FieldDescriptor.TYPE_INT32: ("int32", VARINT),
    FieldDescriptor.TYPE_UINT32: ("uint32", VARINT),
    FieldDescriptor.TYPE_SINT32: ("sint32", VARINT),
    FieldDescriptor.TYPE_SINT64: ("sint64", VARINT),
    FieldDescriptor.TYPE_FIXED64: ("fixed64", FIXED64),
    FieldDescriptor.TYPE_SFIXED64: ("sfixed64", FIXED64),
    FieldDescriptor.TYPE_FIXED32: ("fixed32", FIXED32),
    FieldDescriptor.TYPE_SFIXED32: ("sfixed32", FIXED32),
    FieldDescriptor.TYPE_BOOL: ("bool", VARINT),
    FieldDescriptor.TYPE_ENUM: ("enum", VARINT),
    FieldDescriptor.TYPE_STRING: ("string", LENGTH),
    FieldDescriptor.TYPE_BYTES: ("bytes", LENGTH),
    FieldDescriptor.TYPE_MESSAGE: ("message", LENGTH),
}


class Field:
    """One field of a message."""

    __slots__ = (
        "_message",
        "enum",
        "explicit",
        "kind",
        "name",
        "oneof",
        "repeated",
        "tag",
        "wire",
    )

    def __init__(self, descriptor: Any) -> None:
        self.name: str = descriptor.json_name
        kind, self.wire = _KINDS[descriptor.type]
        self.kind = "id" if descriptor.name in _IDS else kind
        self.tag: int = descriptor.number << 3 | self.wire
        self.repeated: bool = descriptor.is_repeated
        self.explicit: bool = descriptor.has_presence
        """Present even when it is 0 or empty: one of several, or `optional`."""
        oneof = descriptor.containing_oneof
        self.oneof: tuple[str, ...] = (
            tuple(each.json_name for each in oneof.fields if each.name != descriptor.name)
            if oneof is not None
            else ()
        )
        """The members that this one drives out."""
        self.enum: Mapping[str, int] = (
            {value.name: value.number for value in descriptor.enum_type.values}
            if descriptor.enum_type is not None
            else {}
        )
        self._message = descriptor.message_type

    @property
    def message(self) -> Schema:
        """The table of what is inside."""
        return schema_of(self._message)


class Schema:
    """One message: its fields by either spelling of their JSON name, and by tag."""

    __slots__ = ("by_name", "by_tag", "name")

    def __init__(self, descriptor: Any) -> None:
        self.name: str = descriptor.name
        self.by_name: dict[str, Field] = {}
        self.by_tag: dict[int, Field] = {}
        for each in descriptor.fields:
            field = Field(each)
            self.by_name[field.name] = self.by_name[each.name] = field
            self.by_tag[field.tag] = field
            if field.repeated and field.wire != LENGTH:  # packed, or not: both are to be read
                self.by_tag[field.tag & ~7 | LENGTH] = field


@cache
def schema_of(descriptor: Any) -> Schema:
    """The table of a message."""
    return Schema(descriptor)


@cache
def request_schema(signal: Signal) -> Schema:
    """What a sender sends."""
    requests: dict[Signal, Any] = {
        Signal.TRACES: trace_service_pb2.ExportTraceServiceRequest,
        Signal.METRICS: metrics_service_pb2.ExportMetricsServiceRequest,
        Signal.LOGS: logs_service_pb2.ExportLogsServiceRequest,
    }
    return schema_of(requests[signal].DESCRIPTOR)


@cache
def response_schema(signal: Signal) -> Schema:
    """What a sender is answered."""
    responses: dict[Signal, Any] = {
        Signal.TRACES: trace_service_pb2.ExportTraceServiceResponse,
        Signal.METRICS: metrics_service_pb2.ExportMetricsServiceResponse,
        Signal.LOGS: logs_service_pb2.ExportLogsServiceResponse,
    }
    return schema_of(responses[signal].DESCRIPTOR)
