"""docs/performance.md from the results: its tables between `<!-- bench: NAME -->` and `<!-- end -->`, and its charts.

    python -m tests.bench.page [RESULTS]

RESULTS is a folder with what the benchmarks wrote; its files are copied beside the page, which is made from the copies.
Nothing in it is typed by hand: a test compares.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench.page_tables import TABLES

if TYPE_CHECKING:
    from tests.bench.report import Row

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGE: Final = DOCS / "performance.md"
RESULTS: Final = DOCS / "performance"
_MARKED: Final = re.compile(r"(<!-- bench: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def results() -> dict[str, list[Row]]:
    """All rows by kind, those of several files together; `facts` has a row for each file."""
    found: dict[str, list[Any]] = {"facts": []}
    for file in sorted(RESULTS.glob("*.json")):
        said = json.loads(file.read_text())
        found["facts"].append(said.pop("facts"))
        for kind, rows in said.items():
            found.setdefault(kind, []).extend(rows)
    return found


def filled(text: str, found: dict[str, list[Row]]) -> str:
    """The page with its tables as the results have them."""

    def fill(marked: re.Match[str]) -> str:
        return marked[1] + TABLES[marked[2]](found) + marked[3]

    return _MARKED.sub(fill, text)


def main() -> None:
    for name in sys.argv[1:]:
        RESULTS.mkdir(exist_ok=True)
        for file in Path(name).glob("*.json"):
            shutil.copy(file, RESULTS)
    found = results()
    PAGE.write_text(filled(PAGE.read_text(), found))
    from tests.bench.charts import draw  # noqa: PLC0415 - needs matplotlib, which the tables do not

    draw(found["growth"], RESULTS)


if __name__ == "__main__":
    main()
