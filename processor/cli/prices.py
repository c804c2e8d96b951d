"""`genai-cost prices ...`: looks at price tables and builds them; each command in a file of its own."""

from __future__ import annotations

from typing import Final

import click

from processor.cli import Commands

# In the order of --help. A place without its file is not offered.
PLACES: Final = {
    "list": "processor.cli.prices_list:list_prices",
    "diff": "processor.cli.prices_diff:diff",
    "import": "processor.cli.prices_import:import_prices",
}
EXAMPLES: Final = """\b
Examples:
  genai-cost prices list --provider anthropic --model 'claude-*'
  genai-cost prices list --model gpt-4o --json
  genai-cost prices diff builtin new.yaml --usage november.jsonl
"""


@click.group(cls=Commands, places=PLACES, epilog=EXAMPLES)
def prices() -> None:
    """Look at price tables and build them."""
