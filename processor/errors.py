"""What can go wrong with a request, and the face each kind wears on gRPC and on HTTP.

A `Refusal` is somebody's answer to a request: ours or the next hop's. The next hop's own keeps its
code, its words and its `google.rpc.Status` bytes, so that it travels up in kind.
https://opentelemetry.io/docs/specs/otlp/#failures
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import grpc

if TYPE_CHECKING:
    from collections.abc import Mapping

Code = grpc.StatusCode

# Codes after which the specification lets a client try again; RESOURCE_EXHAUSTED only with RetryInfo.
# https://opentelemetry.io/docs/specs/otlp/#failures
RETRYABLE: Final = frozenset(
    {
        Code.CANCELLED,
        Code.DEADLINE_EXCEEDED,
        Code.ABORTED,
        Code.OUT_OF_RANGE,
        Code.UNAVAILABLE,
        Code.DATA_LOSS,
    }
)

# As the Collector's receiver maps them, so that a sender sees no difference.
_HTTP_STATUS: Final[Mapping[grpc.StatusCode, int]] = {
    Code.RESOURCE_EXHAUSTED: 429,
    Code.INVALID_ARGUMENT: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.UNIMPLEMENTED: 404,
}


class Refusal(Exception):
    """A request was not taken; says who may try again and when.

    `status_details` are the bytes of a `google.rpc.Status` when the refusing side sent one;
    `retry_after_s` is the delay it asked for.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        *,
        retry_after_s: float | None = None,
        status_details: bytes = b"",
    ) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s
        self.status_details = status_details

    @property
    def retryable(self) -> bool:
        """Whether the same bytes may be taken later."""
        if self.code is Code.RESOURCE_EXHAUSTED:
            return self.retry_after_s is not None
        return self.code in RETRYABLE

    @property
    def http_status(self) -> int:
        """The HTTP status that says the same."""
        if self.code in _HTTP_STATUS and not (self.retryable and self.code not in {Code.RESOURCE_EXHAUSTED}):
            return _HTTP_STATUS[self.code]
        return 503 if self.retryable else 500


class ConfigError(Exception):
    """Configuration or price files that cannot be used; `problems` has one line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
