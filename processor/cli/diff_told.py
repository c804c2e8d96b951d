"""What `prices diff` says: rows that changed, and what that does to a month, for people and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from pricing.money import to_text
from processor.cli.output import print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pricing import PriceTable
    from pricing.difference import Difference, RowChange
    from processor.cli.month import Effect, Month

_SIGNS: Final = {"added": "+", "removed": "-", "changed": "~"}


def tell_people(found: Difference, month: Month | None) -> None:
    """Lines and a table on stdout."""
    for kind, sign in _SIGNS.items():
        for row in getattr(found, kind):
            click.echo(f"{sign} {row.row}  {_words(row, changed=kind == 'changed')}")
    counts = f"{len(found.added):,} added, {len(found.removed):,} removed, {len(found.changed):,} changed"
    click.echo(f"rows: {counts}")
    if month is not None:
        click.echo()
        _tell_month(month)


def _tell_month(month: Month) -> None:
    if not month.effects:
        click.echo("no calls were read")
        return
    head = ("provider", "model", ">calls", ">old USD", ">new USD", ">change", ">%")
    print_table(head, [_line(*key, effect) for key, effect in _sorted(month)])
    click.echo()
    total = month.total
    old, new, change, percent = _shown(total)
    click.echo(f"{total.calls:,} calls: {_usd(old)} -> {_usd(new)}, {change} ({percent})")
    lost = total.new_unpriced - total.old_unpriced
    if lost > 0:
        click.echo(f"{lost:,} calls had a cost by A and have none by B")
    if lost < 0:
        click.echo(f"{-lost:,} calls had no cost by A and have one by B")
    if month.summed:
        click.echo(
            f"{month.summed:,} calls were read as sums and cost ${to_text(month.recorded)} when they "
            "were recorded; thresholds are met at the mean size: the stored OTLP itself is exact"
        )


def _words(row: RowChange, *, changed: bool) -> str:
    if changed:
        told = (f"{c.what} {c.old or 'none'} -> {c.new or 'none'}" for c in row.changes)
    else:
        told = (f"{c.what} {c.old or c.new}" for c in row.changes)
    return ", ".join(told)


def _sorted(month: Month) -> list[tuple[tuple[str, str], Effect]]:
    return sorted(
        month.effects.items(),
        key=lambda each: (-abs(each[1].new - each[1].old), -each[1].new, each[0]),
    )


def _shown(effect: Effect) -> tuple[str, str, str, str]:
    """No call with a price is no amount, where `0` would say that they were free."""
    old = to_text(effect.old) if effect.old or effect.old_unpriced < effect.calls else "-"
    new = to_text(effect.new) if effect.new or effect.new_unpriced < effect.calls else "-"
    if "-" in {old, new}:
        return old, new, "-", "-"
    change = effect.new - effect.old
    percent = f"{100 * change / effect.old:+.1f} %" if effect.old else "-"
    return old, new, f"{'+' if change > 0 else ''}{to_text(change)}", percent


def _usd(amount: str) -> str:
    return amount if amount == "-" else f"${amount}"


def _line(provider: str, model: str, effect: Effect) -> tuple[str, ...]:
    return provider or "-", model or "-", f"{effect.calls:,}", *_shown(effect)


def tell_programs(
    before: PriceTable, after: PriceTable, found: Difference, month: Month | None
) -> None:
    """One JSON document on stdout."""
    told: dict[str, Any] = {
        "old": before.version,
        "new": after.version,
        "added": _rows(found.added),
        "removed": _rows(found.removed),
        "changed": _rows(found.changed),
    }
    if month is not None:
        models = [
            {"provider": key[0], "model": key[1]} | _effect(e) for key, e in _sorted(month)
        ]
        told["usage"] = {
            "models": models,
            "total": _effect(month.total),
            "broken": month.broken,
            "summed": month.summed,
            "recorded_usd": to_text(month.recorded) if month.summed else None,
        }
    print_json(told)


def _rows(changed: Iterable[RowChange]) -> list[dict[str, Any]]:
    return [
        {"row": one.row, "changes": {c.what: {"old": c.old, "new": c.new} for c in one.changes}}
        for one in changed
    ]


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "calls": effect.calls,
        "old_usd": to_text(effect.old),
        "new_usd": to_text(effect.new),
        "delta_usd": to_text(effect.new - effect.old),
        "old_unpriced": effect.old_unpriced,
        "new_unpriced": effect.new_unpriced,
    }
