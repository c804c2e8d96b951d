"""How commands print: problems on stderr, JSON on stdout, nothing else anywhere.

The one place that knows the form of a problem on a terminal.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable


def print_problems(problems: Iterable[str], word: str = "error") -> None:
    """Print each problem as a line on stderr."""
    for problem in problems:
        click.echo(f"{word}: {problem}", err=True)


def print_json(answer: Any) -> None:
    """Print one JSON document on stdout."""
    json.dump(answer, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
