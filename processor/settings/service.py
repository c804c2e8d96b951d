"""The `service` block: extensions, pipelines, and what the service says about itself.

Reads what is written; whether the ids in it exist is for `config` to say.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.settings.block import Block
from processor.settings.cores import usable_cores
from processor.settings.endpoints import host_and_port, listen_address
from processor.settings.problems import Bad, nearest
from processor.settings.scalars import duration, each, name, shown, text, whole
from processor.settings.values import LogEncoding, LogLevel, MetricsPage, TelemetrySettings

if TYPE_CHECKING:
    from processor.settings.document import Node

MOST_DELAY_S: Final = 3600.0
SIGNALS: Final = ("traces", "metrics", "logs")
_LEVELS: Final[dict[str, LogLevel]] = {
    "debug": "debug",
    "info": "info",
    "warn": "warning",
    "warning": "warning",
    "error": "error",
}
_METRIC_LEVELS: Final = ("none", "basic", "normal", "detailed")


class Pipeline(NamedTuple):
    """One pipeline as it is written: ids by role, with its node for messages."""

    signal: str
    block: Block
    receivers: tuple[str, ...]
    processors: tuple[str, ...]
    exporters: tuple[str, ...]


class Service(NamedTuple):
    """What the block says."""

    block: Block
    extensions: tuple[str, ...]
    pipelines: tuple[Pipeline, ...]
    telemetry: TelemetrySettings
    workers: int
    shutdown_delay_s: float


def service(block: Block) -> Service:
    """Read the service's block."""
    read = Service(
        block=block,
        extensions=block.take("extensions", each(name), ()),
        pipelines=_pipelines(block.block("pipelines")),
        telemetry=_telemetry(block.block("telemetry")),
        workers=block.take("workers", _workers, 1),
        shutdown_delay_s=block.take("shutdown_delay", duration(0, MOST_DELAY_S), 0.0),
    )
    block.end()
    return read


def _pipelines(block: Block) -> tuple[Pipeline, ...]:
    read: list[Pipeline] = []
    for pipeline, node in block.entries():
        signal, slash, _ = pipeline.partition("/")
        if signal not in SIGNALS:
            block.problem(_no_signal(signal), pipeline)
        elif slash:
            words = f"a second pipeline waits for a later release; list all its exporters in `{signal}`"
            block.problem(words, pipeline)
        else:
            read.append(_pipeline(signal, Block(node, block.report, "service.pipelines.*")))
    if not read and not block.entries():
        block.problem("has no pipeline; write `traces: {receivers: [otlp], ...}`")
    return tuple(read)


def _no_signal(written: str) -> str:
    near = nearest(written, SIGNALS)
    hint = f"did you mean `{near}`?" if near else f"pipelines here: {', '.join(SIGNALS)}"
    return f"is not a signal of this service; {hint}"


def _pipeline(signal: str, block: Block) -> Pipeline:
    read = Pipeline(
        signal=signal,
        block=block,
        receivers=block.take("receivers", each(name), ()),
        processors=block.take("processors", each(name), ()),
        exporters=block.take("exporters", each(name), ()),
    )
    for role, ids in (("receivers", read.receivers), ("exporters", read.exporters)):
        if not ids:
            block.problem(f"has no {role}; write `{role}: [...]`", role)
    block.end()
    return read


def _workers(node: Node) -> int:
    if node.value == "auto":  # elsewhere several cannot share a port
        return usable_cores() if sys.platform == "linux" else 1
    try:
        return whole(1, 1024)(node)
    except Bad as bad:
        raise Bad(f"{bad}, or auto") from None


def _telemetry(block: Block) -> TelemetrySettings:
    logs = block.block("logs")
    read = TelemetrySettings(
        metrics=_metrics(block.block("metrics")),
        log_level=logs.take("level", _level, "info"),
        log_encoding=logs.take("encoding", _encoding, "console"),
    )
    logs.end()
    block.end()
    return read


def _level(node: Node) -> LogLevel:
    level = _LEVELS.get(text(node).lower())
    if level is None:
        raise Bad(f"is {shown(node)}; write debug, info, warn or error")
    return level


def _encoding(node: Node) -> LogEncoding:
    match text(node):
        case "console":
            return "console"
        case "json":
            return "json"
        case _:
            raise Bad(f"is {shown(node)}; write console or json")


def _metrics(block: Block) -> MetricsPage | None:
    """Read where our page is: `readers`, or `address` as the short form; `level: none` for no page."""
    path = block.node.path
    default = MetricsPage(setting=path)
    page = block.take("address", _address, default)
    readers = block.child("readers")
    level = block.take("level", text, "normal").lower()
    if level not in _METRIC_LEVELS:
        block.problem(f"is {level!a}; write none, basic, normal or detailed", "level")
    if readers is not None and block.has("address"):
        block.problem(
            "stands beside `readers`, which says the same; write one of them", "address"
        )
    block.end()
    pages = [page] if readers is None else _readers(readers, block)
    if level == "none" or not pages:
        return None
    return pages[0]._replace(setting=path)


def _address(node: Node) -> MetricsPage:
    host, port = host_and_port(listen_address(node))
    return MetricsPage(host=host, port=port)


def _readers(node: Node, metrics: Block) -> list[MetricsPage]:
    items = node.value if isinstance(node.value, list) else []
    if not isinstance(node.value, list | None):
        metrics.problem(
            "is not a list; write [{pull: {exporter: {prometheus: {}}}}]", "readers"
        )
    if len(items) > 1:
        metrics.problem("has several; one page is all there is, write one", "readers")
    return [
        _reader(Block(item, metrics.report, f"{metrics.kind}.readers")) for item in items[:1]
    ]


def _reader(block: Block) -> MetricsPage:
    exporter = block.block("pull").block("exporter")
    prometheus = exporter.block("prometheus")
    page = MetricsPage(
        host=prometheus.take("host", text, "localhost"),
        port=prometheus.take("port", whole(0, 65535), 8888),
    )
    if not exporter.has("prometheus") and not block.has("periodic"):
        exporter.problem(
            "has no `prometheus`; write {pull: {exporter: {prometheus: {port: 8888}}}}"
        )
    for each_block in (prometheus, exporter, block):
        each_block.end()
    return page
