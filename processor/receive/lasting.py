"""How many connections there may be and how long gRPC's last, in gRPC's own words.

gRPC itself varies `max_connection_age` by a tenth either way, so that senders do not come back together.
"""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from processor.settings.values import GrpcServer

MOST_CONNECTIONS: Final = 10_000
"""At each door; fewer where the system gives a process fewer files."""
_OTHER_FILES: Final = 128
_LONGEST_MS: Final = 2**31 - 1  # gRPC's word for "for ever"


def most_connections() -> int:
    """Return what each of two doors may have; asks the system for as many files as it gives."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MOST_CONNECTIONS + 2 * _OTHER_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(16, min(MOST_CONNECTIONS, (most - _OTHER_FILES) // 2))


def grpc_options(server: GrpcServer, connections: int) -> list[tuple[str, int]]:
    """The options of a gRPC server that differ from gRPC's defaults."""
    keepalive = server.keepalive
    lasting = (
        ("grpc.max_connection_idle_ms", keepalive.max_connection_idle_s),
        ("grpc.max_connection_age_ms", keepalive.max_connection_age_s),
        ("grpc.max_connection_age_grace_ms", keepalive.max_connection_age_grace_s),
        ("grpc.keepalive_time_ms", keepalive.time_s),
        ("grpc.keepalive_timeout_ms", keepalive.timeout_s),
        ("grpc.http2.min_ping_interval_without_data_ms", keepalive.min_time_s),
    )
    options = [("grpc.max_allowed_incoming_connections", connections)]
    options += [(name, _ms(seconds)) for name, seconds in lasting if seconds is not None]
    if keepalive.permit_without_stream:
        options.append(("grpc.keepalive_permit_without_calls", 1))
    if server.max_concurrent_streams:
        options.append(("grpc.max_concurrent_streams", server.max_concurrent_streams))
    return options


def _ms(seconds: float) -> int:
    """Whole milliseconds; 0 is "for ever", as the Collector has it."""
    return min(_LONGEST_MS, max(1, round(seconds * 1000))) if seconds else _LONGEST_MS
