"""No file: `OTEL_EXPORTER_OTLP_*` choose the next hop; without them `debug` prints each priced call.

https://opentelemetry.io/docs/specs/otel/protocol/exporter/ says what the variables mean. Invariant:
a signal has a next hop, or no pipeline at all; never is one taken and dropped beside a real one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from processor.settings.checks import cross_checks
from processor.settings.client_tls import readable_file
from processor.settings.document import Node, typed
from processor.settings.endpoints import target_of
from processor.settings.exporter_http import signal_urls
from processor.settings.exporters import headers as grpc_headers
from processor.settings.problems import Bad
from processor.settings.scalars import boolean, whole
from processor.settings.service import SIGNALS
from processor.settings.urls import shown, url
from processor.settings.values import ExporterSettings, HttpDetails, Settings, TlsSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from processor.settings.problems import Report
    from processor.settings.values import HttpEncoding

    T = TypeVar("T")

_PREFIX: Final = "OTEL_EXPORTER_OTLP_"
_NAMES: Final[dict[str, str]] = {"grpc": "otlp_grpc", "http": "otlp_http"}


def settings_from(environ: Mapping[str, str], report: Report) -> Settings:
    """Return the embedded defaults with the next hop that the environment names."""
    hops = {signal: _hop(_Variables(environ, signal, report)) for signal in SIGNALS}
    found = {signal: hop for signal, hop in hops.items() if hop is not None}
    if not found:
        return _printing(environ, report)
    if len(found) < len(SIGNALS):
        missing = ", ".join(signal for signal in SIGNALS if signal not in found)
        words = (
            f"names no next hop for {missing}, which are refused; set {_PREFIX}ENDPOINT for all"
        )
        report.warning(0, f"{_PREFIX}*", words)
    exporters, pipelines = _named(found)
    settings = Settings(exporters=exporters, pipelines=pipelines, origin="the environment")
    cross_checks(settings, report)
    return settings


def _printing(environ: Mapping[str, str], report: Report) -> Settings:
    for name in sorted(environ):
        if name.startswith(_PREFIX) and environ[name] and not name.endswith("PROTOCOL"):
            words = (
                f"has no effect without {_PREFIX}ENDPOINT; calls are printed and kept nowhere"
            )
            report.warning(0, name, words)
    return Settings(
        exporters={"debug": ExporterSettings(name="debug", kind="debug", setting="debug")},
        pipelines=dict.fromkeys(SIGNALS, ("debug",)),
        origin="the embedded defaults",
    )


def _named(
    hops: Mapping[str, ExporterSettings],
) -> tuple[dict[str, ExporterSettings], dict[str, tuple[str, ...]]]:
    """One exporter where all signals go the same way, one a signal otherwise."""
    first = next(iter(hops.values()))
    if all(_same(hop, first) for hop in hops.values()):
        return {first.name: first}, dict.fromkeys(hops, (first.name,))
    names = {signal: f"{hop.name}/{signal}" for signal, hop in hops.items()}
    exporters = {
        names[signal]: hop._replace(name=names[signal]) for signal, hop in hops.items()
    }
    return exporters, {signal: (name,) for signal, name in names.items()}


def _same(one: ExporterSettings, other: ExporterSettings) -> bool:
    return one._replace(setting="") == other._replace(setting="")


class _Variables:
    """The variables of one signal: its own form first, then the general one."""

    def __init__(self, environ: Mapping[str, str], signal: str, report: Report) -> None:
        self._environ = environ
        self.signal = signal
        self._signal = f"{_PREFIX}{signal.upper()}_"
        self._report = report

    def name(self, word: str) -> str:
        """Return the variable that says *word*, or empty text where none is set."""
        for name in (f"{self._signal}{word}", f"{_PREFIX}{word}"):
            if self._environ.get(name, "").strip():
                return name
        return ""

    def own(self, word: str) -> bool:
        """Whether the signal's own form says it."""
        return self.name(word).startswith(self._signal)

    def text(self, word: str) -> str:
        """Return what the variable holds, or empty text."""
        name = self.name(word)
        return self._environ[name].strip() if name else ""

    def take(self, word: str, parse: Callable[[Node], T], default: T) -> T:
        """Return the parsed value; what is wrong is reported once for all signals."""
        name, text = self.name(word), self.text(word)
        if not name:
            return default
        try:
            return parse(Node(typed(text), 0, name, text))
        except Bad as bad:
            self.problem(name, str(bad))
            return default

    def problem(self, name: str, words: str) -> None:
        """Report what is wrong with a variable; three signals that say the same are one line."""
        self._report.problem(0, name, words)


def _hop(variables: _Variables) -> ExporterSettings | None:
    written = variables.text("ENDPOINT")
    if not written:
        return None
    setting = variables.name("ENDPOINT")
    http = _is_http(variables, written)
    insecure = variables.take("INSECURE", _boolean, default=False)
    scheme = written.partition("://")[0].lower() if "://" in written else ""
    pair = [
        variables.take(f"CLIENT_{word}", readable_file, "") for word in ("CERTIFICATE", "KEY")
    ]
    if bool(pair[0]) is not bool(pair[1]):
        name = variables.name("CLIENT_CERTIFICATE") or variables.name("CLIENT_KEY")
        variables.problem(name, "CLIENT_CERTIFICATE and CLIENT_KEY go together; set both")
    read = ExporterSettings(
        name=_NAMES["http" if http else "grpc"],
        kind="http" if http else "grpc",
        endpoint="" if http else variables.take("ENDPOINT", _address, ""),
        headers=variables.take("HEADERS", _headers, {}),
        compression="gzip"
        if variables.take("COMPRESSION", _compression, "none") == "gzip"
        else "none",
        timeout_s=variables.take("TIMEOUT", whole(1, 86_400_000), 10_000) / 1000,
        tls=TlsSettings(
            insecure=scheme == "http" or (not scheme and insecure),
            ca_file=variables.take("CERTIFICATE", readable_file, ""),
            cert_file=pair[0],
            key_file=pair[1],
        ),
        setting=setting,
    )
    return _over_http(read, variables) if http else read


def _over_http(read: ExporterSettings, variables: _Variables) -> ExporterSettings:
    """A signal's own variable is its whole URL; the general one is what its path stands below."""
    base = variables.take("ENDPOINT", url, "")
    own = variables.own("ENDPOINT")
    urls = signal_urls("" if own else base, {variables.signal: base} if own else {})
    one = {signal: each for signal, each in urls.items() if signal == variables.signal}
    encoding: HttpEncoding = "json" if variables.text("PROTOCOL") == "http/json" else "proto"
    return read._replace(
        endpoint=shown(base) if base else "",
        tls=read.tls._replace(insecure=not base.startswith("https:")),
        http=HttpDetails(urls=urls if not own else one, encoding=encoding),
    )


def _is_http(variables: _Variables, endpoint: str) -> bool:
    """Whether the protocol is OTLP/HTTP: as it is said, else by the port that everybody gives it."""
    protocol = variables.text("PROTOCOL")
    if protocol not in {"", "grpc", "http/protobuf", "http/json"}:
        words = f"is {ascii(protocol)[:60]}, which is no OTLP protocol; write grpc, http/protobuf or http/json"
        variables.problem(variables.name("PROTOCOL"), words)
    if not protocol:
        return "://" in endpoint and urlsplit(endpoint).netloc.endswith(":4318")
    return protocol.startswith("http/")


def _address(node: Node) -> str:
    """Parse the endpoint; the specification has URLs, whose path gRPC does not use."""
    scheme, separator, rest = node.text.partition("://")
    if not separator:
        return target_of(node.text, node).address
    host = rest.partition("/")[0]
    bare = host.rpartition("]")[2]
    port = "" if ":" in bare else ":443" if scheme.lower() == "https" else ":4317"
    return target_of(f"{scheme}://{host}{port}", node).address


def _headers(node: Node) -> Mapping[str, str]:
    """Parse `name=value,name=value`, values percent-encoded."""
    pairs: dict[str, Node] = {}
    for entry in filter(None, (piece.strip() for piece in node.text.split(","))):
        key, separator, value = entry.partition("=")
        if not separator:
            raise Bad("is not name=value,name=value; write it so, values percent-encoded")
        decoded = unquote(value.strip())
        pairs[unquote(key.strip())] = Node(decoded, 0, node.path, decoded)
    return grpc_headers(Node(dict(pairs), 0, node.path))


def _compression(node: Node) -> str:
    if node.text not in {"gzip", "none"}:
        raise Bad("is neither gzip nor none; write one of them")
    return node.text


def _boolean(node: Node) -> bool:
    return boolean(Node(typed(node.text.lower()), 0, node.path, node.text))
