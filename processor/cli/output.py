"""How commands print: problems on stderr, JSON on stdout, nothing else anywhere.

The one place that knows the form of a problem on a terminal.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def print_problems(problems: Iterable[str], word: str = "error") -> None:
    """Print each problem as a line on stderr."""
    for problem in problems:
        click.echo(f"{word}: {problem}", err=True)


def print_json(answer: Any) -> None:
    """Print one JSON document on stdout."""
    json.dump(answer, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def printable(text: str) -> str:
    """A text of others without what would move a terminal's cursor."""
    return "".join(c if c.isprintable() else "?" for c in text)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on stdout; a column whose name begins with `>` holds numbers.

    On a terminal it is fitted to its width; elsewhere nothing is folded or cut.
    """
    from rich import box  # noqa: PLC0415 - 50 ms that `run` never pays
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else None, pad_edge=False)
    for name in columns:
        number = name.startswith(">")
        table.add_column(
            name.removeprefix(">"), justify="right" if number else "left", no_wrap=number
        )
    for row in rows:
        table.add_row(*map(printable, row))
    if sys.stdout.isatty():
        Console(markup=False, emoji=False, highlight=False).print(table)
        return
    console = Console(
        width=100_000, color_system=None, markup=False, emoji=False, highlight=False
    )
    with console.capture() as shown:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in shown.get().splitlines()))
