"""The command `genai-cost`: each command in a file of its own, imported when it is called.

Answers go to stdout, errors to stderr; exit 0, 1 (what was checked is bad), 2 (called wrongly).
Invariant: `validate` and `quote` load neither gRPC nor protobuf.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

DISTRIBUTION: Final = "genai-cost-processor"

# In the order of --help: what it is called, and where its command is.
COMMANDS: Final = {
    "run": "processor.cli.run:run",
    "validate": "processor.cli.validate:validate",
    "quote": "processor.cli.quote:quote",
    "replay": "processor.cli.replay:replay",
    "prices": "processor.cli.later:prices",
}


class Commands(click.Group):
    """A group that imports a command when somebody asks for it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of that name, or None."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None


EXAMPLES: Final = """\b
Examples:
  genai-cost run                                       the service on its defaults
  genai-cost validate config.yaml pricing.yaml         before it goes live
  genai-cost quote gpt-4o --input 1420 --output 380    one calculation
"""


@click.group(
    cls=Commands,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name=DISTRIBUTION, prog_name="genai-cost")
def main() -> None:
    """Know what LLM calls cost, from the OpenTelemetry pipeline."""
