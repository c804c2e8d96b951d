"""Admission: the requests being worked on never hold more than so many bytes together.

Over gRPC a body has been read by the time we see it, so that bound counts from then on; over HTTP
it counts while the body arrives. What does not fit is refused aloud and may be sent again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from processor.errors import Code, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_LIMIT_BYTES: Final = 256 * 1024 * 1024
# Long enough for a request at its 5 s timeout to be one of several that end meanwhile; not measured.
_RETRY_AFTER_S: Final = 1.0


def _ignore() -> None:
    """Count nothing."""


class Admission:
    """Counts the bytes in flight; `in_flight_bytes` never exceeds `limit_bytes`."""

    def __init__(
        self,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
        *,
        on_refused: Callable[[], None] = _ignore,
    ) -> None:
        self.limit_bytes = limit_bytes
        self.in_flight_bytes = 0
        self._on_refused = on_refused

    def hold(self) -> Hold:
        """Open a hold for one request; it takes bytes as they come and gives all back at the end."""
        return Hold(self)

    def take(self, count: int, *, held: int) -> None:
        """Take *count* more bytes for a request that has *held* already, or raise `Refusal`."""
        if self.in_flight_bytes + count <= self.limit_bytes:
            self.in_flight_bytes += count
            return
        self._on_refused()
        if held + count > self.limit_bytes:
            message = f"request is larger than the limit of {self.limit_bytes} bytes in flight"
            raise Refusal(Code.RESOURCE_EXHAUSTED, message)  # it would never fit
        # The answer the specification gives for a server that cannot keep up:
        # https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-throttling
        message = f"too many bytes in flight ({self.in_flight_bytes} of {self.limit_bytes}), try later"
        raise Refusal(Code.UNAVAILABLE, message, retry_after_s=_RETRY_AFTER_S)

    def give_back(self, count: int) -> None:
        """Free what a request held."""
        self.in_flight_bytes -= count


class Hold:
    """What one request holds, given back on leaving."""

    __slots__ = ("_admission", "_held")

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._held = 0

    def take(self, count: int) -> None:
        """Take *count* more bytes or raise `Refusal`."""
        self._admission.take(count, held=self._held)
        self._held += count

    def give_back(self, count: int) -> None:
        """Give back *count* of the bytes taken: they are not kept any longer."""
        self._admission.give_back(count)
        self._held -= count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._admission.give_back(self._held)
        self._held = 0
