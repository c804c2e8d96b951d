"""How to reach a gRPC next hop: address, TLS, compression, balancing, as channel options.

No request passes here. Invariant: two exporters never share a connection by accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import grpc
import grpc.aio

from processor.settings import KeepaliveSettings, TlsSettings

if TYPE_CHECKING:
    Call = grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]

COMPRESSIONS: Final = {
    "gzip": grpc.Compression.Gzip,
    "deflate": grpc.Compression.Deflate,
    "none": grpc.Compression.NoCompression,
}
_MIB: Final = 1024 * 1024
_LOOPBACK: Final = ("localhost", "127.", "[::1]", "ipv4:127.", "ipv6:[::1]")
_SYSTEM_ROOTS: Final = TlsSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcTarget:
    """Where a gRPC next hop is and how it is spoken to; defaults are the Collector's."""

    endpoint: str
    """`host:port`, with `http://` (then insecure) or `https://` or a gRPC resolver before it."""
    tls: TlsSettings = _SYSTEM_ROOTS
    compression: Literal["gzip", "deflate", "none"] = "gzip"
    balancer_name: Literal["round_robin", "pick_first"] = "round_robin"
    keepalive: KeepaliveSettings | None = None
    authority: str = ""
    user_agent: str = "genai-cost-processor"

    @property
    def insecure(self) -> bool:
        """Whether the connection is plain text."""
        return self.tls.insecure or self.endpoint.startswith("http://")

    @property
    def address(self) -> str:
        """The endpoint as gRPC wants it."""
        bare = self.endpoint.removeprefix("http://").removeprefix("https://")
        return bare.removesuffix("/")


def open_channel(target: GrpcTarget, setting: str) -> grpc.aio.Channel:
    """Return a channel to *target*; certificates that cannot be read are a `ConfigError`."""
    options = _options(target)
    compression = COMPRESSIONS[target.compression]
    if target.insecure:
        return grpc.aio.insecure_channel(target.address, options, compression)
    credentials = _credentials(target.tls, f"{setting}.tls")
    return grpc.aio.secure_channel(target.address, credentials, options, compression)


def raw_call(channel: grpc.aio.Channel, method: str) -> Call:
    """Return the call of *method* whose messages stay bytes: no serializer on either side."""
    # The stubs of grpc leave the type variables open.
    return channel.unary_unary(method, None, None)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def _options(target: GrpcTarget) -> list[tuple[str, str | int]]:
    options: list[tuple[str, str | int]] = [
        ("grpc.primary_user_agent", target.user_agent),
        ("grpc.lb_policy_name", target.balancer_name),
        ("grpc.use_local_subchannel_pool", 1),
        # A request of the largest size taken in grows by what is written on its spans.
        ("grpc.max_send_message_length", -1),
        (
            "grpc.max_receive_message_length",
            4 * _MIB,
        ),  # the specification's bound of a response
        # A long message in a refusal would otherwise come as RESOURCE_EXHAUSTED, thus as permanent.
        ("grpc.max_metadata_size", _MIB),
        # After an outage the next hop is found again within seconds; gRPC would wait up to 2 min.
        ("grpc.max_reconnect_backoff_ms", 5000),
    ]
    if target.address.startswith(_LOOPBACK):
        options.append(("grpc.enable_http_proxy", 0))  # no proxy can reach our loopback
    if target.authority:
        options.append(("grpc.default_authority", target.authority))
    if target.tls.server_name_override:
        options.append(("grpc.ssl_target_name_override", target.tls.server_name_override))
    if target.keepalive is not None:
        options += _keepalive(target.keepalive)
    return options


def _keepalive(keepalive: KeepaliveSettings) -> list[tuple[str, str | int]]:
    return [
        ("grpc.keepalive_time_ms", int(keepalive.time_s * 1000)),
        ("grpc.keepalive_timeout_ms", int(keepalive.timeout_s * 1000)),
        ("grpc.keepalive_permit_without_calls", int(keepalive.permit_without_stream)),
        ("grpc.http2.max_pings_without_data", 0),
    ]


def _credentials(tls: TlsSettings, setting: str) -> grpc.ChannelCredentials:
    from processor.forward.client_tls import certificates  # noqa: PLC0415 - 5 ms, for TLS alone

    found = certificates(tls, setting)
    return grpc.ssl_channel_credentials(found.roots, found.key, found.certificate)
