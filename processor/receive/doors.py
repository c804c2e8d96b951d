"""The doors of a service, made from its settings, with what they watch; none of them opened.

Invariant: what is read from files here can be used, or there is a `ConfigError` before anything serves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from processor.model import Signal
from processor.receive.grpc_server import GrpcDoor
from processor.receive.http_server import HttpDoor
from processor.receive.lasting import grpc_options, most_connections

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from processor.receive.admission import Admission
    from processor.receive.gate import Gate
    from processor.receive.intake import Intake
    from processor.receive.raw_service import Service
    from processor.receive.shared import Claim
    from processor.receive.tls import Certificate
    from processor.receive.watched import Watched
    from processor.settings import Settings
    from processor.settings.values import (
        BearerTokens,
        GrpcServer,
        HttpServer,
        Passwords,
        ServerTls,
    )
    from processor.telemetry import Telemetry

_MIB: Final = 1024 * 1024


class Doors(NamedTuple):
    """The doors, and the files that they are to be told about."""

    doors: Sequence[GrpcDoor | HttpDoor]
    watched: Sequence[Watched[Any]]


class Claims(NamedTuple):
    """Ports that several processes of this service share; none where it is one."""

    grpc: Claim | None = None
    http: Claim | None = None


NO_CLAIMS: Final = Claims()


def doors(  # noqa: PLR0913 - what stands behind them
    settings: Settings,
    intake: Intake,
    admission: Admission,
    *,
    signals: Collection[Signal],
    services: Sequence[Service],
    telemetry: Telemetry,
    drain_s: float,
    claims: Claims = NO_CLAIMS,
) -> Doors:
    """Make the doors that the settings have; *services* stand beside OTLP on the gRPC port.

    `claims` are of a service that has several processes.
    """
    guards = _Guards(telemetry)
    behind = _Behind(intake, admission, signals, drain_s, claims)
    made: list[GrpcDoor | HttpDoor] = []
    if settings.grpc is not None:
        passed_on = _passed_on(settings, settings.grpc)
        made.append(_grpc(settings.grpc, behind, guards, passed_on, services))
    if settings.http is not None:
        passed_on = _passed_on(settings, settings.http)
        made.append(_http(settings.http, behind, guards, passed_on))
    return Doors(made, guards.watched)


class _Behind(NamedTuple):
    """What both doors open to."""

    intake: Intake
    admission: Admission
    signals: Collection[Signal]
    drain_s: float
    claims: Claims


def _grpc(
    grpc: GrpcServer,
    behind: _Behind,
    guards: _Guards,
    passed_on: frozenset[str],
    services: Sequence[Service],
) -> GrpcDoor:
    return GrpcDoor(
        behind.intake,
        behind.admission,
        signals=behind.signals,
        endpoint=grpc.endpoint,
        setting=grpc.setting,
        max_message_bytes=grpc.max_recv_msg_size_mib * _MIB,
        pass_on=passed_on,
        services=services,
        tls=guards.certificates(grpc.tls),
        mutual_tls=bool(grpc.tls and grpc.tls.client_ca_file),
        gate=guards.gate(grpc.auth),
        options=grpc_options(grpc, most_connections()),
        drain_s=behind.drain_s,
        claim=behind.claims.grpc,
    )


def _http(
    http: HttpServer, behind: _Behind, guards: _Guards, passed_on: frozenset[str]
) -> HttpDoor:
    from processor.receive.connection import Patience  # noqa: PLC0415 - loads uvicorn

    return HttpDoor(
        behind.intake,
        behind.admission,
        signals=behind.signals,
        endpoint=http.endpoint,
        setting=http.setting,
        max_body_bytes=http.max_request_body_size,
        paths=dict(zip(Signal, http.paths, strict=True)),
        encodings=http.compression_algorithms,
        pass_on=passed_on,
        tls=guards.certificates(http.tls),
        gate=guards.gate(http.auth),
        patience=Patience(
            http.read_header_timeout_s,
            http.read_timeout_s,
            http.idle_timeout_s,
            most_connections(),
        ),
        drain_s=behind.drain_s,
        claim=behind.claims.http,
    )


def _passed_on(settings: Settings, server: GrpcServer | HttpServer) -> frozenset[str]:
    """The headers that any exporter in use asks for."""
    if not server.include_metadata:
        return frozenset()
    rules = (rule for hop in settings.exporters.values() for rule in hop.header_rules)
    return frozenset(rule.from_context for rule in rules if rule.from_context)


class _Guards:
    """Certificates and credentials: imported where they are asked for, watched once each."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self.watched: list[Watched[Any]] = []
        self._gates: dict[str, Gate] = {}

    def certificates(self, tls: ServerTls | None) -> Watched[Certificate] | None:
        if tls is None:
            return None
        from processor.receive.tls import certificates  # noqa: PLC0415

        made = certificates(tls, on_look=self._counted(tls.setting))
        self.watched.append(made)
        return made

    def gate(self, auth: BearerTokens | Passwords | None) -> Gate | None:
        if auth is None:
            return None
        if auth.setting not in self._gates:  # one extension may stand at both doors
            self._gates[auth.setting] = self._gate(auth)
        return self._gates[auth.setting]

    def _gate(self, auth: BearerTokens | Passwords) -> Gate:
        from processor.receive.basic import BasicGate  # noqa: PLC0415
        from processor.receive.bearer import BearerGate  # noqa: PLC0415
        from processor.settings.values import BearerTokens  # noqa: PLC0415

        counted = self._counted(auth.setting)
        if isinstance(auth, BearerTokens):
            gate: BearerGate | BasicGate = BearerGate(auth, on_look=counted)
        else:
            gate = BasicGate(auth, on_look=counted)
        self.watched.append(gate.watched)
        return gate

    def _counted(self, setting: str) -> Callable[[str], None]:
        return lambda outcome: self._telemetry.count(
            "receiver_file_reloads", 1, setting, outcome
        )
