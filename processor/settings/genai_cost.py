"""The one processor of this service: prices, what is written, who pays, what is counted.

Reads the `genai_cost` block. Invariant: what is left out is as `values` has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from processor.settings.block import Block
from processor.settings.client_tls import readable_file
from processor.settings.problems import Bad
from processor.settings.scalars import (
    boolean,
    choice,
    duration,
    each,
    name,
    share,
    shown,
    size,
    whole,
    words_by_name,
)
from processor.settings.terms import terms
from processor.settings.urls import headers, url
from processor.settings.values import (
    MIB,
    ApplicationCost,
    AttributionSettings,
    CountingSettings,
    Detail,
    EnrichSettings,
    ExistingCost,
    Headers,
    MetricsSettings,
    Orphans,
    PricingSettings,
    SourceFormat,
    SourceSettings,
    Temporality,
    TlsSettings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.settings.document import Node
    from processor.settings.problems import Report

KIND: Final = "processors.genai_cost"
_CONVENTIONS: Final = (
    "default",
    "semconv_draft",
    "openinference",
    "logfire",
    "signoz",
    "sentry",
    "langfuse",
)


class GenaiCost(NamedTuple):
    """What the block says."""

    pricing: PricingSettings = PricingSettings()
    enrich: EnrichSettings = EnrichSettings()
    sources: tuple[Any, ...] = ("spans",)
    attribution: AttributionSettings = AttributionSettings()
    counting: CountingSettings = CountingSettings()
    metrics: MetricsSettings = MetricsSettings()


def genai_cost(node: Node, report: Report) -> GenaiCost:
    """Read the processor's block."""
    block = Block(node, report, KIND)
    read = GenaiCost(
        pricing=_pricing(block.block("pricing")),
        enrich=_enrich(block.block("enrich")),
        sources=block.take("sources", each(choice(("spans", "logs", "metrics"))), ("spans",)),
        attribution=_attribution(block.block("attribution")),
        counting=_counting(block.block("counting")),
        metrics=_metrics(block.block("metrics")),
    )
    block.end()
    return read


def _pricing(block: Block) -> PricingSettings:
    read = PricingSettings(
        builtin=block.take("builtin", boolean, default=True),
        sources=block.take("sources", _Sources(block), ()),
        aliases=block.take("aliases", _aliases, {}),
        terms=terms(block),
        cache_directory=block.take("cache_directory", _folder, ""),
    )
    block.end()
    if not read.builtin and not read.sources:
        block.warning("no prices at all: builtin is false and there are no sources", "builtin")
    return read


class _Sources:
    """Parses the list of price sources, each with its own block."""

    def __init__(self, pricing: Block) -> None:
        self._report = pricing.report

    def __call__(self, node: Node) -> tuple[SourceSettings, ...]:
        if not isinstance(node.value, list):
            raise Bad("is not a list; write `- file: PATH` lines under it")
        return tuple(self._source(item) for item in node.value)

    def _source(self, node: Node) -> SourceSettings:
        block = Block(node, self._report, f"{KIND}.pricing.sources")
        read = SourceSettings(
            file=block.take("file", name, ""),
            url=block.take("url", url, ""),
            format=block.take("format", choice(get_args(SourceFormat)), "auto"),
            refresh_interval_s=block.take("refresh_interval", duration(low_s=1.0), 600.0),
            headers=block.take("headers", headers, Headers()),
            tls=_tls(block.block("tls")),
            timeout_s=block.take("timeout", duration(low_s=0.1, high_s=3600.0), 30.0),
            max_bytes=block.take("max_size", size(1, 64 * MIB), 64 * MIB),
            max_shrink=block.take("max_shrink", share, 0.5),
            allow_older=block.take("allow_older", boolean, default=False),
            accept_implausible=block.take("accept_implausible", boolean, default=False),
        )
        if block.has("file") == block.has("url"):
            block.problem("has to have either `file:` or `url:`; write one of them")
        _check_transport(read, block)
        block.end()
        return read


_OF_URLS: Final = ("refresh_interval", "headers", "tls", "timeout", "max_size")


def _check_transport(read: SourceSettings, block: Block) -> None:
    """Say what is written for nothing, and what others can read along."""
    if not block.has("url"):
        for key in _OF_URLS:
            if block.has(key):
                block.problem("is for a `url:`; a file is watched", key)
    elif read.url.startswith("http://"):
        if block.has("tls"):
            block.problem("is for https://; the URL begins with http://", "tls")
        if read.headers:
            words = "go over http:// where everybody on the way can read them; write https://"
            block.warning(words, "headers")


def _tls(block: Block) -> TlsSettings:
    read = TlsSettings(
        ca_file=block.take("ca_file", readable_file, ""),
        cert_file=block.take("cert_file", readable_file, ""),
        key_file=block.take("key_file", readable_file, ""),
    )
    if block.has("cert_file") != block.has("key_file"):
        block.problem("cert_file and key_file go together; write both or neither")
    block.end()
    return read


def _folder(node: Node) -> str:
    path = name(node)
    if not path.startswith("/"):
        raise Bad(f"is {shown(node)}; write a path from the root: /var/cache/genai-cost")
    return path


def _aliases(node: Node) -> Mapping[str, str]:
    aliases = words_by_name(node)
    empty = [model for model, meant in aliases.items() if not meant.strip("/ ")]
    if empty:
        names = "`, `".join(empty)
        raise Bad(f"`{names}` stands for nothing; write `{empty[0]}: provider/model`")
    return aliases


def _enrich(block: Block) -> EnrichSettings:
    read = EnrichSettings(
        existing_cost=block.take(
            "existing_cost", choice(get_args(ExistingCost)), "replace_estimates"
        ),
        detail=block.take("detail", choice(get_args(Detail)), "parts"),
        conventions=block.take("conventions", _conventions, ("default",)),
        subtree=block.take("subtree", boolean, default=False),
    )
    block.end()
    return read


def _conventions(node: Node) -> tuple[str, ...]:
    wrong: list[str] = []
    names: tuple[str, ...] = ()
    try:
        names = each(choice(_CONVENTIONS))(node)
        _once(names)
    except Bad as bad:
        wrong.append(str(bad))
    if not names and not wrong:
        wrong.append("is empty; write [default]")
    listed = node.value if isinstance(node.value, list) else []
    written = {str(one.value) for one in listed}
    if {"default", "semconv_draft"} <= written:
        wrong.append(
            "has both default and semconv_draft: a store that keeps attributes as objects cannot hold "
            "gen_ai.usage.cost beside gen_ai.usage.cost.amount; write one of them"
        )
    if wrong:
        raise Bad("; ".join(wrong))
    return names


def _attribution(block: Block) -> AttributionSettings:
    default = AttributionSettings()
    read = AttributionSettings(
        inherit=block.take("inherit", each(name), default.inherit),
        wait_s=block.take("wait", duration(), default.wait_s),
    )
    block.end()
    return read


def _counting(block: Block) -> CountingSettings:
    default = CountingSettings()
    read = CountingSettings(
        orphan_aggregates=block.take(
            "orphan_aggregates", choice(get_args(Orphans)), default.orphan_aggregates
        ),
        wait_s=block.take("wait", duration(low_s=1.0, high_s=3600.0), default.wait_s),
    )
    if block.has("wait") and read.orphan_aggregates == "ignore":
        block.warning("waits for nothing; write `orphan_aggregates: bill` with it", "wait")
    block.end()
    return read


def _metrics(block: Block) -> MetricsSettings:
    default = MetricsSettings()
    read = MetricsSettings(
        interval_s=block.take("interval", duration(low_s=0.1), default.interval_s),
        temporality=block.take("temporality", choice(get_args(Temporality)), "cumulative"),
        dimensions=block.take("dimensions", _distinct, default.dimensions),
        cardinality_limit=block.take("cardinality_limit", whole(1, 10_000_000), 2000),
        prometheus=block.take("prometheus", _on_off_auto, "auto"),
        application_cost=block.take(
            "application_cost", choice(get_args(ApplicationCost)), "keep"
        ),
    )
    block.end()
    return read


def _distinct(node: Node) -> tuple[str, ...]:
    names = each(name)(node)
    _once(names)
    return names


def _once(names: tuple[str, ...]) -> None:
    twice = sorted({word for word in names if names.count(word) > 1})
    if twice:
        raise Bad(f"names {', '.join(twice)} twice; write it once")


def _on_off_auto(node: Node) -> Any:
    """Parse `on`, `off` or `auto`; YAML 1.1 writers turn the first two into booleans."""
    if isinstance(node.value, bool):
        return "on" if node.value else "off"
    if node.value not in {"on", "off", "auto"}:
        raise Bad(f"is {shown(node)}; write on, off or auto")
    return node.value
