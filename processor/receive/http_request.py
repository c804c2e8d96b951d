"""Reading one OTLP/HTTP request: its headers, its body up to the limit, its sender's leaving.

Nothing here knows of pipelines. Invariant: what is not OTLP/HTTP as this door takes it is a `Mismatch`
with the status the specification gives it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.errors import Code, Refusal
from processor.receive.gate import MAX_CREDENTIAL_BYTES, UNKNOWN
from processor.receive.http_body import Form, too_large

if TYPE_CHECKING:
    from collections.abc import Collection

    import grpc

    from processor.receive.admission import Hold
    from processor.receive.asgi import Receive, Scope
    from processor.receive.gate import Gate

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"


class Mismatch(Refusal):
    """A request that is not OTLP as this door takes it; HTTP has a status of its own for it."""

    def __init__(
        self,
        status: int,
        code: grpc.StatusCode,
        message: str,
        *,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(code, message)
        self._status = status
        self.headers = headers

    @property
    def http_status(self) -> int:
        """The status that HTTP has for it."""
        return self._status


class Gone(Exception):  # noqa: N818 - an event, not a fault
    """The sender has closed its connection."""


def header(scope: Scope, name: bytes) -> str:
    """Return a header's value in lower case, empty where it is absent."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    value = next((value for key, value in headers if key == name), b"")
    return value.decode("latin-1").strip().lower()


async def check_credential(gate: Gate, scope: Scope) -> None:
    """Raise `Mismatch`, 401, unless the sender may send."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    wanted = gate.header.encode("ascii")
    sent = next((value for key, value in headers if key == wanted), b"").decode("latin-1")
    if len(sent) > MAX_CREDENTIAL_BYTES or not await gate.admits(sent.strip()):
        challenge = (("www-authenticate", gate.challenge),)
        raise Mismatch(401, Code.UNAUTHENTICATED, UNKNOWN, headers=challenge)


def speaks_json(scope: Scope) -> bool:
    """Whether the sender sends JSON, and so is to be answered in it."""
    return _media_type(scope) == JSON


def form_of(scope: Scope, limit: int, encodings: Collection[str]) -> Form:
    """Return how the body is sent; `Mismatch` where that is no OTLP, `Refusal` where it is too much.

    A parameter of the type (`charset`) is passed over, as the Collector does: JSON is UTF-8.
    """
    content_type = _media_type(scope)
    if content_type not in {PROTOBUF, JSON}:
        words = f"content-type must be {PROTOBUF} or {JSON}"
        raise Mismatch(415, Code.INVALID_ARGUMENT, words)
    encoding = header(scope, b"content-encoding").removeprefix("x-")
    if encoding in {"", "identity", "none"}:
        encoding = ""
    elif encoding not in encodings:
        known = ", ".join((*encodings, "identity"))
        words = f"content-encoding {ascii(encoding[:60])[1:-1]} is not taken here; send {known}"
        accepted = (("accept-encoding", known),)
        raise Mismatch(415, Code.INVALID_ARGUMENT, words, headers=accepted)
    length = header(scope, b"content-length")
    if length.isdigit() and int(length) > _most_sent(limit, encoding):
        raise too_large(limit)
    return Form(content_type == JSON, encoding)


def _media_type(scope: Scope) -> str:
    return header(scope, b"content-type").partition(";")[0].strip()


def _most_sent(limit: int, encoding: str) -> int:
    """What cannot be packed grows by its packing."""
    return limit + limit // 512 + 1024 if encoding else limit


async def read_body(receive: Receive, form: Form, limit: int, hold: Hold) -> bytes:
    """Read the body as it was sent; refuse as soon as it passes the limit or admission has no room for it."""
    chunks: list[bytes] = []
    size = 0
    more, most = True, _most_sent(limit, form.encoding)
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > most:
            raise too_large(limit)
        hold.take(len(chunk))
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


async def left(receive: Receive) -> None:
    """Return once the sender has gone; its body must have been read."""
    while (await receive())["type"] != "http.disconnect":
        pass
