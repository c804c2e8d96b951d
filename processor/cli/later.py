"""Commands that wait for a later release; they say so instead of not being there.

Nothing is done here. Invariant: exit 2, and one line that says what to do meanwhile.
"""

from __future__ import annotations

from typing import Final, NoReturn

import click

from processor.cli.output import print_json

_ANY: Final = {"ignore_unknown_options": True, "allow_extra_args": True}


@click.command(
    context_settings=_ANY, epilog="\b\nExample:\n  genai-cost replay spans.jsonl    (later)\n"
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def replay(*, as_json: bool) -> None:
    """Price stored OTLP (waits for a later release)."""
    _waits("replay", "send the file to a running service", as_json=as_json)


@click.command(
    context_settings=_ANY, epilog="\b\nExample:\n  genai-cost prices list    (later)\n"
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def prices(*, as_json: bool) -> None:
    """Look at and build price tables (waits for a later release)."""
    _waits("prices", "ask for one model with `genai-cost quote`", as_json=as_json)


def _waits(command: str, meanwhile: str, *, as_json: bool) -> NoReturn:
    words = f"`{command}` waits for a later release; meanwhile {meanwhile}"
    if as_json:
        print_json({"error": words})
    click.echo(f"error: {words}", err=True)
    raise click.exceptions.Exit(2)
