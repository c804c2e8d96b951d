"""The whole file: each section read by its own module, then joined by what the pipelines name.

Invariant: every id in the settings is defined; every defined id that nobody names is a warning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from processor.settings.block import Block
from processor.settings.checks import cross_checks
from processor.settings.exporters import exporter
from processor.settings.extensions import extensions
from processor.settings.genai_cost import GenaiCost, genai_cost
from processor.settings.ids import defined, type_of
from processor.settings.limits import admission_bytes, batch
from processor.settings.problems import nearest
from processor.settings.receivers import otlp_receiver
from processor.settings.service import Service, service
from processor.settings.storage import with_storage
from processor.settings.values import Settings

if TYPE_CHECKING:
    from processor.settings.document import Node
    from processor.settings.problems import Report
    from processor.settings.service import Pipeline

    Components = dict[str, tuple[str, Node]]

_SECTIONS = ("receivers", "processors", "exporters", "extensions", "connectors")
_ROLES = ("receivers", "processors", "exporters")


class _File(NamedTuple):
    """The file's sections, and the ids that its service names in each."""

    sections: dict[str, Components]
    blocks: dict[str, Block]
    service: Service

    def used(self, section: str) -> list[str]:
        """Return the defined ids of a section that something names, in the order of the file."""
        named = set(self.named(section))
        return [component for component in self.sections[section] if component in named]

    def named(self, section: str) -> tuple[str, ...]:
        if section == "extensions":
            return self.service.extensions
        if section == "connectors":
            return ()
        named = (getattr(pipeline, section) for pipeline in self.service.pipelines)
        return tuple(component for components in named for component in components)


def settings_of(root: Node, report: Report) -> Settings:
    """Return what the file says; where *report* has problems it is not to be used."""
    top = Block(root, report, "")
    blocks = {section: top.block(section) for section in _SECTIONS}
    sections = {section: defined(blocks[section], section) for section in _SECTIONS}
    if not top.has("service"):
        top.problem("has no `service`, which says what runs; write service: {pipelines: ...}")
    file = _File(sections, blocks, service(top.block("service")))
    top.end()
    _check_names(file, report)
    settings = _joined(file, report)
    _check_sources(file, settings)
    cross_checks(settings, report)
    return settings


def _joined(file: _File, report: Report) -> Settings:
    otlp = [node for _, node in file.sections["receivers"].values()]
    ours = extensions(file.sections["extensions"], file.service.extensions, report)
    grpc, http = otlp_receiver(otlp[0], report, ours) if otlp else (None, None)
    cost = _genai_cost(file, report)
    exporters = {
        component: exporter(component, kind, node, report, ours)
        for component, (kind, node) in file.sections["exporters"].items()
    }
    exporters = with_storage(exporters, ours.storages, file.blocks["exporters"])
    return Settings(
        grpc=grpc,
        http=http,
        **cost._asdict(),
        exporters={component: exporters[component] for component in file.used("exporters")},
        pipelines={pipeline.signal: pipeline.exporters for pipeline in file.service.pipelines},
        prices_spans=_prices_spans(file),
        health=ours.health,
        telemetry=file.service.telemetry,
        workers=file.service.workers,
        shutdown_delay_s=file.service.shutdown_delay_s,
        admission_bytes=_limits(file, report),
        origin=report.origin,
    )


def _genai_cost(file: _File, report: Report) -> GenaiCost:
    found = [
        node for kind, node in file.sections["processors"].values() if kind == "genai_cost"
    ]
    for node in found[1:]:
        report.problem(
            node.line, node.path, "there is one genai_cost; write all of it in one block"
        )
    return genai_cost(found[0], report) if found else GenaiCost()


def _limits(file: _File, report: Report) -> int:
    used = file.used("processors")
    limit = Settings().admission_bytes
    for component, (kind, node) in file.sections["processors"].items():
        if kind == "batch":
            batch(node, report, used=component in used)
        elif kind == "memory_limiter":
            bound = admission_bytes(node, report, limit)
            limit = bound if component in used else limit
    return limit


def _prices_spans(file: _File) -> bool:
    traces = [pipeline for pipeline in file.service.pipelines if pipeline.signal == "traces"]
    priced = any(
        type_of("processors", component) == "genai_cost"
        for pipeline in traces
        for component in pipeline.processors
    )
    if not traces:
        file.service.block.warning(
            "there is no traces pipeline, so nothing is priced", "pipelines"
        )
    elif not priced:
        words = "genai_cost is not in this pipeline, so spans pass without a cost"
        traces[0].block.warning(words)
    return priced


def _check_names(file: _File, report: Report) -> None:
    """Every id named is defined, once a list; every id defined is named."""
    for pipeline in file.service.pipelines:
        for role in _ROLES:
            _check_list(file, pipeline, role)
    missing = set(file.service.extensions) - set(file.blocks["extensions"].names)
    for component in sorted(missing):
        file.service.block.problem(_undefined("extensions", component, file), "extensions")
    if len(file.sections["receivers"]) > 1:
        file.blocks["receivers"].problem(
            "there is one otlp receiver; write all of it in one block"
        )
    for section in _SECTIONS:
        for component in file.sections[section].keys() - set(file.named(section)):
            node = file.sections[section][component][1]
            report.warning(
                node.line, node.path, "is defined but no pipeline or service uses it"
            )


def _check_sources(file: _File, settings: Settings) -> None:
    """What says of log records and metrics that they are billed, and what only seems to."""
    for pipeline in file.service.pipelines:
        signal = pipeline.signal
        named = any(each.startswith("genai_cost") for each in pipeline.processors)
        if named and signal != "traces" and signal not in settings.sources:
            words = f"genai_cost does nothing in the {signal} pipeline: its `sources` do not name it"
            pipeline.block.warning(words, "processors")
    for signal in settings.sources:
        if signal != "spans" and signal not in settings.pipelines:
            words = f"genai_cost.sources names {signal}, but there is no {signal} pipeline"
            file.service.block.warning(words, "pipelines")


def _check_list(file: _File, pipeline: Pipeline, role: str) -> None:
    named: tuple[str, ...] = getattr(pipeline, role)
    for component in dict.fromkeys(named):
        if component not in file.blocks[role].names:
            pipeline.block.problem(_undefined(role, component, file), role)
        if named.count(component) > 1:
            pipeline.block.problem(f"names `{component}` twice; write it once", role)


def _undefined(section: str, component: str, file: _File) -> str:
    near = nearest(component, file.blocks[section].names)
    hint = f"did you mean `{near}`?" if near else f"define it there: `{component}: {{}}`"
    return f"names `{component}`, which `{section}` does not define; {hint}"
