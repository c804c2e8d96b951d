"""Requests and files of them, in every encoding that OTLP is stored in."""

from __future__ import annotations

import gzip
import json
import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import zstandard
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from processor.model import Signal
from processor.wire.otlp_json import text_of, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

END_NS: Final = 1_790_000_000_000_000_000


def request(
    number: int, model: str = "gpt-4o", tokens: int = 1000, service: str = "shop"
) -> bytes:
    """One call to a model, as protobuf; *number* makes its ids."""
    made = ExportTraceServiceRequest()
    resource = made.resource_spans.add()
    put(resource.resource.attributes, "service.name", service)
    span = resource.scope_spans.add().spans.add()
    span.trace_id, span.span_id = number.to_bytes(16, "big"), number.to_bytes(8, "big")
    span.name, span.kind = f"chat {model}", Span.SPAN_KIND_CLIENT
    span.start_time_unix_nano, span.end_time_unix_nano = END_NS - 10**9, END_NS
    put(span.attributes, "gen_ai.operation.name", "chat")
    put(span.attributes, "gen_ai.provider.name", "openai")
    put(span.attributes, "gen_ai.request.model", model)
    put(span.attributes, "gen_ai.usage.input_tokens", tokens)
    put(span.attributes, "gen_ai.usage.output_tokens", 10)
    return made.SerializeToString()


def put(attributes: Any, key: str, value: str | int) -> None:
    """One attribute more."""
    pair = attributes.add()
    pair.key = key
    if isinstance(value, int):
        pair.value.int_value = value
    else:
        pair.value.string_value = value


REQUESTS: Final = tuple(request(number) for number in range(1, 4))


def as_json(body: bytes) -> bytes:
    """A request as a line of JSON."""
    return text_of(to_json(body, Signal.TRACES))


def lines(bodies: Sequence[bytes]) -> bytes:
    """As the Collector's file exporter writes them."""
    return b"".join(as_json(body) + b"\n" for body in bodies)


def stream(bodies: Sequence[bytes]) -> bytes:
    """As it writes them with `format: proto`."""
    return b"".join(struct.pack(">I", len(body)) + body for body in bodies)


def merged(bodies: Sequence[bytes]) -> bytes:
    """One message: joining requests merges them."""
    return b"".join(bodies)


def pretty(bodies: Sequence[bytes]) -> bytes:
    """One document, as people save it."""
    return json.dumps(to_json(merged(bodies), Signal.TRACES), indent=2).encode() + b"\n"


class Form(NamedTuple):
    """One way to store requests."""

    name: str
    write: Callable[[Sequence[bytes]], bytes]

    def __str__(self) -> str:
        return self.name


def zstd(data: bytes) -> bytes:
    """Packed."""
    return zstandard.ZstdCompressor().compress(data)


def stream_of_json(bodies: Sequence[bytes]) -> bytes:
    """A size before each document."""
    return stream([as_json(body) for body in bodies])


def stream_of_zstd(bodies: Sequence[bytes]) -> bytes:
    """As the file exporter writes protobuf with `compression: zstd`."""
    return stream([zstd(body) for body in bodies])


def stream_of_zstd_json(bodies: Sequence[bytes]) -> bytes:
    """And JSON."""
    return stream([zstd(as_json(body)) for body in bodies])


PLAIN: Final = (
    Form("lines", lines),
    Form("document", pretty),
    Form("message", merged),
    Form("stream", stream),
    Form("stream of json", stream_of_json),
    Form("stream of zstd", stream_of_zstd),
    Form("stream of zstd json", stream_of_zstd_json),
)


def packed(form: Form, name: str, pack: Callable[[bytes], bytes]) -> Form:
    """A form in a packed file."""

    def write(bodies: Sequence[bytes]) -> bytes:
        return pack(form.write(bodies))

    return Form(f"{form} {name}", write)


FORMS: Final = (
    *PLAIN,
    *(packed(form, "gzip", gzip.compress) for form in PLAIN),
    *(packed(form, "zstd", zstd) for form in PLAIN),
)


def spans(body: bytes) -> list[dict[str, Any]]:
    """Each span of a request: its attributes by key."""
    document = MessageToDict(ExportTraceServiceRequest.FromString(body))
    return [
        {pair["key"]: next(iter(pair["value"].values())) for pair in span.get("attributes", [])}
        for resource in document.get("resourceSpans", [])
        for scope in resource.get("scopeSpans", [])
        for span in scope.get("spans", [])
    ]
