"""Prices and enricher of a command, as the service would have them with the same settings.

What cannot be used is said, all of it, and ends the command with exit 1.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from processor.cli.output import print_problems

if TYPE_CHECKING:
    from pricing import PriceBook, PriceTable
    from processor.settings import Settings


def settings_for(config: str | None) -> Settings:
    """The settings of a file, or the embedded defaults: a command asks no environment."""
    from processor.settings import ConfigError, Settings, load  # noqa: PLC0415 - only when asked

    if config is None:
        return Settings()
    try:
        return load(config)
    except ConfigError as bad:
        print_problems(bad.problems)
        sys.exit(1)


def configured_table(settings: Settings, files: tuple[str, ...] = ()) -> PriceTable:
    """The table of a configuration under those of files; of a URL what a running service kept."""
    from pricing import PriceBook, PriceSource  # noqa: PLC0415 - only when asked
    from processor.sources import price_sources, restore  # noqa: PLC0415

    pricing = settings.pricing
    named = price_sources(pricing)
    book = PriceBook(
        [*named, *map(PriceSource, files)],
        builtin=pricing.builtin,
        aliases=pricing.aliases,
        terms=pricing.terms,
    )
    print_problems(restore(pricing, named, book), "warning")
    return table_of(book)


def table_for(files: tuple[str, ...], config: str | None) -> PriceTable:
    """The prices: built in, then those of the configuration, then those of the files."""
    if config is None:
        from pricing import PriceBook, PriceSource  # noqa: PLC0415 - only when asked

        return table_of(PriceBook([*map(PriceSource, files)]))
    return configured_table(settings_for(config), files)


def table_of(book: PriceBook) -> PriceTable:
    """The book's table, read now; ends the command where a source is bad."""
    outcome = book.reload(datetime.now(UTC).timestamp())
    if outcome.problems:
        print_problems(outcome.problems)
        sys.exit(1)
    return book.current
