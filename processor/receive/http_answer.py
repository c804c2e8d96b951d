"""What a sender over HTTP is answered, in the form it speaks: protobuf, or JSON for JSON.

Invariant: both forms of one answer say the same, the delay included.
https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processor.receive.asgi import Answer
from processor.receive.http_request import JSON, PROTOBUF, Mismatch, speaks_json

if TYPE_CHECKING:
    from processor.errors import Refusal
    from processor.model import Signal
    from processor.receive.asgi import Scope


def taken(response: bytes, signal: Signal, *, json: bool) -> Answer:
    """The answer to a request that was taken; *response* is an Export*ServiceResponse."""
    if not json:
        return Answer(200, PROTOBUF, response)
    return Answer(200, JSON, _response_json(response, signal) if response else b"{}")


def refused(scope: Scope, refusal: Refusal) -> Answer:
    """The answer to a request that was not taken."""
    headers = refusal.headers if isinstance(refusal, Mismatch) else ()
    if (retry_after := refusal.retry_after) is not None:
        headers = (*headers, ("retry-after", retry_after))
    if speaks_json(scope):
        return Answer(refusal.http_status, JSON, _status_json(refusal), headers)
    return Answer(refusal.http_status, PROTOBUF, refusal.status(), headers)


def _response_json(response: bytes, signal: Signal) -> bytes:
    from processor.wire.fields import Malformed  # noqa: PLC0415 - for senders of JSON only
    from processor.wire.otlp_json import decode, text_of  # noqa: PLC0415
    from processor.wire.otlp_schema import response_schema  # noqa: PLC0415

    try:
        return text_of(decode(response, response_schema(signal)))
    except Malformed:  # taken all the same: an error would make the sender send it again
        return b"{}"


def _status_json(refusal: Refusal) -> bytes:
    """`google.rpc.Status` as proto3 has it in JSON; details of a type unknown here are left out."""
    import json  # noqa: PLC0415 - for senders of JSON only

    from google.protobuf.json_format import Error, MessageToDict  # noqa: PLC0415
    from google.rpc import (  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
        error_details_pb2,
        status_pb2,
    )

    del error_details_pb2  # imported so that their types are known
    status: Any = status_pb2.Status.FromString(refusal.status())
    said: dict[str, Any] = {"code": status.code, "message": status.message}
    details: list[Any] = []
    for detail in status.details:
        try:
            details.append(MessageToDict(detail))
        except (Error, TypeError, ValueError):  # each of these, for as many reasons
            continue
    if details:
        said["details"] = details
    return json.dumps(said).encode()
