"""Reading one OTLP/HTTP request: its headers, its body up to the limit, its sender's leaving.

Nothing here knows of pipelines. Invariant: what is not OTLP/HTTP with a plain protobuf body is a
`Mismatch` with the status the specification gives it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.errors import Code, Refusal

if TYPE_CHECKING:
    import grpc

    from processor.receive.admission import Hold
    from processor.receive.asgi import Receive, Scope

PROTOBUF: Final = "application/x-protobuf"


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


def check_headers(scope: Scope, limit: int) -> None:
    """Raise `Mismatch` unless the headers announce a plain protobuf body within the limit."""
    content_type = header(scope, b"content-type").partition(";")[0].strip()
    if content_type == "application/json":
        message = f"JSON is not taken by this release yet (planned); send {PROTOBUF}"
        raise Mismatch(415, Code.INVALID_ARGUMENT, message)
    if content_type != PROTOBUF:
        raise Mismatch(415, Code.INVALID_ARGUMENT, f"content-type must be {PROTOBUF}")
    encoding = header(scope, b"content-encoding")
    if encoding not in {"", "identity"}:
        message = (
            f"content-encoding {encoding} is not taken over HTTP by this release yet (planned)"
        )
        accepted = (("accept-encoding", "identity"),)
        raise Mismatch(415, Code.INVALID_ARGUMENT, message, headers=accepted)
    length = header(scope, b"content-length")
    if length.isdigit() and int(length) > limit:
        raise too_large(limit)


def too_large(limit: int) -> Refusal:
    """Return the refusal of a body over the limit: permanent, 413."""
    return Refusal(
        Code.RESOURCE_EXHAUSTED, f"request is larger than the limit of {limit} bytes"
    )


async def read_body(receive: Receive, limit: int, hold: Hold) -> bytes:
    """Read the body; refuse as soon as it passes the limit or admission has no room for it."""
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        hold.take(len(chunk))
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


async def left(receive: Receive) -> None:
    """Return once the sender has gone; its body must have been read."""
    while (await receive())["type"] != "http.disconnect":
        pass
