"""The price sources of a configuration, as the book and the fetching want them; nothing is opened.

Loads neither gRPC nor, where there is no URL, anything of HTTP.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pricing import PriceBook, PriceSource
from pricing.guards import Guards

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.fetch.followed import Followed
    from processor.settings import PricingSettings, SourceSettings


def price_book(pricing: PricingSettings) -> PriceBook:
    """The layers that the settings name; not read yet."""
    return PriceBook(
        price_sources(pricing),
        builtin=pricing.builtin,
        aliases=pricing.aliases,
        terms=pricing.terms,
    )


def price_sources(pricing: PricingSettings) -> list[PriceSource]:
    """Files and URLs in their order, each with a name of its own."""
    return [_source(source, i) for i, source in enumerate(pricing.sources)]


def followed(
    pricing: PricingSettings, sources: Sequence[PriceSource], user_agent: str
) -> list[Followed]:
    """Those of the settings' sources that are fetched; nothing is asked yet."""
    if not any(source.url for source in pricing.sources):
        return []
    from processor.fetch.asking import Request  # noqa: PLC0415
    from processor.fetch.followed import Followed  # noqa: PLC0415 - only for a URL

    return [
        Followed(
            source,
            Request(
                of.url, of.headers, of.tls, of.timeout_s, of.max_bytes, user_agent=user_agent
            ),
            of.refresh_interval_s,
            pricing.cache_directory,
        )
        for source, of in zip(sources, pricing.sources, strict=True)
        if of.url
    ]


def restore(
    pricing: PricingSettings, sources: Sequence[PriceSource], book: PriceBook
) -> list[str]:
    """Hands the book what a running service kept of URLs; what is not there is told, a line each."""
    missing: list[str] = []
    for one in followed(pricing, sources, ""):
        try:
            fresh = one.kept()
        except (OSError, ValueError) as problem:
            missing.append(
                f"{one.source.path}: its copy in {one.folder} is unusable: {problem}"
            )
            continue
        if fresh is None:
            missing.append(f"{one.source.path}: no copy in {one.folder}; prices are without it")
        else:
            book.put(one.source, *fresh)
    return missing


def _source(settings: SourceSettings, position: int) -> PriceSource:
    guards = Guards(settings.max_shrink, settings.allow_older, settings.accept_implausible)
    if settings.url:
        from processor.settings.urls import shown  # noqa: PLC0415

        # Two URLs may differ in what is not shown.
        name = f"{shown(settings.url)} (sources[{position}])"
        return PriceSource(name, settings.format, fetched=True, guards=guards)
    # Absolute for the log, unresolved for the watch: a ConfigMap's symlinks are what moves.
    return PriceSource(str(Path(settings.file).absolute()), settings.format, guards=guards)
