"""`genai-cost prices import FILE...`: published price files as one file of our own form.

Later files win over earlier ones, row by row; whatever one of them overrules is said.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from processor.cli.output import print_json, print_problems

if TYPE_CHECKING:
    from pricing.formats.loaded import Loaded
    from pricing.formats.merging import Merged

EXAMPLES: Final = """\b
Examples:
  genai-cost prices import --from litellm model_prices_and_context_window.json -o prices.yaml
  genai-cost prices import --from litellm,genai-prices litellm.json data.json > prices.yaml
  genai-cost prices import openlit.json ours.yaml --json
"""
_SHOWN: Final = 20


def _forms(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    """Return the forms that files may have; every one where none is named."""
    from pricing.formats.detect import AUTO, READERS  # noqa: PLC0415 - only when it is called

    named = tuple(form.strip() for form in value.split(",") if form.strip())
    for form in named:
        if form not in {AUTO, *READERS}:
            raise click.BadParameter(f"{form!r} is no form; known: {', '.join(READERS)}")
    return tuple(READERS) if AUTO in named or not named else named


@click.command("import", epilog=EXAMPLES)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--from",
    "forms",
    default="auto",
    callback=_forms,
    metavar="FORM[,FORM...]",
    help="What the files may be: litellm, genai-prices, openlit, tokencost, genai-cost. One form "
    "is taken at its word; of several, each file's content decides.",
)
@click.option("-o", "--output", metavar="FILE", help="Write here; stdout if left out.")
@click.option(
    "--version", default="", metavar="TEXT", help="The version that the file will have."
)
@click.option("--strict", is_flag=True, help="Exit 1 where two files differ about a price.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def import_prices(  # noqa: PLR0913 - a command's options are its arguments
    *,
    files: tuple[str, ...],
    forms: tuple[str, ...],
    output: str | None,
    version: str,
    strict: bool,
    as_json: bool,
) -> None:
    """Merge published price FILEs into one of our own form; later files win, row by row."""
    from pricing.formats.merging import merge  # noqa: PLC0415 - only when it is called
    from pricing.rates import RateError  # noqa: PLC0415

    sources = _read(files, forms, as_json=as_json)
    merged = merge(sources, version)
    try:
        _write(merged, output, sources, as_json=as_json)
    except (OSError, RateError) as bad:
        _fail([f"{output or 'stdout'}: cannot be written: {bad}"], as_json=as_json)
    if not as_json:
        _tell(merged, sources)
    sys.exit(int(strict and bool(merged.conflicts)))


def _read(
    files: tuple[str, ...], forms: tuple[str, ...], *, as_json: bool
) -> list[tuple[str, Loaded]]:
    from pricing.book import read_file  # noqa: PLC0415
    from pricing.formats import detect  # noqa: PLC0415
    from pricing.formats.document import parse  # noqa: PLC0415
    from pricing.problems import PriceError  # noqa: PLC0415

    found: list[tuple[str, Loaded]] = []
    problems: list[str] = []
    for file in files:
        try:
            data = read_file(file)
            form = forms[0] if len(forms) == 1 else detect.detect(parse(data, file).value)
            if form and form not in forms:
                problems.append(f"{file}: is of form {form}; --from names {', '.join(forms)}")
                continue
            found.append((file, detect.read(data, file, form or detect.AUTO)))
        except OSError as bad:
            problems.append(f"{file}: cannot be read: {bad.strerror or bad}")
        except PriceError as bad:
            problems += bad.problems
    if problems:
        _fail(problems, as_json=as_json)
    return found


def _fail(problems: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": False, "problems": problems})
    print_problems(problems)
    sys.exit(1)


def _write(
    merged: Merged,
    output: str | None,
    sources: list[tuple[str, Loaded]],
    *,
    as_json: bool,
) -> None:
    from pricing.formats import written  # noqa: PLC0415

    if output is not None:
        Path(output).write_text(written.text(merged.layer), encoding="utf-8")
    elif not as_json:
        sys.stdout.write(written.text(merged.layer))
    if as_json:
        prices = {} if output is not None else {"prices": written.document(merged.layer)}
        print_json({**_as_json(merged, sources), "output": output, **prices})


def _as_json(merged: Merged, sources: list[tuple[str, Loaded]]) -> dict[str, Any]:
    return {
        "ok": True,
        "files": [
            {"file": file, "format": loaded.format, "models": loaded.layer.count}
            for file, loaded in sources
        ],
        "models": merged.layer.count,
        "rows": merged.layer.rows,
        "conflicts": [conflict._asdict() for conflict in merged.conflicts],
        "notes": list(merged.notes),
        "warnings": [warning for _, loaded in sources for warning in loaded.warnings],
    }


def _tell(merged: Merged, sources: list[tuple[str, Loaded]]) -> None:
    warnings = [warning for _, loaded in sources for warning in loaded.warnings]
    for lines, word in (
        (warnings, "warning"),
        (list(merged.notes), "note"),
        ([str(conflict) for conflict in merged.conflicts], "conflict"),
    ):
        print_problems(lines[:_SHOWN], word)
        if len(lines) > _SHOWN:
            more = f"{len(lines) - _SHOWN} more of these; --json has all"
            print_problems([more], word)
    files = ", ".join(f"{file} ({loaded.format})" for file, loaded in sources)
    count = f"{merged.layer.count} models, {merged.layer.rows} rows"
    click.echo(f"{count} of {files}; {len(merged.conflicts)} conflicts", err=True)
