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


def configured_table(settings: Settings) -> PriceTable:
    """The table of a configuration; of a URL what a running service kept, else a warning."""
    from processor.sources import price_book, restore  # noqa: PLC0415 - only when asked

    book = price_book(settings.pricing)
    print_problems(restore(settings.pricing, book.sources, book), "warning")
    return table_of(book)


def table_of(book: PriceBook) -> PriceTable:
    """The book's table, read now; ends the command where a source is bad."""
    outcome = book.reload(datetime.now(UTC).timestamp())
    if outcome.problems:
        print_problems(outcome.problems)
        sys.exit(1)
    return book.current
