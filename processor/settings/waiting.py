"""What this release refuses because it is not built yet, as data; the documents are made from it.

A key is a path in the configuration with types for ids (`exporters.otlp_grpc.auth`). Invariant: what
asks for something we cannot do is refused; defaults and values that ask for nothing are accepted.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class Waits(NamedTuple):
    """One thing that waits for a later release."""

    meanwhile: str
    """What to write or do until then; the end of the sentence in the error."""
    nothing: tuple[Any, ...] = ()
    """Values that ask for nothing, beside those that never do (`_NOTHING`, `enabled: false`)."""
    only: tuple[Any, ...] = ()
    """Where given, these values wait, alone or in a list; every other is the reader's to judge."""
    some_of: tuple[Any, ...] = ()
    """A list of some of these asks for no more than the default does."""
    unless_empty: str = ""
    """A key beside it; where that is written as an empty list, there is nothing this could ask for."""


_NOTHING: Final[tuple[Any, ...]] = (None, False, "", 0, "0", "0s", [], {})
_FRONT: Final = "meanwhile leave it out; a Collector in front can do it"
_LEAVE_OUT: Final = "meanwhile leave it out"
_GRPC: Final = "receivers.otlp.protocols.grpc"
_HTTP: Final = "receivers.otlp.protocols.http"
_OUT: Final = ("exporters.otlp_grpc", "exporters.otlp_http")
_TLS: Final = {
    "cert_pem": "meanwhile write `cert_file:`",
    "key_pem": "meanwhile write `key_file:`",
    "cipher_suites": _LEAVE_OUT,
    "curve_preferences": _LEAVE_OUT,
    "tpm": _LEAVE_OUT,
}
_COST: Final = "processors.genai_cost"

WAITING: Final[dict[str, Waits]] = {
    # in
    f"{_GRPC}.tls.min_version": Waits("meanwhile leave it out: 1.2 and 1.3", only=("1.3", 1.3)),
    f"{_GRPC}.tls.max_version": Waits("meanwhile leave it out: 1.2 and 1.3", only=("1.2", 1.2)),
    **{f"{door}.tls.{key}": Waits(how) for door in (_GRPC, _HTTP) for key, how in _TLS.items()},
    f"{_GRPC}.middlewares": Waits(_LEAVE_OUT),
    f"{_HTTP}.cors": Waits(_FRONT),
    f"{_HTTP}.response_headers": Waits(_LEAVE_OUT),
    f"{_HTTP}.middlewares": Waits(_LEAVE_OUT),
    # genai_cost
    f"{_COST}.pricing.sources.tls.insecure_skip_verify": Waits(
        "meanwhile write `ca_file:` with its certificate"
    ),
    f"{_COST}.pricing.sources.proxy_url": Waits("meanwhile let a file be fetched by what can"),
    f"{_COST}.attribution.inherit": Waits(
        "meanwhile leave it out, and let a baggage span processor put these on every span",
        some_of=("user.id", "user.tier", "session.id", "gen_ai.conversation.id"),
    ),
    f"{_COST}.attribution.wait": Waits(
        "meanwhile leave it out", nothing=("2m", "120s", "2m0s"), unless_empty="inherit"
    ),
    f"{_COST}.metrics.application_cost": Waits("meanwhile write keep", only=("drop",)),
    f"{_COST}.metrics.resource_attributes": Waits(
        "meanwhile leave it out: service.name, .namespace, .version, "
        "deployment.environment.name and k8s.* but for what names a pod"
    ),
    # out
    "exporters.file.encoding": Waits("meanwhile write `format:` json or proto"),
    "exporters.file.group_by": Waits(_LEAVE_OUT),
    "exporters.file.directory_permissions": Waits("meanwhile make the directory beforehand"),
    "exporters.file.sending_queue": Waits("meanwhile leave it out: a file is written at once"),
    **{
        f"{out}.{key}": waits
        for out in _OUT
        for key, waits in {
            "batcher": Waits(_LEAVE_OUT),
            "middlewares": Waits(_LEAVE_OUT),
            "tls.cipher_suites": Waits(_LEAVE_OUT),
            "tls.curve_preferences": Waits(_LEAVE_OUT),
            "tls.tpm": Waits(_LEAVE_OUT),
        }.items()
    },
    "exporters.otlp_http.cookies": Waits(_LEAVE_OUT),
    "exporters.otlp_http.profiles_endpoint": Waits(_LEAVE_OUT),
    # service
    "extensions.headers_setter.headers.action": Waits(
        "meanwhile write upsert", only=("update", "delete")
    ),
    "extensions.headers_setter.headers.from_attribute": Waits(
        "meanwhile write `from_context:` with the header it came in"
    ),
    "extensions.headers_setter.additional_auth": Waits(
        "meanwhile write `headers:` on the exporter"
    ),
    "extensions.health_check.tls": Waits(_LEAVE_OUT),
    "extensions.health_check.auth": Waits(_LEAVE_OUT),
    "extensions.health_check.cors": Waits(_LEAVE_OUT),
    "extensions.health_check.response_body": Waits(_LEAVE_OUT),
    "extensions.health_check.check_collector_pipeline": Waits(_LEAVE_OUT),
    "service.telemetry.traces": Waits(_LEAVE_OUT),
    "service.telemetry.resource": Waits(_LEAVE_OUT),
    "service.telemetry.metrics.views": Waits(_LEAVE_OUT),
    "service.telemetry.metrics.readers.periodic": Waits(
        "meanwhile let a Collector read the Prometheus page"
    ),
    "service.telemetry.logs.processors": Waits("meanwhile read the logs from stderr"),
    "service.telemetry.logs.output_paths": Waits(
        "meanwhile redirect stderr", nothing=(["stderr"],)
    ),
    "service.telemetry.logs.error_output_paths": Waits(
        "meanwhile redirect stderr", nothing=(["stderr"],)
    ),
    "service.telemetry.logs.initial_fields": Waits(_LEAVE_OUT),
}

_BUFFERS: Final = "gRPC sizes its own buffers"
_SOCKETS: Final = "the system sizes its own buffers"
_IDLE: Final = "write `max_conns_per_host` or `idle_conn_timeout`"
_HTTP_1: Final = "requests are sent over HTTP/1.1"
_CLIENTS: Final = "senders are checked by `client_ca_file`, which is read again when it changes"
_CA_KEYS: Final = ("ca_file", "ca_pem", "include_system_ca_certs_pool")
_APART: Final = "what the next hop is to see with other headers is never in one batch"
_PAGE: Final = "the page has the Collector's default form"

# Accepted with a warning: what they tune is not there to be tuned.
WITHOUT_EFFECT: Final[dict[str, str]] = {
    **{f"{door}.tls.{key}": _CLIENTS for door in (_GRPC, _HTTP) for key in _CA_KEYS},
    f"{_GRPC}.read_buffer_size": _BUFFERS,
    f"{_GRPC}.write_buffer_size": _BUFFERS,
    f"{_HTTP}.write_timeout": "an answer is a few bytes",
    f"{_HTTP}.keep_alives_enabled": "connections are kept as long as senders keep them",
    "exporters.otlp_grpc.read_buffer_size": _BUFFERS,
    "exporters.otlp_grpc.write_buffer_size": _BUFFERS,
    "exporters.otlp_grpc.sending_queue.batch.partition": _APART,
    "exporters.otlp_http.sending_queue.batch.partition": _APART,
    "exporters.otlp_http.read_buffer_size": _SOCKETS,
    "exporters.otlp_http.write_buffer_size": _SOCKETS,
    "exporters.otlp_http.max_idle_conns": _IDLE,
    "exporters.otlp_http.max_idle_conns_per_host": _IDLE,
    "exporters.otlp_http.http2_read_idle_timeout": _HTTP_1,
    "exporters.otlp_http.http2_ping_timeout": _HTTP_1,
    "exporters.otlp_http.force_attempt_http2": _HTTP_1,
    "exporters.file.flush_interval": "each request is written before it is acknowledged",
    "extensions.file_storage.timeout": "a file that is in use is an error after a second",
    "extensions.file_storage.compaction": "room that is free is used again, and given back at the end",
    "extensions.file_storage.recreate": "a damaged file is moved aside and read as far as it goes",
    "extensions.file_storage.directory_permissions": "only this user reads and writes it",
    "exporters.debug.sampling_initial": "every priced call is a line",
    "exporters.debug.sampling_thereafter": "every priced call is a line",
    "exporters.debug.use_internal_logger": "lines go to standard output",
    "exporters.debug.output_paths": "lines go to standard output",
    "processors.memory_limiter.check_interval": "bytes in flight are counted, not sampled",
    "processors.memory_limiter.spike_limit_mib": "`limit_mib` alone bounds the bytes in flight",
    "processors.memory_limiter.limit_percentage": "write `limit_mib`; the bound is 256 MiB",
    "processors.memory_limiter.spike_limit_percentage": "write `limit_mib`; the bound is 256 MiB",
    "processors.memory_limiter.min_gc_interval_when_soft_limited": "nothing is collected by force",
    "processors.memory_limiter.min_gc_interval_when_hard_limited": "nothing is collected by force",
    "processors.batch.timeout": "requests go on as they come",
    "processors.batch.send_batch_size": "requests go on as they come",
    "processors.batch.send_batch_max_size": "requests go on as they come",
    "processors.batch.metadata_keys": "requests go on as they come",
    "processors.batch.metadata_cardinality_limit": "requests go on as they come",
    "service.telemetry.logs.development": "there is one form of log",
    "service.telemetry.logs.disable_caller": "log lines name no caller",
    "service.telemetry.logs.disable_stacktrace": "log lines have no stack",
    "service.telemetry.logs.sampling": "what happens often is counted, not logged",
    "service.telemetry.metrics.readers.pull.exporter.prometheus.without_scope_info": _PAGE,
    "service.telemetry.metrics.readers.pull.exporter.prometheus.without_units": _PAGE,
    "service.telemetry.metrics.readers.pull.exporter.prometheus.without_type_suffix": _PAGE,
    "service.telemetry.metrics.readers.pull.exporter.prometheus.with_resource_constant_labels": _PAGE,
}


def asks_for_something(waits: Waits, value: Any) -> bool:
    """Whether *value*, plain data from the file, asks for what waits."""
    if waits.only:
        return any(word in _items(value) for word in waits.only)
    if waits.some_of and isinstance(value, list):
        return any(word not in waits.some_of for word in _items(value))
    if isinstance(value, dict) and "enabled" in value:
        return value != {**value, "enabled": False}
    return not any(value == harmless for harmless in (*_NOTHING, *waits.nothing))


def _items(value: Any) -> list[Any]:
    return [*value] if isinstance(value, list) else [value]
