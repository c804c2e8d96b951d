"""The command `genai-cost`: each command in a file of its own, imported when it is called.

Answers go to stdout, errors to stderr; exit 0, 1 (what was checked is bad), 2 (called wrongly).
Invariant: `validate` and `quote` load neither gRPC nor protobuf.
"""

from __future__ import annotations

import os
import select
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

DISTRIBUTION: Final = "genai-cost-processor"

# In the order of --help: what it is called, and where its command is.
COMMANDS: Final = {
    "run": "processor.cli.run:run",
    "validate": "processor.cli.validate:validate",
    "quote": "processor.cli.quote:quote",
    "replay": "processor.cli.replay:replay",
    "prices": "processor.cli.prices:prices",
}


class Commands(click.Group):
    """A group that imports a command when somebody asks for it; *places* says where each one is."""

    def __init__(self, *given: Any, places: Mapping[str, str], **named: Any) -> None:
        super().__init__(*given, **named)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the table; a place without its file is not offered."""
        return [
            name for name, place in self._places.items() if find_spec(place.partition(":")[0])
        ]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module, _, name = self._places[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None


class Program(Commands):
    """The outermost group: whoever closes stdout early, as `head` does, has seen enough."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed pipe ends it with 0 and without a word."""
        try:
            answer = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            if not _reader_has_gone():
                raise
            sys.exit(0)
        except SystemExit:
            _reader_has_gone()
            raise
        return answer


def _reader_has_gone() -> bool:
    """Whether nobody reads stdout any more; what is still to be written goes nowhere then."""
    try:
        asking, number = select.poll(), sys.stdout.fileno()
    except (AttributeError, OSError):  # no such system, or no such file
        return False
    asking.register(number, 0)
    gone = any(events & select.POLLERR for _, events in asking.poll(0))
    if gone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    return gone


EXAMPLES: Final = """\b
Examples:
  genai-cost run                                       the service on its defaults
  genai-cost validate config.yaml pricing.yaml         before it goes live
  genai-cost quote gpt-4o --input 1420 --output 380    one calculation
  genai-cost replay traces.jsonl                       what stored calls cost
  genai-cost prices list --model 'claude-*'            what is known of prices
"""


@click.group(
    cls=Program,
    places=COMMANDS,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name=DISTRIBUTION, prog_name="genai-cost")
def main() -> None:
    """Know what LLM calls cost, from the OpenTelemetry pipeline."""
