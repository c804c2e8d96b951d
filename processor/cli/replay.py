"""`genai-cost replay FILE...`: stored OTLP priced as the service would, and what it comes to.

One request at a time passes the service's own enricher, with the memory of calls that the service
keeps, so that retries and duplicates count once over all files. Nothing is sent anywhere.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import click

from processor.cli.output import print_problems

if TYPE_CHECKING:
    from processor.cli.replaying import Done, Packing
    from processor.stored.writing import Wanted

EXAMPLES: Final = """\b
Examples:
  genai-cost replay traces.jsonl
  genai-cost replay traces.jsonl -o priced.jsonl
  genai-cost replay --config config.yaml 2026-11-*.json.gz -o priced/
  genai-cost replay --sources spans,logs traces.jsonl logs.jsonl
  genai-cost replay traces.jsonl --json
"""
SOURCES: Final = ("spans", "logs", "metrics")


def sources(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Return the signals that are named, separated by commas; none where nothing is."""
    named = () if value is None else tuple(name.strip() for name in value.split(","))
    if unknown := [name for name in named if name not in SOURCES]:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(SOURCES)}")
    return named


@click.command(epilog=EXAMPLES)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write the priced OTLP here; a folder (ending in / or there already) for several files.",
)
@click.option(
    "--config", metavar="FILE", help="Price as the service would with this configuration."
)
@click.option(
    "--sources",
    callback=sources,
    metavar="LIST",
    help="Which of spans, logs, metrics describe calls; those of the configuration, else spans.",
)
@click.option(
    "--restamp",
    is_flag=True,
    help="Price anew what carries the stamp of a service already; without it that passes.",
)
@click.option(
    "--encoding",
    type=click.Choice(["same", "jsonl", "proto"]),
    default="same",
    help="Of the output: as it came, JSON lines, or length-delimited protobuf.",
)
@click.option(
    "--compress",
    type=click.Choice(["same", "none", "gzip", "zstd"]),
    default="same",
    help="Of the output.",
)
@click.option("--strict", is_flag=True, help="End at the first request that cannot be read.")
@click.option("--json", "as_json", is_flag=True, help="Print what it came to as JSON.")
def replay(  # noqa: PLR0913 - a command's options are its arguments
    *,
    files: tuple[str, ...],
    output: str | None,
    config: str | None,
    sources: tuple[str, ...],
    restamp: bool,
    encoding: str,
    compress: str,
    strict: bool,
    as_json: bool,
) -> None:
    """Price stored OTLP and say what it came to.

    FILE is JSON lines or length-delimited messages as the Collector's file exporter writes them, one
    JSON document or one protobuf message; plain, gzip or zstd, told by its content; - is stdin.
    Spans are priced at the time they ended. A request that cannot be read is told and left out (exit 1).
    """
    outputs = _outputs(files, output)
    from processor.cli.priced import configured_table, settings_for  # noqa: PLC0415 - not for a wrong call
    from processor.cli.replayed import Replayed, tell  # noqa: PLC0415
    from processor.cli.replaying import Replay, Wish  # noqa: PLC0415
    from processor.cli.tally import Tally  # noqa: PLC0415
    from processor.cli.usage import Usage  # noqa: PLC0415
    from processor.stored.pricer import Pricer  # noqa: PLC0415

    settings = settings_for(config)
    table = configured_table(settings)
    pricer = Pricer(settings, table, sources=sources, restamp=restamp)
    if not pricer.priced:
        problem = "no genai_cost in service.pipelines.traces, so nothing is priced; add it"
        print_problems([f"{config}: {problem}"])
        sys.exit(1)
    tally = Tally(Usage() if as_json else None)
    run = Replay(pricer, tally, strict=strict)
    wish = Wish(cast("Wanted", encoding), cast("Packing", compress))
    done: list[Done] = []
    for file, target in zip(files, outputs, strict=True):
        done.append(run.file(file, target, wish))
        if strict and done[-1].broken:
            break
    tally.add_usage(pricer.release())
    tell(Replayed(done, tally, table.version, restamped=restamp), as_json=as_json)
    sys.exit(int(any(one.broken for one in done)))


def _outputs(files: tuple[str, ...], output: str | None) -> list[Path | None]:
    """Where each file's output goes; a wrong call where two would meet or an input be overwritten."""
    if output is None:
        return [None] * len(files)
    folder = output.endswith(("/", os.sep)) or Path(output).is_dir()
    if len(files) > 1 and not folder:
        raise click.UsageError(
            f"-o {output} is one file; write -o {output}/ for several inputs"
        )
    if folder and "-" in files:
        raise click.UsageError("stdin has no name in a folder; write -o FILE")
    if not folder and not Path(output).parent.is_dir():
        raise click.UsageError(
            f"-o {output}: there is no folder {Path(output).parent}; make it first"
        )
    targets = [Path(output, Path(file).name) if folder else Path(output) for file in files]
    if len(set(targets)) < len(targets):
        raise click.UsageError("two inputs of one name would be written to one file")
    for file, target in zip(files, targets, strict=True):
        if target.exists() and file != "-" and Path(file).exists() and target.samefile(file):
            raise click.UsageError(f"{target} is the input itself; write somewhere else")
    if folder:
        try:
            Path(output).mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise click.UsageError(f"-o {output}: {problem.strerror}") from None
    return list(targets)
