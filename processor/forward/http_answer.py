"""What an OTLP/HTTP next hop said, as bytes for the sender or as a refusal in kind.

Pure: status, headers and the first bytes of a body in; nothing waits. Invariant: a status that the
specification lets a client retry never becomes permanent, and none becomes retryable.
https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
"""

from __future__ import annotations

import json
import math
import zlib
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from processor.errors import Code, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import grpc

    from processor.model import Signal

MAX_BYTES: Final = 64 * 1024
"""Of an answer's body, packed and unpacked, as a Collector reads it."""
PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
RETRYABLE: Final = frozenset({429, 502, 503, 504})

_CODES: Final[Mapping[int, grpc.StatusCode]] = {
    400: Code.INVALID_ARGUMENT,
    401: Code.UNAUTHENTICATED,
    403: Code.PERMISSION_DENIED,
    404: Code.UNIMPLEMENTED,
    413: Code.RESOURCE_EXHAUSTED,
}
_BY_NUMBER: Final = {code.value[0]: code for code in Code}
_MAX_DELAY_S: Final = 10**9
_REJECTED: Final = {
    "traces": "rejectedSpans",
    "metrics": "rejectedDataPoints",
    "logs": "rejectedLogRecords",
}


class Said(NamedTuple):
    """One answer as it came."""

    status: int
    headers: Mapping[str, str]
    """By names in lower case."""
    body: bytes
    """All of it, `MAX_BYTES` at most."""
    longer: bool = False
    """There was more of it than is read, so nothing in it counts."""


class Unreadable(ValueError):  # noqa: N818 - it is what the answer is
    """A success whose body nobody can read; the data was taken all the same."""


def success(said: Said, signal: Signal) -> bytes:
    """The Export*ServiceResponse in an answer of 2xx; raises `Unreadable`."""
    body = _plain(said)
    if not body:
        return b""
    if _type(said) == JSON:
        return _partial(body, signal)
    if _type(said) != PROTOBUF:
        raise Unreadable(f"its type is {ascii(_type(said))[:60]}")
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - rare, and 20 ms to import
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as otlp  # noqa: PLC0415

    try:  # the three signals' responses have the same fields by number
        otlp.ExportTraceServiceResponse.FromString(body)
    except DecodeError as error:
        raise Unreadable(str(error)) from None
    return body


def refusal(said: Said, url: str, now_unix_s: float) -> Refusal:
    """The refusal in any other answer; *url* is for people."""
    number, words, delay_s, details = _status(said)
    words = words or _words(said, url)
    if said.status not in RETRYABLE:
        delay_s = None
    elif (asked_s := _retry_after(said.headers.get("retry-after", ""), now_unix_s)) is not None:
        # The header has whole seconds; what it was rounded up from is more exact.
        exact = delay_s is not None and math.ceil(delay_s) == asked_s
        delay_s = delay_s if exact else asked_s
    own = _BY_NUMBER.get(number, Code.OK)
    for heard in (
        Refusal.relayed(own, words, details),
        Refusal(own, words, retry_after_s=delay_s),
    ):
        if _agrees(heard, said.status, delay_s):
            return heard
    code = _code(said.status, delay_s)
    return Refusal(code, words, retry_after_s=delay_s, too_many=said.status == 429)


def _code(status: int, delay_s: float | None) -> grpc.StatusCode:
    if status == 429 and delay_s is not None:
        return Code.RESOURCE_EXHAUSTED  # without a delay that would be permanent over gRPC
    return Code.UNAVAILABLE if status in RETRYABLE else _CODES.get(status, Code.UNKNOWN)


def _agrees(heard: Refusal, status: int, delay_s: float | None) -> bool:
    """Whether the Status in the body says what the HTTP status does, which is what clients act on."""
    retryable = status in RETRYABLE
    if heard.code is Code.OK or heard.retryable != retryable:
        return False
    if retryable and heard.retry_after_s != delay_s:
        return False
    return heard.http_status == status or (heard.http_status == 503 and status in {502, 504})


def _words(said: Said, url: str) -> str:
    location = said.headers.get("location", "")
    if 300 <= said.status < 400 and location:
        place = ascii(location.partition("?")[0])[1:-1][:200]
        return (
            f"{url} answers {said.status}, which leads to {place}; write that as its endpoint"
        )
    return f"{url} answers {said.status}"


def _status(said: Said) -> tuple[int, str, float | None, bytes]:
    """Code, words, delay and bytes of the google.rpc.Status in the body; nothing where there is none."""
    nothing: tuple[int, str, float | None, bytes] = (0, "", None, b"")
    with suppress(ValueError, RecursionError):
        body = _plain(said)
        if body and _type(said) == PROTOBUF:
            return _status_of(body)
        if body and _type(said) == JSON:
            return _status_in(json.loads(body))
    return nothing


def _status_of(body: bytes) -> tuple[int, str, float | None, bytes]:
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - at the first refusal
    from google.rpc import status_pb2  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

    status_class: Any = status_pb2.Status
    try:
        status = status_class.FromString(body)
    except DecodeError as error:
        raise ValueError(str(error)) from None
    read = Refusal.relayed(Code.UNKNOWN, "", body)
    return int(status.code), str(status.message), read.retry_after_s, read.status_details


def _status_in(document: Any) -> tuple[int, str, float | None, bytes]:
    if not isinstance(document, dict):
        return 0, "", None, b""
    status = cast("dict[str, Any]", document)
    number, words = status.get("code"), status.get("message")
    found = [_delay(each) for each in _list(status.get("details"))[:32]]
    delay_s = next((delay_s for delay_s in found if delay_s is not None), None)
    return (
        number if isinstance(number, int) else 0,
        words[:MAX_BYTES] if isinstance(words, str) else "",
        delay_s,
        b"",
    )


def _list(value: Any) -> list[Any]:
    return [*value] if isinstance(value, list) else []


def _delay(detail: Any) -> float | None:
    """Seconds of a RetryInfo as JSON has it: `{"@type": "...RetryInfo", "retryDelay": "7s"}`."""
    if not isinstance(detail, dict):
        return None
    named = cast("dict[str, Any]", detail)
    delay = named.get("retryDelay")
    if not str(named.get("@type", "")).endswith("/google.rpc.RetryInfo") or not isinstance(
        delay, str
    ):
        return None
    number = delay.removesuffix("s")
    if len(number) > 30 or not number.replace(".", "", 1).isdecimal() or not number.isascii():
        return None
    return min(float(number), _MAX_DELAY_S)


def _partial(body: bytes, signal: Signal) -> bytes:
    """An Export*ServiceResponse in JSON, in protobuf."""
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as otlp  # noqa: PLC0415

    try:
        document: Any = json.loads(body)
        partial: Any = document.get("partialSuccess") or document.get("partial_success") or {}
        if not partial:
            return b""
        response = otlp.ExportTraceServiceResponse()
        response.partial_success.rejected_spans = int(partial.get(_REJECTED[signal], 0))
        response.partial_success.error_message = str(partial.get("errorMessage", ""))
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise Unreadable(str(error)) from None
    return response.SerializeToString()


def _retry_after(text: str, now_unix_s: float) -> float | None:
    """What `Retry-After` asks for, seconds or a date; None where it says nothing that can be read."""
    words = text.strip()
    if words.isascii() and words.isdigit():
        return float(min(int(words[:12]), _MAX_DELAY_S))
    try:
        until = parsedate_to_datetime(words).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(0.0, until - now_unix_s), _MAX_DELAY_S)


def _type(said: Said) -> str:
    return said.headers.get("content-type", "").partition(";")[0].strip().lower()


def _plain(said: Said) -> bytes:
    """The body unpacked; raises `Unreadable`. We ask for none packed, some pack all the same."""
    if said.longer:
        raise Unreadable("it is longer than 64 KiB")
    encoding = said.headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"} or not said.body:
        return said.body
    if encoding != "gzip":
        raise Unreadable(f"its encoding is {ascii(encoding)[:60]}")
    unpacking = zlib.decompressobj(31)
    try:
        body = unpacking.decompress(said.body, MAX_BYTES)
    except zlib.error as error:
        raise Unreadable(str(error)) from None
    if unpacking.unconsumed_tail:
        raise Unreadable("it is longer than 64 KiB")
    return body
