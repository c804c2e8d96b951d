"""`google.rpc.Status` as a client reads it. One place, since the package does not say it is typed."""

from __future__ import annotations

from google.rpc.error_details_pb2 import (
    BadRequest,
    DebugInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status

__all__ = ["BadRequest", "DebugInfo", "RetryInfo", "Status", "delay_s"]


def delay_s(details: bytes) -> float | None:
    """The delay of the RetryInfo among the details, None where there is none."""
    info = RetryInfo()
    if not any(detail.Unpack(info) for detail in Status.FromString(details).details):
        return None
    seconds: float = info.retry_delay.seconds + info.retry_delay.nanos / 1e9
    return seconds
