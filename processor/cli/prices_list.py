"""`genai-cost prices list`: the rows of the table that the service would price with."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from pricing.difference import entries, prices_of
from pricing.layer import ANY
from pricing.listing import Wanted, conditions
from pricing.providers import canonical
from pricing.reasons import factor, period, told
from pricing.rows import instant_text, row_id
from pricing.usage import CLASSES, TOKENS
from processor.cli.output import print_json, print_problems, print_table
from processor.cli.priced import table_for
from processor.cli.quote_options import moment, price_options, unix_ns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pricing import PriceTable
    from pricing.rows import Entry, Row

EXAMPLES: Final = """\b
Examples:
  genai-cost prices list --provider anthropic
  genai-cost prices list --model 'gpt-4o*' --at 2024-09-01
  genai-cost prices list --class cache_write_1h --json
  genai-cost prices list --model gpt-4o --history
"""


@click.command("list", epilog=EXAMPLES)
@click.option("--provider", default="", metavar="P", help="Only this seller's.")
@click.option(
    "--model", default="", metavar="ID", help="Only this model; * stands for anything."
)
@click.option(
    "--class",
    "kind",
    type=click.Choice(list(CLASSES)),
    metavar="CLASS",
    help="Only rows that price this class: input, cache_read, output, images, ...",
)
@click.option(
    "--at",
    "at_unix_ns",
    callback=moment,
    metavar="TIME",
    help="In force then; now if left out.",
)
@click.option("--history", is_flag=True, help="All rows, those of the past and future too.")
@price_options
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def list_prices(  # noqa: PLR0913 - a command's options are its arguments
    *,
    provider: str,
    model: str,
    kind: str | None,
    at_unix_ns: int | None,
    history: bool,
    files: tuple[str, ...],
    config: str | None,
    as_json: bool,
) -> None:
    """List price rows: US dollars per million tokens, or per the unit that is named."""
    at = unix_ns(datetime.now(UTC)) if at_unix_ns is None else at_unix_ns
    seller = canonical(provider) if provider else ""
    wanted = Wanted(seller, model.strip().lower(), kind or "", None if history else at)
    table = table_for(files, config)
    found = list(_rows(table, wanted))
    if as_json:
        rows = [_as_json(*each) for each in found]
        print_json({"version": table.version, "rows": rows})
    elif found:
        head = ("provider", "model", "from", "to", "when", "USD")
        print_table(head, (_as_text(*each) for each in found))
    if not found:
        print_problems(["no price row is like that; --history shows those not in force too"])
        sys.exit(1)


def _rows(table: PriceTable, wanted: Wanted) -> Iterator[tuple[str, Entry, Row]]:
    own = {model for seller, model in table.models() if seller == wanted.provider}
    for seller, entry in entries(table):
        if seller == ANY and entry.model in own:
            continue  # the seller asked for has rows of its own, this one's among them
        if wanted.has_model(seller, entry.model):
            for row in entry.rows:
                if wanted.has_row(row):
                    yield seller, entry, row


def _as_text(seller: str, entry: Entry, row: Row) -> tuple[str, ...]:
    prices = ", ".join(f"{name} {price}" for name, price in prices_of(row).items())
    if any(name in TOKENS for name in row.rates):
        for one in entry.multipliers:
            terms = " ".join(filter(None, (told(one.facts), period(one))))
            prices += f"; tokens x {factor(one)} for {terms}"
    since, until = ("" if at is None else instant_text(at) for at in (row.since, row.until))
    return seller, entry.model, since, until, conditions(entry, row), prices


def _as_json(seller: str, entry: Entry, row: Row) -> dict[str, Any]:
    return {
        "provider": seller,
        "model": entry.model,
        "mode": entry.mode,
        "row": row_id(entry.provider, entry.model, row),
        "from": None if row.since is None else instant_text(row.since),
        "to": None if row.until is None else instant_text(row.until),
        "when": conditions(entry, row),
        "prices": prices_of(row),
        "multipliers": [
            {"times": factor(one), "when": told(one.facts), "period": period(one)}
            for one in entry.multipliers
        ],
        "source": row.source,
        "checked": row.checked,
    }
