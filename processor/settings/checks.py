"""What is wrong only when two settings are seen together.

Invariant: no next hop is ourselves, no two listeners want one port.
"""

from __future__ import annotations

import sys
from itertools import combinations
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from processor.settings.endpoints import host_and_port, same_place
from processor.settings.values import MIB

if TYPE_CHECKING:
    from processor.settings.problems import Report
    from processor.settings.values import ExporterSettings, Settings

_WORKERS: Final = "service.workers: {} processes"


def cross_checks(settings: Settings, report: Report) -> None:
    """Report what does not go together."""
    _check_next_hops(settings, report)
    _check_ports(settings, report)
    _check_headers(settings, report)
    if settings.workers > 1:
        _check_workers(settings, report)
    grpc = settings.grpc
    if grpc is not None and grpc.max_recv_msg_size_mib * MIB > settings.admission_bytes:
        words = (
            "one message may be larger than all bytes in flight; raise memory_limiter.limit_mib"
        )
        report.problem(0, "receivers.otlp.protocols.grpc.max_recv_msg_size_mib", words)


def own_receiver(settings: Settings, address: str) -> str:
    """Return the setting of our receiver at *address*, or empty text."""
    for server in (settings.grpc, settings.http):
        if server is not None and same_place(server.endpoint, address):
            return server.setting
    return ""


def _check_headers(settings: Settings, report: Report) -> None:
    """What is to be passed on is let in, and does not stand beside a header of the exporter's."""
    servers = [server for server in (settings.grpc, settings.http) if server is not None]
    for hop in settings.exporters.values():
        if any(rule.from_context for rule in hop.header_rules) and not any(
            server.include_metadata for server in servers
        ):
            words = "passes senders' headers on, but no receiver has `include_metadata: true`"
            report.problem(0, hop.setting, words)
        for key in sorted({rule.key for rule in hop.header_rules} & hop.headers.keys()):
            words = f"has {key} in `headers` and from headers_setter; keep one of them"
            report.problem(0, hop.setting, words)


def _check_workers(settings: Settings, report: Report) -> None:
    """What several processes cannot have together."""
    if sys.platform != "linux":
        words = "several processes share a port by SO_REUSEPORT as Linux has it; write 1"
        report.problem(0, "service.workers", words)
    for server in (settings.grpc, settings.http):
        if server is not None and server.endpoint.startswith("unix:"):
            words = f"is a Unix socket, which {_WORKERS} cannot share; write host:port, or workers: 1"
            report.problem(0, server.setting, words.format(settings.workers))
    for name in sorted({name for names in settings.pipelines.values() for name in names}):
        if settings.exporters[name].kind == "file":
            words = f"is one file, which {_WORKERS} cannot write together; write workers: 1"
            report.problem(0, settings.exporters[name].setting, words.format(settings.workers))


def _check_next_hops(settings: Settings, report: Report) -> None:
    for hop in settings.exporters.values():
        for address in dict.fromkeys(addresses(hop)):
            if ours := own_receiver(settings, address):
                words = (
                    f"{address} is our own receiver ({ours}); write the address of the next hop"
                )
                report.problem(0, hop.setting, words)
    files = [hop.file.path for hop in settings.exporters.values() if hop.file is not None]
    for path in {path for path in files if files.count(path) > 1}:
        report.problem(0, "exporters", f"two of them write to {path}; give each its own file")
    for signal, names in settings.pipelines.items():
        for name in names:
            http = settings.exporters[name].http if name in settings.exporters else None
            if http is not None and http.urls and signal not in http.urls:
                words = f"has no endpoint for {signal}, which its pipeline sends; write `{signal}_endpoint:`"
                report.problem(0, f"exporters.{name}", words)


def addresses(hop: ExporterSettings) -> list[str]:
    """Every `host:port` that an exporter sends to."""
    if hop.http is not None:
        return [_address(url) for url in hop.http.urls.values()]
    listed = hop.endpoint.removeprefix("ipv4:").removeprefix("ipv6:")
    return [each for each in listed.split(",") if each]


def _address(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _check_ports(settings: Settings, report: Report) -> None:
    for (endpoint, setting), (other, other_setting) in combinations(_listeners(settings), 2):
        somewhere = endpoint.startswith("unix:") or host_and_port(endpoint)[1]
        if somewhere and same_place(endpoint, other):
            words = (
                f"{endpoint} is wanted by {other_setting} too; give one of them another port"
            )
            report.problem(0, setting, words)


def _listeners(settings: Settings) -> list[tuple[str, str]]:
    servers = (settings.grpc, settings.http, settings.health, settings.telemetry.metrics)
    return [(server.endpoint, server.setting) for server in servers if server is not None]
