"""`genai-cost prices diff A B`: what a change of prices is, and what it does to a recorded month."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from processor.cli.replay import sources

if TYPE_CHECKING:
    from pricing import PriceTable
    from processor.cli.month import Month
    from processor.settings import PricingSettings, Settings

EXAMPLES: Final = """\b
Examples:
  genai-cost prices diff old.yaml new.yaml
  genai-cost prices diff builtin litellm.json --json
  genai-cost prices diff builtin contract.yaml --over-builtin --usage november.jsonl
  genai-cost replay november.jsonl --json > november.json
  genai-cost prices diff builtin contract.yaml --over-builtin --usage november.json
"""
BUILTIN: Final = "builtin"


@click.command(epilog=EXAMPLES)
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@click.option(
    "--usage",
    "months",
    multiple=True,
    metavar="FILE",
    help="Stored OTLP as `replay` reads it, or what `replay --json` printed: what its calls cost by A "
    "and by B. Repeat it for several.",
)
@click.option(
    "--sources",
    callback=sources,
    metavar="LIST",
    help="Which of spans, logs, metrics describe calls; those of the configuration, else spans.",
)
@click.option("--over-builtin", is_flag=True, help="A and B lie over the built-in table.")
@click.option(
    "--config",
    metavar="FILE",
    help="Aliases, adjustments, currency, and what is done with costs that came along.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def diff(  # noqa: PLR0913 - a command's options are its arguments
    *,
    old: str,
    new: str,
    months: tuple[str, ...],
    sources: tuple[str, ...],
    over_builtin: bool,
    config: str | None,
    as_json: bool,
) -> None:
    """Say what price table B says otherwise than A.

    A and B are price files of any format that the service reads, or `builtin`.
    """
    from pricing.difference import difference  # noqa: PLC0415
    from processor.cli.diff_told import tell_people, tell_programs  # noqa: PLC0415
    from processor.cli.priced import settings_for  # noqa: PLC0415

    settings = settings_for(config)
    before, after = (
        _table(name, settings.pricing, over_builtin=over_builtin) for name in (old, new)
    )
    found = difference(before, after)
    month = _month(settings, (before, after), months, sources) if months else None
    if as_json:
        tell_programs(before, after, found, month)
    else:
        tell_people(found, month)
    sys.exit(int(month is not None and month.broken > 0))


def _month(
    settings: Settings,
    tables: tuple[PriceTable, PriceTable],
    files: tuple[str, ...],
    named: tuple[str, ...],
) -> Month:
    from processor.cli.month import Month  # noqa: PLC0415 - protobuf, only with --usage

    month = Month(settings, tables, named)
    for file in files:
        month.read(file)
    month.close()
    return month


def _table(name: str, pricing: PricingSettings, *, over_builtin: bool) -> PriceTable:
    """A or B under the operator's aliases, adjustments and currency, as `replay` would price by it."""
    from pricing import PriceBook, PriceSource  # noqa: PLC0415
    from processor.cli.priced import table_of  # noqa: PLC0415

    named = [] if name == BUILTIN else [PriceSource(name)]
    builtin = over_builtin or name == BUILTIN
    book = PriceBook(named, builtin=builtin, aliases=pricing.aliases, terms=pricing.terms)
    return table_of(book)
