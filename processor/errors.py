"""What can go wrong with a request, and the face each kind wears on gRPC and on HTTP.

A `Refusal` is somebody's answer to a request: ours or the next hop's. The next hop's own keeps its
code, its words and its `google.rpc.Status` bytes, so that it travels up in kind. The two faces of
one refusal never disagree on whether to try again.
https://opentelemetry.io/docs/specs/otlp/#failures
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

import grpc

from processor.settings.problems import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RETRYABLE", "Code", "ConfigError", "Refusal", "is_about_data"]

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

# What is said of who asks, or of where: it would be said of any other data, too.
_ABOUT_NO_DATA: Final = frozenset({Code.UNAUTHENTICATED, Code.UNIMPLEMENTED})

# As the Collector's receiver maps them, so that a sender sees no difference, but for
# RESOURCE_EXHAUSTED without a delay: over gRPC a client must not try that again, over HTTP it would
# after the Collector's 429. 413 is what says the same.
_HTTP_STATUS_OF_PERMANENT: Final[Mapping[grpc.StatusCode, int]] = {
    Code.RESOURCE_EXHAUSTED: 413,
    Code.INVALID_ARGUMENT: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.UNIMPLEMENTED: 404,
}

_NS_PER_S: Final = 10**9
# The longest delay google.protobuf.Duration can hold, about 10,000 years.
_MAX_DELAY_S: Final = 315_576_000_000


class Refusal(Exception):  # noqa: N818 - an answer, not always a fault
    """A request was not taken; says who may try again and when.

    `retry_after_s` is the delay that the refusing side asks for; `status_details` are the bytes of
    its own `google.rpc.Status`, empty for a refusal of ours, and always say the same as the rest.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        *,
        retry_after_s: float | None = None,
        too_many: bool = False,
    ) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.too_many = too_many
        """It was HTTP's 429 without a delay: over gRPC RESOURCE_EXHAUSTED would make that permanent."""
        self.message = message
        self.retry_after_s = retry_after_s
        self.status_details = b""

    def bare(self) -> Self:
        """The same without the frames it came through: what those hold can be freed at once."""
        self.__traceback__ = self.__context__ = self.__cause__ = None
        return self

    @classmethod
    def relayed(cls, code: grpc.StatusCode, message: str, status_details: bytes) -> Self:
        """The next hop's refusal, its delay read from its details; unreadable ones are left out."""
        refusal = cls(code, message)
        if status_details:
            with suppress(ValueError):
                refusal.retry_after_s = _delay_in(status_details)
                refusal.status_details = status_details
        return refusal

    @property
    def retryable(self) -> bool:
        """Whether the same bytes may be taken later."""
        if self.code is Code.RESOURCE_EXHAUSTED:
            return self.retry_after_s is not None
        return self.code in RETRYABLE

    @property
    def http_status(self) -> int:
        """The HTTP status that says the same."""
        if self.retryable:
            return 429 if self.too_many or self.code is Code.RESOURCE_EXHAUSTED else 503
        return _HTTP_STATUS_OF_PERMANENT.get(self.code, 500)

    @property
    def retry_after(self) -> str | None:
        """The value of HTTP's `Retry-After`: whole seconds, never less than was asked for."""
        if self.retry_after_s is None or not self.retryable:
            return None
        return str(math.ceil(min(self.retry_after_s, _MAX_DELAY_S)))

    def status(self) -> bytes:
        """`google.rpc.Status`: the refusing side's own bytes, else one that says code, words, delay."""
        return self.status_details or _status(self.code, self.message, self.retry_after_s)


def is_about_data(problem: Exception) -> bool:
    """Whether less of the same data may yet be taken: something in it was refused for good, or broke us."""
    if isinstance(problem, Refusal):
        return not problem.retryable and problem.code not in _ABOUT_NO_DATA
    return True


def _status(code: grpc.StatusCode, message: str, retry_after_s: float | None) -> bytes:
    status_class, retry_info_class = _rpc_messages()
    text = message.encode(errors="replace").decode()  # a lone surrogate cannot be UTF-8
    status = status_class(code=code.value[0], message=text)
    if retry_after_s is not None:
        info = retry_info_class()
        info.retry_delay.FromNanoseconds(round(min(retry_after_s, _MAX_DELAY_S) * _NS_PER_S))
        status.details.add().Pack(info)
    written: bytes = status.SerializeToString()
    return written


def _delay_in(status_details: bytes) -> float | None:
    """Return the delay of the RetryInfo among the details, None without one; else ValueError."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415

    status_class, retry_info_class = _rpc_messages()
    info = retry_info_class()
    try:
        details = status_class.FromString(status_details).details
        if not any(detail.Unpack(info) for detail in details):
            return None
    except DecodeError as error:
        raise ValueError(str(error)) from error
    delay = info.retry_delay  # not ToNanoseconds(), which refuses what is out of range
    seconds: float = delay.seconds + delay.nanos / _NS_PER_S
    return max(0.0, seconds)  # a negative delay asks for none


def _rpc_messages() -> tuple[Any, Any]:
    """Return google.rpc's Status and RetryInfo, imported at the first refusal (about 8 ms)."""
    from google.rpc import (  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
        error_details_pb2,
        status_pb2,
    )

    return status_pb2.Status, error_details_pb2.RetryInfo
