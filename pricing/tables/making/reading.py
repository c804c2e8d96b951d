"""The files as they stand, read back as sheets: what earlier builds said.

Every scalar stays text. This is the build's own memory; the service's reader is
`pricing.formats.genai_cost`, which the check holds the files against.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pricing.tables.making.lines import Line, Sheet
from pricing.tables.making.rows import ordered
from pricing.tables.making.yaml_text import parse_text

if TYPE_CHECKING:
    from pathlib import Path

Tables = dict[str, dict[str, Sheet]]

NOT_TABLES = frozenset({"disagreements.yaml"})


def table_files(directory: Path) -> list[Path]:
    """The providers' files, sorted."""
    return [path for path in sorted(directory.glob("*.yaml")) if path.name not in NOT_TABLES]


def read_tables(directory: Path) -> Tables:
    """Sheets by provider and lowercase id."""
    tables: Tables = {}
    for path in table_files(directory):
        tables |= read_text(path.read_text())
    return tables


def version_of(directory: Path) -> str:
    """The latest version that the files state; empty where there are none."""
    found = (
        re.search(r'^version: "(.*)"', path.read_text(encoding="utf-8"), re.MULTILINE)
        for path in table_files(directory)
    )
    return max((match[1] for match in found if match is not None), default="")


def read_text(text: str) -> Tables:
    """The sheets of one file."""
    content = parse_text(text)
    return {
        provider: {
            model.lower(): _sheet(model, body, content.get("checked", ""))
            for model, body in fields["models"].items()
        }
        for provider, fields in content["providers"].items()
    }


def _sheet(model: str, body: Any, checked: str) -> Sheet:
    times = [
        (ordered(item["when"].items()), item["times"]) for item in body.get("multipliers", [])
    ]
    rows = body["rows"] if "rows" in body else [{"prices": body["prices"]}]
    return Sheet(
        model,
        body.get("mode", ""),
        list(body.get("aliases", [])),
        times,
        [_line(row, checked) for row in rows],
    )


def _line(row: Any, checked: str) -> Line:
    when = dict(row.get("when", {}))
    if "context_from" in when:
        when["context_over"] = str(int(when.pop("context_from")) - 1)
    return Line(
        start=row.get("from", ""),
        end=row.get("to", ""),
        when=ordered(when.items()),
        prices=tuple(row["prices"].items()),
        source=row.get("source", ""),
        checked=row.get("checked", checked),
    )
