"""`genai-cost validate FILE...`: every problem of configuration and price files, before they go live.

Which of the two a file is, its content says. Nothing is opened but the files.
"""

from __future__ import annotations

import re
import sys
from typing import Any, Final, Literal, NamedTuple

import click

from processor.cli.output import print_json, print_problems

EXAMPLES: Final = """\b
Examples:
  genai-cost validate config.yaml pricing.yaml
  genai-cost validate --json /etc/genai-cost/*.yaml
"""
# A section of the Collector's shape, as a key at the left edge or the first one of a JSON object.
_SECTION: Final = (
    r"[\"']?(?:receivers|processors|exporters|extensions|connectors|service)[\"']?\s*:"
)
_CONFIG: Final = re.compile(rf"^{_SECTION}|\A\s*\{{\s*{_SECTION}", re.MULTILINE)


class Checked(NamedTuple):
    """What was found in one file."""

    file: str
    kind: Literal["config", "prices", "unknown"]
    problems: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@click.command(epilog=EXAMPLES)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def validate(*, files: tuple[str, ...], as_json: bool) -> None:
    """Check configuration and price files; all problems at once, exit 1 if there are any."""
    found = [check(file) for file in files]
    if as_json:
        ok = not any(one.problems for one in found)
        print_json({"ok": ok, "files": [_as_json(one) for one in found]})
    for one in found:
        print_problems(one.problems)
        if not as_json:
            _print(one)
    sys.exit(int(any(one.problems for one in found)))


def check(file: str) -> Checked:
    """Return what is wrong with one file."""
    from pricing.book import read_file  # noqa: PLC0415 - only when there is a file to read

    try:
        data = read_file(file)
    except OSError as error:
        return Checked(file, "unknown", (f"{file}: cannot be read: {error.strerror or error}",))
    if _CONFIG.search(data.decode("utf-8-sig", "replace")):
        return _config(file)
    return _prices(file, data)


def _config(file: str) -> Checked:
    from processor.settings import ConfigError, load  # noqa: PLC0415 - not for a price file

    try:
        settings = load(file)
    except ConfigError as bad:
        return Checked(file, "config", tuple(bad.problems))
    problems: list[str] = []
    warnings = list(settings.warnings)
    for source in settings.pricing.sources:
        of_source = check_source(source.file, source.format)
        problems += of_source.problems
        warnings += of_source.warnings
    return Checked(file, "config", tuple(problems), tuple(warnings))


def check_source(file: str, form: str) -> Checked:
    """Check a price file that a configuration names; it may be elsewhere than on this machine."""
    from pricing.book import read_file  # noqa: PLC0415

    try:
        data = read_file(file)
    except OSError as error:
        words = f"{file}: a price source that cannot be read here: {error.strerror or error}"
        return Checked(file, "prices", (), (words,))
    return _prices(file, data, form)


def _prices(file: str, data: bytes, form: str = "auto") -> Checked:
    from pricing import PriceError  # noqa: PLC0415
    from pricing.formats import detect  # noqa: PLC0415

    try:
        loaded = detect.read(data, file, form)
    except PriceError as bad:
        return Checked(file, "prices", bad.problems)
    return Checked(file, "prices", (), loaded.warnings)


def _print(one: Checked) -> None:
    print_problems(one.warnings, "warning")
    if not one.problems:
        click.echo(f"{one.file}: good ({one.kind})")


def _as_json(one: Checked) -> dict[str, Any]:
    return {
        "file": one.file,
        "kind": one.kind,
        "problems": list(one.problems),
        "warnings": list(one.warnings),
    }
