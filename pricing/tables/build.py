"""`python -m pricing.tables.build`: the price tables from their pinned sources, in one command.

Writes one YAML file a provider, `disagreements.yaml`, and the compact build that the service loads.
Running it twice changes nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from pricing.tables.making import checks, fetch, unusual
from pricing.tables.making.compiling import compile_tables
from pricing.tables.making.reading import read_tables
from pricing.tables.making.writing import built, write_tables

HERE = Path(__file__).parent


def main(arguments: list[str] | None = None) -> int:
    """Build; 0 when the files are written."""
    parser = argparse.ArgumentParser(prog="python -m pricing.tables.build", description=__doc__)
    parser.add_argument("--wheels", type=Path, help="a directory that has, or gets, the wheels")
    parser.add_argument("--out", type=Path, default=HERE, help="where the tables stand")
    parser.add_argument(
        "--fresh", action="store_true", help="forget the rows of earlier builds"
    )
    parser.add_argument(
        "--compact", action="store_true", help="only builtin.json, after an edit by hand"
    )
    parser.add_argument(
        "--unusual", action="store_true", help="only making/unusual.yaml, after a look at each"
    )
    options = parser.parse_args(arguments)
    if options.unusual:
        found = checks.figures(read_tables(options.out))
        unusual.FILE.write_text(unusual.written(found), encoding="utf-8")
        return 0
    if options.compact:
        (options.out / "builtin.json").write_bytes(built(options.out))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        wheels = options.wheels or Path(temporary)
        fetch.ensure(wheels)
        merged = compile_tables(wheels)
    print(write_tables(merged, options.out, fresh=options.fresh))
    return 0


if __name__ == "__main__":
    sys.exit(main())
