"""What a replay says at its end: a table and a few lines for people, one document for programs.

Whatever was passed without a price is named with the option that would price it; nothing that could
not be priced is ever an amount of 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pricing.money import ATTO, to_text
from processor.cli.output import print_json, print_table

if TYPE_CHECKING:
    from processor.cli.replaying import Done
    from processor.cli.tally import Tally

_SUMMED = (
    *("requests", "spans", "log_records", "metric_points"),
    *("faults", "stamped", "unpriced", "broken"),
)


class Replayed(NamedTuple):
    """One run."""

    files: list[Done]
    tally: Tally
    version: str
    """Of the price table."""
    restamped: bool = False

    def total(self, name: str) -> int:
        """Over all files."""
        return sum(getattr(one, name) for one in self.files)


def tell(run: Replayed, *, as_json: bool) -> None:
    """On stdout."""
    if as_json:
        print_json(_as_json(run))
        return
    if run.tally.groups:
        head = ("model", "provider", "service", "status", ">calls", ">tokens", ">USD")
        print_table(head, run.tally.rows())
        click.echo()
    for line in _lines(run):
        click.echo(line)


def _as_json(run: Replayed) -> dict[str, Any]:
    tally = run.tally
    totals: dict[str, Any] = {name: run.total(name) for name in _SUMMED}
    totals |= {"calls": tally.calls, "priced": tally.priced}
    totals["cost_usd"] = to_text(tally.atto_usd) if tally.has_cost else None
    totals["cost"] = tally.atto_usd / ATTO if tally.has_cost else None
    return {
        "version": run.version,
        "files": [one._asdict() for one in run.files],
        "totals": totals,
        "rows": tally.as_json(),
        "usage": [] if tally.usage is None else tally.usage.as_json(),
    }


def _lines(run: Replayed) -> list[str]:
    lines: list[str] = []
    requests = run.total("requests")
    if requests:
        lines.append(_sum(run))
    stamped, unpriced = run.total("stamped"), run.total("unpriced")
    if stamped and run.restamped:
        lines.append(f"{stamped:,} of them were stamped before and were priced anew")
    elif stamped:
        lines.append(
            f"{stamped:,} of them were stamped by a service before and passed as they are: "
            "what they cost is not in here; --restamp prices them anew"
        )
    if unpriced:
        names = [name for name in ("spans", "log_records", "metric_points") if run.total(name)]
        kinds = ", ".join(name.replace("_", " ") for name in names)
        lines.append(
            f"{unpriced:,} items passed unpriced (there were {kinds}); "
            "--sources spans,logs,metrics prices what describes calls among them"
        )
    lines += [
        f"{one.output}: {one.output_encoding}, priced by {run.version}"
        for one in run.files
        if one.output
    ]
    return lines


def _sum(run: Replayed) -> str:
    tally = run.tally
    items = [f"{run.total('requests'):,} requests", f"{run.total('spans'):,} spans"]
    items += [
        f"{run.total(name):,} {name.replace('_', ' ')}"
        for name in ("log_records", "metric_points")
        if run.total(name)
    ]
    items.append(f"{tally.calls:,} calls")
    cost = f": ${to_text(tally.atto_usd)}" if tally.has_cost else ""
    return f"{', '.join(items)}, {tally.priced:,} of them priced{cost}"
