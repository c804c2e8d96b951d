"""The YAML files: one a provider, sorted, one row a few lines, readable beside a vendor's price page.

Written by hand rather than by a YAML library, so that a price stands on one line and a change of
one price is a diff of one line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pricing.tables.making.lines import Line, Sheet
    from pricing.tables.making.rows import When

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9._/+-]*|[0-9]+[xkp][0-9]*")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_HEAD: Final = """\
# {name}: made by `make prices`. What the sources get wrong is put right in pricing/tables/making.
# A bare number is USD per million tokens. Rows hold in [from, to) where all of `when` is met.
genai-cost: 1
version: "{version}"
checked: {version}
providers:
  {provider}:
    name: {name}
    models:
"""


def document(provider: str, name: str, sheets: Iterable[Sheet], version: str) -> str:
    """The whole file of one provider."""
    ordered = sorted(sheets, key=lambda sheet: sheet.model.lower())
    head = _HEAD.format(name=scalar(name), provider=scalar(provider), version=version)
    return head + "".join(_model(sheet, version) for sheet in ordered)


def filename(provider: str) -> str:
    """The file a provider's models stand in."""
    return re.sub(r"[^a-z0-9._-]", "_", provider) + ".yaml"


def _model(sheet: Sheet, checked: str) -> str:
    out = [f"      {scalar(sheet.model)}:"]
    if sheet.mode:
        out.append(f"        mode: {sheet.mode}")
    out += _aliases(sheet.aliases)
    out += _multipliers(sheet.multipliers)
    out.append("        rows:")
    for line in sheet.lines:
        out += _row(line, checked)
    return "\n".join(out) + "\n"


def _aliases(aliases: list[str]) -> list[str]:
    if not aliases:
        return []
    flow = f"        aliases: [{', '.join(map(scalar, aliases))}]"
    if len(flow) <= 96:
        return [flow]
    return ["        aliases:", *(f"          - {scalar(alias)}" for alias in aliases)]


def _multipliers(multipliers: list[tuple[When, str]]) -> list[str]:
    rows = [
        f"          - {{when: {_flow(dict(when))}, times: {by}}}" for when, by in multipliers
    ]
    return ["        multipliers:", *rows] if rows else []


def _row(line: Line, checked: str) -> list[str]:
    """The day stands where it is another than the file's: the sources say this row no more."""
    fields = [
        ("from", line.start),
        ("to", line.end),
        ("when", _flow(_condition(line)) if line.when else ""),
        ("prices", _flow(dict(line.prices))),
        ("source", line.source),
        ("checked", "" if line.checked == checked else line.checked),
    ]
    written = [f"{key}: {value}" for key, value in fields if value]
    return [f"          {'  ' if index else '- '}{item}" for index, item in enumerate(written)]


def _condition(line: Line) -> dict[str, str]:
    """The condition as people say it: over 199,999 is from 200,000."""
    pairs = dict(line.when)
    threshold = pairs.get("context_over", "")
    if threshold.endswith("999"):
        del pairs["context_over"]
        pairs["context_from"] = str(int(threshold) + 1)
    return pairs


def _flow(pairs: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {_value(key, value)}" for key, value in pairs.items()) + "}"


def _value(key: str, value: str) -> str:
    if key == "hours" or ", " in value or value.startswith("!"):
        return f'"{value}"'
    return value


def scalar(value: str) -> str:
    """Text as YAML reads it back, quoted only where it must be."""
    if (
        _PLAIN.fullmatch(value)
        and value.lower() not in _WORDS
        and not re.fullmatch(r"\d+e\d+", value)
    ):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
