"""`genai-cost prices diff A B`: what a change of prices is, and what it does to a recorded month.

The month passes the service's own enricher twice, once with each table; what is compared is what the
service would have counted, to the last atto-dollar.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from processor.cli.output import print_json, print_problems, print_table
from processor.model import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pricing import PriceTable
    from pricing.difference import Difference, RowChange
    from processor.model import Charge
    from processor.settings import PricingSettings, Settings

EXAMPLES: Final = """\b
Examples:
  genai-cost prices diff old.yaml new.yaml
  genai-cost prices diff builtin litellm.json --json
  genai-cost prices diff builtin contract.yaml --over-builtin --usage november.jsonl
"""
BUILTIN: Final = "builtin"
MAX_MODELS: Final = 10_000
_SIGNS: Final = {"added": "+", "removed": "-", "changed": "~"}


class Effect(NamedTuple):
    """What one model's calls cost before and after; atto-dollars."""

    calls: int = 0
    old: int = 0
    new: int = 0
    old_unpriced: int = 0
    new_unpriced: int = 0

    def before(self, charge: Charge) -> Effect:
        """With one call more, by the old table."""
        unpriced = self.old_unpriced + (not charge.labels.source)
        return self._replace(
            calls=self.calls + 1, old=self.old + charge.atto_usd, old_unpriced=unpriced
        )

    def after(self, charge: Charge) -> Effect:
        """And by the new one."""
        unpriced = self.new_unpriced + (not charge.labels.source)
        return self._replace(new=self.new + charge.atto_usd, new_unpriced=unpriced)


class Month:
    """Recorded calls under two tables, by provider and model."""

    def __init__(self, settings: Settings, old: PriceTable, new: PriceTable) -> None:
        from processor.assembly import enricher  # noqa: PLC0415 - only with --usage
        from processor.calls import Memory  # noqa: PLC0415

        self._passes = [(enricher(settings, Memory()), table) for table in (old, new)]
        self.effects: dict[tuple[str, str], Effect] = {}
        self.broken = 0

    def read(self, file: str) -> None:
        """One file of stored OTLP; what cannot be read of it is told and counted."""
        from processor.cli.replaying import opened  # noqa: PLC0415
        from processor.stored.encoding import NotOtlp  # noqa: PLC0415
        from processor.stored.reading import Broken, Stored  # noqa: PLC0415
        from processor.stored.repricing import Refused, reprice  # noqa: PLC0415

        name = "stdin" if file == "-" else file
        try:
            with opened(file) as source:
                for message in Stored(source, name):
                    if isinstance(message, Broken):
                        self._refuse(str(message))
                        continue
                    now = time.time_ns()
                    try:
                        old, new = (
                            reprice(message, each, table, now, "nothing").charges
                            for each, table in self._passes
                        )
                    except Refused as refused:
                        self._refuse(f"{message.place}: {refused}")
                    else:
                        self._add(old, Effect.before)
                        self._add(new, Effect.after)
        except NotOtlp as problem:
            self._refuse(f"{name}: {problem}")
        except OSError as problem:
            self._refuse(f"{name}: cannot be used: {problem.strerror or problem}")

    def _refuse(self, words: str) -> None:
        self.broken += 1
        print_problems([words])

    def _add(self, charges: Iterable[Charge], plus: Callable[[Effect, Charge], Effect]) -> None:
        for charge in charges:
            if charge.status in {Status.DUPLICATE, Status.AGGREGATE}:
                continue
            labels = charge.labels
            key = labels.provider, labels.response_model or labels.request_model
            if key not in self.effects and len(self.effects) >= MAX_MODELS:
                key = "(other)", "(other)"
            self.effects[key] = plus(self.effects.get(key, Effect()), charge)


@click.command(epilog=EXAMPLES)
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@click.option(
    "--usage",
    "months",
    multiple=True,
    metavar="FILE",
    help="Stored OTLP, as `replay` reads it: what its calls cost by A and by B. Repeat it for several.",
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
    over_builtin: bool,
    config: str | None,
    as_json: bool,
) -> None:
    """Say what price table B says otherwise than A.

    A and B are price files of any format that the service reads, or `builtin`.
    """
    from pricing.difference import difference  # noqa: PLC0415
    from processor.cli.priced import settings_for  # noqa: PLC0415

    settings = settings_for(config)
    before, after = (
        _table(name, settings.pricing, over_builtin=over_builtin) for name in (old, new)
    )
    found = difference(before, after)
    month = Month(settings, before, after) if months else None
    for file in months:
        if month is not None:
            month.read(file)
    if as_json:
        print_json(_as_json(before, after, found, month))
    else:
        _print(found, month)
    sys.exit(int(month is not None and month.broken > 0))


def _table(name: str, pricing: PricingSettings, *, over_builtin: bool) -> PriceTable:
    """A or B under the operator's aliases, adjustments and currency, as `replay` would price by it."""
    from pricing import PriceBook, PriceSource  # noqa: PLC0415
    from processor.cli.priced import table_of  # noqa: PLC0415

    named = [] if name == BUILTIN else [PriceSource(name)]
    builtin = over_builtin or name == BUILTIN
    book = PriceBook(named, builtin=builtin, aliases=pricing.aliases, terms=pricing.terms)
    return table_of(book)


def _print(found: Difference, month: Month | None) -> None:
    for kind, sign in _SIGNS.items():
        for row in getattr(found, kind):
            click.echo(f"{sign} {row.row}  {_words(row)}")
    counts = f"{len(found.added):,} added, {len(found.removed):,} removed, {len(found.changed):,} changed"
    click.echo(f"rows: {counts}")
    if month is None:
        return
    click.echo()
    head = ("provider", "model", ">calls", ">old USD", ">new USD", ">change", ">%")
    print_table(head, [_line(*key, effect) for key, effect in _sorted(month)])
    click.echo()
    total = _total(month)
    old, new, change, percent = _shown(total)
    click.echo(f"{total.calls:,} calls: {_usd(old)} -> {_usd(new)}, {change} ({percent})")
    lost = total.new_unpriced - total.old_unpriced
    if lost > 0:
        click.echo(f"{lost:,} calls had a cost by A and have none by B")
    if lost < 0:
        click.echo(f"{-lost:,} calls had no cost by A and have one by B")


def _words(row: RowChange) -> str:
    if any(one.old for one in row.changes) and any(one.new for one in row.changes):
        changes = (f"{c.what} {c.old or '(none)'} -> {c.new or '(none)'}" for c in row.changes)
    else:
        changes = (f"{c.what} {c.old or c.new}" for c in row.changes)
    return ", ".join(changes)


def _sorted(month: Month) -> list[tuple[tuple[str, str], Effect]]:
    return sorted(
        month.effects.items(),
        key=lambda each: (-abs(each[1].new - each[1].old), -each[1].new, each[0]),
    )


def _total(month: Month) -> Effect:
    return (
        Effect(*map(sum, zip(*month.effects.values(), strict=True)))
        if month.effects
        else Effect()
    )


def _money(effect: Effect) -> tuple[str, str, str, str]:
    from pricing.money import to_text  # noqa: PLC0415

    change = effect.new - effect.old
    percent = f"{100 * change / effect.old:+.1f} %" if effect.old else "-"
    sign = "+" if change > 0 else ""
    return to_text(effect.old), to_text(effect.new), f"{sign}{to_text(change)}", percent


def _shown(effect: Effect) -> tuple[str, str, str, str]:
    """For people: no call with a price is no amount, where `0` would say that they were free."""
    old, new, change, percent = _money(effect)
    old = old if effect.old_unpriced < effect.calls else "-"
    new = new if effect.new_unpriced < effect.calls else "-"
    return (old, new, "-", "-") if "-" in {old, new} else (old, new, change, percent)


def _usd(amount: str) -> str:
    return amount if amount == "-" else f"${amount}"


def _line(provider: str, model: str, effect: Effect) -> tuple[str, ...]:
    return provider or "-", model or "-", f"{effect.calls:,}", *_shown(effect)


def _as_json(
    before: PriceTable, after: PriceTable, found: Difference, month: Month | None
) -> dict[str, Any]:
    def rows(changed: Iterable[RowChange]) -> list[dict[str, Any]]:
        return [
            {
                "row": one.row,
                "changes": {c.what: {"old": c.old, "new": c.new} for c in one.changes},
            }
            for one in changed
        ]

    told: dict[str, Any] = {
        "old": before.version,
        "new": after.version,
        "added": rows(found.added),
        "removed": rows(found.removed),
        "changed": rows(found.changed),
    }
    if month is not None:
        models = [
            {"provider": key[0], "model": key[1]} | _effect(e) for key, e in _sorted(month)
        ]
        told["usage"] = {
            "models": models,
            "total": _effect(_total(month)),
            "broken": month.broken,
        }
    return told


def _effect(effect: Effect) -> dict[str, Any]:
    old, new, _, _ = _money(effect)
    from pricing.money import to_text  # noqa: PLC0415

    return {
        "calls": effect.calls,
        "old_usd": old,
        "new_usd": new,
        "delta_usd": to_text(effect.new - effect.old),
        "old_unpriced": effect.old_unpriced,
        "new_unpriced": effect.new_unpriced,
    }
