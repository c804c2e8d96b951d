"""The shape of the configuration: what every other room gets, frozen and already checked.

Plain values with their defaults visible; nothing here parses, reads or looks anything up. Units ride
in the names. The parts are named tuples: making those costs a fifth of what dataclasses cost at start.
Invariant: a value that exists is usable as it is, so nobody downstream checks again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from pricing.terms import NO_TERMS, Terms

if TYPE_CHECKING:
    from collections.abc import Mapping

MIB: Final = 1024 * 1024
_NO_WORDS: Final[Mapping[str, str]] = MappingProxyType({})

ExporterKind = Literal["grpc", "http", "debug", "file"]
SourceFormat = Literal["auto", "genai-cost", "openlit", "litellm", "genai-prices", "tokencost"]
ExistingCost = Literal["replace_estimates", "keep", "replace"]
Detail = Literal["cost", "parts", "full"]
Compression = Literal["gzip", "deflate", "none"]
Verbosity = Literal["basic", "normal", "detailed"]
HttpEncoding = Literal["proto", "json"]
HttpCompression = Literal["gzip", "zstd", "zlib", "deflate", "none"]
Encoding = Literal["gzip", "zstd", "zlib", "deflate"]
Balancer = Literal["round_robin", "pick_first"]
Sizer = Literal["requests", "items", "bytes"]
BatchSizer = Literal["items", "bytes"]
Orphans = Literal["ignore", "bill"]
Temporality = Literal["cumulative", "delta"]
ApplicationCost = Literal["keep", "drop"]
LogLevel = Literal["debug", "info", "warning", "error"]
LogEncoding = Literal["console", "json"]


class Headers(dict[str, str]):
    """Headers by name; what they hold is often a secret, so it is not in the `repr`."""

    def __repr__(self) -> str:
        """Return the names alone."""
        return f"Headers({', '.join(self)})"


class Secret(str):
    """Text that nobody is to read: not in a `repr`."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return no more than that there is some."""
        return "Secret()" if self else "''"


class BearerTokens(NamedTuple):
    """`bearertokenauth` for receivers: a request has one of these tokens."""

    scheme: str = "Bearer"
    header: str = "Authorization"
    tokens: tuple[Secret, ...] = ()
    filename: str = ""
    """One token a line; read again when it changes."""
    reload_interval_s: float = 1.0
    setting: str = "extensions.bearertokenauth"


class Passwords(NamedTuple):
    """`basicauth` for receivers: a request has a user and a password that belong together."""

    file: str = ""
    """As htpasswd writes it; read again when it changes."""
    inline: Secret = Secret()
    reload_interval_s: float = 1.0
    setting: str = "extensions.basicauth"


class HeaderRule(NamedTuple):
    """One header of `headers_setter`: from the sender's, or always the same."""

    key: str
    from_context: str = ""
    """A header of the sender's, in lower case."""
    value: str = ""
    default_value: str = ""


class ServerTls(NamedTuple):
    """How senders' connections are secured; senders need a certificate where there are CAs for it."""

    cert_file: str
    key_file: str
    client_ca_file: str = ""
    min_version: Literal["1.2", "1.3"] = "1.2"
    max_version: Literal["1.2", "1.3"] = "1.3"
    reload_interval_s: float = 10.0
    """How often the files are looked at; 0 for SIGHUP alone."""
    setting: str = "tls"


class ServerKeepalive(NamedTuple):
    """How long gRPC connections last; None is gRPC's own: for ever, pings after 2 h, 20 s for them."""

    max_connection_idle_s: float | None = None
    max_connection_age_s: float | None = None
    """A tenth more or less, by chance, so that replicas come to share senders."""
    max_connection_age_grace_s: float | None = None
    time_s: float | None = None
    timeout_s: float | None = None
    min_time_s: float | None = None
    """Senders that ping more often are sent away; None is 5 min."""
    permit_without_stream: bool = False


class GrpcServer(NamedTuple):
    """Where OTLP/gRPC comes in."""

    endpoint: str = "localhost:4317"
    max_recv_msg_size_mib: int = 64
    setting: str = "receivers.otlp.protocols.grpc.endpoint"
    """The setting to change when the port is taken."""
    tls: ServerTls | None = None
    auth: BearerTokens | Passwords | None = None
    include_metadata: bool = False
    """Whether headers of senders may be passed on."""
    keepalive: ServerKeepalive = ServerKeepalive()
    max_concurrent_streams: int = 0
    """Requests at once on a connection; 0 for no bound but that of the bytes in flight."""


class HttpServer(NamedTuple):
    """Where OTLP/HTTP comes in."""

    endpoint: str = "localhost:4318"
    max_request_body_size: int = 64 * MIB
    setting: str = "receivers.otlp.protocols.http.endpoint"
    compression_algorithms: tuple[Encoding, ...] = ("gzip", "zstd", "zlib", "deflate")
    """Taken beside bodies as they are."""
    paths: tuple[str, str, str] = ("/v1/traces", "/v1/metrics", "/v1/logs")
    """Where traces, metrics and logs are taken."""
    tls: ServerTls | None = None
    auth: BearerTokens | Passwords | None = None
    include_metadata: bool = False
    """Whether headers of senders may be passed on."""
    read_header_timeout_s: float = 60.0
    read_timeout_s: float = 60.0
    idle_timeout_s: float = 60.0


class HealthServer(NamedTuple):
    """Where readiness is asked for over HTTP."""

    endpoint: str = "localhost:13133"
    path: str = "/"
    setting: str = "extensions.health_check.endpoint"


class MetricsPage(NamedTuple):
    """Where Prometheus reads our own metrics and the costs."""

    host: str = "localhost"
    port: int = 8888
    setting: str = "service.telemetry.metrics"

    @property
    def endpoint(self) -> str:
        """`host:port`, an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class TlsSettings(NamedTuple):
    """How a connection is secured."""

    insecure: bool = False
    insecure_skip_verify: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    server_name_override: str = ""
    ca_pem: str = ""
    cert_pem: str = ""
    key_pem: str = Secret()
    include_system_ca_certs_pool: bool = False
    min_version: Literal["1.2", "1.3"] = "1.2"
    max_version: Literal["", "1.2", "1.3"] = ""
    reload_interval_s: float = 10.0
    """How often files are looked at for having been replaced."""


class SourceSettings(NamedTuple):
    """One source of prices; exactly one of `file` and `url` is not empty."""

    file: str = ""
    url: str = ""
    format: SourceFormat = "auto"
    refresh_interval_s: float = 600.0
    headers: Mapping[str, str] = _NO_WORDS
    tls: TlsSettings = TlsSettings()
    timeout_s: float = 30.0
    """Of a whole answer, from the look-up of the name to the last byte."""
    max_bytes: int = 64 * MIB
    """Of an answer, before and after decompression."""
    max_shrink: float = 0.5
    """The share of its rows, 0 to 1, that a new version may lose and still be taken."""
    allow_older: bool = False
    """Whether a new version may call itself older than the one in use."""
    accept_implausible: bool = False
    """Whether a price far off the built-in one is taken with a warning."""


class PricingSettings(NamedTuple):
    """Which prices hold: the built-in table, then the sources, later ones over earlier ones."""

    builtin: bool = True
    sources: tuple[SourceSettings, ...] = ()
    aliases: Mapping[str, str] = _NO_WORDS
    """Exact model id as telemetry has it -> `provider/model` or `model` as the table has it."""
    terms: Terms = NO_TERMS
    """Adjustments, rates of exchange, the second currency."""
    cache_directory: str = ""
    """Where the last good copies of fetched sources are kept; set where there is a `url`."""


class EnrichSettings(NamedTuple):
    """What is written on a span."""

    existing_cost: ExistingCost = "replace_estimates"
    detail: Detail = "parts"
    conventions: tuple[str, ...] = ("default",)
    subtree: bool = False
    """Spans above calls say what those came to."""


class AttributionSettings(NamedTuple):
    """Which attributes of an ancestor say who pays, and how long a metric waits for it."""

    inherit: tuple[str, ...] = ("user.id", "user.tier", "session.id", "gen_ai.conversation.id")
    wait_s: float = 120.0


class CountingSettings(NamedTuple):
    """What becomes of an aggregate whose calls are not seen, and how long they are waited for."""

    orphan_aggregates: Orphans = "ignore"
    wait_s: float = 120.0


class MetricsSettings(NamedTuple):
    """What is counted and how it leaves."""

    interval_s: float = 15.0
    temporality: Temporality = "cumulative"
    dimensions: tuple[str, ...] = ("user.tier",)
    cardinality_limit: int = 2000
    prometheus: Literal["on", "off", "auto"] = "auto"
    application_cost: ApplicationCost = "keep"


class RetrySettings(NamedTuple):
    """`retry_on_failure`; off, the next hop's refusal goes up to the sender."""

    enabled: bool = False
    initial_interval_s: float = 5.0
    randomization_factor: float = 0.5
    multiplier: float = 1.5
    max_interval_s: float = 30.0
    max_elapsed_time_s: float = 300.0


class StorageSettings(NamedTuple):
    """`file_storage`: where queues that last are kept."""

    directory: str = "/var/lib/genai-cost/queue"
    create_directory: bool = True
    fsync: bool = True
    """Whether a request is on the disk before its sender hears that it is taken."""
    setting: str = "extensions.file_storage.directory"


class BatchSettings(NamedTuple):
    """`sending_queue.batch`: several requests leave as one; sizes are in units of `sizer`."""

    flush_timeout_s: float = 0.2
    """What the first of them waits at most."""
    min_size: int = 8192
    """Large enough to leave at once."""
    max_size: int = 0
    """What is not exceeded, but by a single request; 0 for no such bound."""
    sizer: BatchSizer = "items"


class QueueSettings(NamedTuple):
    """`sending_queue`; off, an acknowledgement means that the next hop has the data."""

    enabled: bool = False
    num_consumers: int = 10
    queue_size: int = 1000
    sizer: Sizer = "requests"
    block_on_overflow: bool = False
    wait_for_result: bool = False
    batch: BatchSettings | None = None
    storage: str = ""
    """The id of a `file_storage` extension; empty for a queue in memory."""
    place: StorageSettings | None = None
    """What that extension says."""


class KeepaliveSettings(NamedTuple):
    """Pings on a connection at rest."""

    time_s: float = 10.0
    timeout_s: float = 10.0
    permit_without_stream: bool = False


class HttpDetails(NamedTuple):
    """What only OTLP/HTTP has."""

    urls: Mapping[str, str]
    """By signal."""
    encoding: HttpEncoding = "proto"
    level: int | None = None
    """Of compression; None for the library's own."""
    proxies: Mapping[str, str] = _NO_WORDS
    """By URL, where it is asked through one; a `Headers`, since a proxy's URL may hold a password."""
    max_connections: int = 0
    idle_s: float = 90.0


class RotationSettings(NamedTuple):
    """When a file is full, and how many full ones are kept; the Collector's defaults."""

    max_bytes: int = 100 * MIB
    max_days: int = 0
    """How old a full one may be; 0 for any age."""
    max_backups: int = 100
    """0 for all."""
    localtime: bool = False
    """Whether their names have local time, not UTC."""


class FileDetails(NamedTuple):
    """What only the `file` exporter has."""

    path: str
    format: Literal["json", "proto"] = "json"
    append: bool = False
    compression: Literal["", "zstd"] = ""
    """Of each record by itself."""
    rotation: RotationSettings | None = None
    create_directory: bool = False


class ClientAuth(NamedTuple):
    """`bearertokenauth` or `basicauth` of an exporter: who it says it is."""

    kind: Literal["bearer", "basic"]
    secret: Secret = Secret()
    """The token or the password, where it is written out."""
    secret_file: str = ""
    """Where it is read from, again once it changes."""
    username: str = ""
    username_file: str = ""
    scheme: str = "Bearer"
    header: str = "authorization"
    setting: str = "extensions"


class ExporterSettings(NamedTuple):
    """One next hop. `endpoint` is `host:port` for gRPC, a URL for HTTP, and empty for the others."""

    name: str
    kind: ExporterKind
    endpoint: str = ""
    headers: Mapping[str, str] = _NO_WORDS
    compression: HttpCompression = "gzip"
    """Over gRPC one that gRPC has."""
    timeout_s: float = 5.0
    tls: TlsSettings = TlsSettings()
    retry_on_failure: RetrySettings = RetrySettings()
    sending_queue: QueueSettings = QueueSettings()
    keepalive: KeepaliveSettings | None = None
    balancer_name: Balancer = "round_robin"
    authority: str = ""
    wait_for_ready: bool = False
    temporality: Temporality | None = None
    """Of derived metrics by this exporter; None means as `metrics.temporality` says."""
    verbosity: Verbosity = "basic"
    http: HttpDetails | None = None
    """Of an HTTP next hop alone."""
    file: FileDetails | None = None
    """Of a file alone."""
    auth: ClientAuth | None = None
    header_rules: tuple[HeaderRule, ...] = ()
    """What it passes on of the senders' headers."""
    setting: str = ""
    """What to change when the next hop is wrong: a path in the file, or a variable."""


class TelemetrySettings(NamedTuple):
    """What the service says about itself."""

    metrics: MetricsPage | None = MetricsPage()
    log_level: LogLevel = "info"
    log_encoding: LogEncoding = "console"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration, read once, never changed.

    `pipelines` has the exporters of each signal that has a pipeline (a `processor.model.Signal` finds
    its own: it is text); a signal without one is refused. Every name in it is in `exporters`.
    """

    grpc: GrpcServer | None = field(default_factory=GrpcServer)
    http: HttpServer | None = field(default_factory=HttpServer)
    pricing: PricingSettings = field(default_factory=PricingSettings)
    enrich: EnrichSettings = field(default_factory=EnrichSettings)
    sources: tuple[Literal["spans", "logs", "metrics"], ...] = ("spans",)
    attribution: AttributionSettings = field(default_factory=AttributionSettings)
    counting: CountingSettings = field(default_factory=CountingSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    exporters: Mapping[str, ExporterSettings] = field(
        default_factory=dict[str, ExporterSettings]
    )
    pipelines: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    prices_spans: bool = True
    """Whether `genai_cost` stands in the traces pipeline; spans pass unpriced where it does not."""
    health: HealthServer | None = field(default_factory=HealthServer)
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
    workers: int = 1
    shutdown_delay_s: float = 0.0
    """How long it serves on after it was asked to stop, not ready any more."""
    admission_bytes: int = 256 * MIB
    """Bound of the bytes of all requests being worked on at once."""
    warnings: tuple[str, ...] = ()
    """To be logged once at start."""
    origin: str = ""
    """Where this came from, for the line at start: a path, or words for the environment."""
