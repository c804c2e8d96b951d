"""`genai-cost run`: the service, until SIGTERM or SIGINT.

Reads the settings, sets up the log, hands over; what cannot be used is said before a port is open.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from processor.cli.output import print_problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.settings import ConfigError, Settings

EXAMPLES: Final = """\b
Examples:
  genai-cost run
  genai-cost run --config /etc/genai-cost/config.yaml
  OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317 genai-cost run
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--config",
    type=click.Path(),
    metavar="FILE",
    help="A configuration in the Collector's shape; without it OTEL_EXPORTER_OTLP_* name the next "
    "hop, and without those calls are printed.",
)
@click.option("--json", "as_json", is_flag=True, help="Write the log as JSON lines.")
def run(*, config: str | None, as_json: bool) -> None:
    """Run the service: OTLP in, priced spans and costs out.

    SIGTERM and SIGINT drain and exit 0; SIGHUP looks at every price source again and
    takes over aliases, adjustments and currencies.
    """
    from processor import logs  # noqa: PLC0415 - a wrong call needs none of it
    from processor.settings import ConfigError, load  # noqa: PLC0415

    try:
        settings = load(config)
    except ConfigError as bad:
        print_problems(bad.problems)
        sys.exit(1)
    telemetry = settings.telemetry
    logs.set_up(telemetry.log_level, "json" if as_json else telemetry.log_encoding)
    # Or gRPC's library writes a line for each failed handshake, past the log, its form and its bounds.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # noqa: TID251 - its only switch
    sys.exit(_served(settings, partial(load, config) if config is not None else None))


def _served(settings: Settings, reread: Callable[[], Settings] | None) -> int:
    """Run the service and return the exit status; what it could not open is told as a problem."""
    from processor.service import run as serve  # noqa: PLC0415 - 60 ms of gRPC, not for a bad file
    from processor.settings import ConfigError  # noqa: PLC0415

    status = 1
    try:
        status = serve(settings, reread)
    except* ConfigError as group:
        print_problems(problem for error in leaves(group) for problem in error.problems)
    return status


def leaves(group: BaseExceptionGroup[ConfigError]) -> list[ConfigError]:
    """Return the errors in a group, however deep."""
    found: list[ConfigError] = []
    for error in group.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
