"""`python -m pricing.tables.check`: schema, units, overlaps, lost rows, explained disagreements.

Exit 0 when everything holds, 1 with every problem on its own line. With `--wheels` it also makes
the tables anew from their sources, and holds every price that a source states against them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import chain
from pathlib import Path

from pricing import compact
from pricing.tables.making import against, checks, fetch
from pricing.tables.making.compiling import compile_tables
from pricing.tables.making.reading import read_tables, table_files
from pricing.tables.making.writing import built, write_tables

HERE = Path(__file__).parent


def main(arguments: list[str] | None = None) -> int:
    """Check; 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m pricing.tables.check", description=__doc__)
    parser.add_argument("--tables", type=Path, default=HERE, help="where the tables stand")
    parser.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="COMMIT|FILE|previous",
        help="a commit or a released builtin.json whose rows must still be here",
    )
    parser.add_argument("--wheels", type=Path, help="rebuild from the wheels here, and compare")
    options = parser.parse_args(arguments)
    directory: Path = options.tables
    tables = read_tables(directory)
    problems = [
        *checks.schema_and_freshness(directory),
        *checks.plausibility(tables),
        *checks.overlaps(tables),
        *checks.explained(directory),
        *checks.since_august(directory),
        *_lost(directory, options.against),
        *(_rebuilt(directory, options.wheels) if options.wheels else ()),
    ]
    for problem in problems:
        print(problem, file=sys.stderr)
    models = sum(map(len, tables.values()))
    count = sum(1 for _ in checks.rows(tables))
    print(f"{len(tables)} providers, {models} models, {count} rows: {len(problems)} problems")
    return 1 if problems else 0


def _lost(directory: Path, references: list[str]) -> list[str]:
    """Against what was named; of its own accord against the state before, where git has one."""
    now = compact.load(built(directory))
    found: list[str] = []
    for reference in references or [against.PREVIOUS]:
        try:
            found += against.lost(against.state(directory, reference), now, reference)
        except LookupError as problem:
            if references:
                found.append(str(problem))
            else:
                print(f"not compared with an earlier state: {problem}")
    return found


def _rebuilt(directory: Path, wheels: Path) -> list[str]:
    """Files that differ from what the sources give, earlier rows kept."""
    fetch.ensure(wheels)
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary)
        for path in table_files(directory):
            (out / path.name).write_bytes(path.read_bytes())
        write_tables(compile_tables(wheels), out, fresh=False)
        repeated = [
            *checks.sources_are_repeated(directory, wheels),
            *checks.unnamed_keys(wheels),
        ]
        names = {path.name for path in chain(directory.glob("*.yaml"), out.glob("*.yaml"))}
        return [
            *repeated,
            *(
                f"{name} is not what `make prices` makes"
                for name in sorted(names)
                if _bytes(directory / name) != _bytes(out / name)
            ),
        ]


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


if __name__ == "__main__":
    sys.exit(main())
