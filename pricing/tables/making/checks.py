"""What must hold of the files as they stand: each check yields its problems, one line each."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from pricing.formats import litellm_keys
from pricing.formats.document import is_mapping
from pricing.problems import PriceError
from pricing.rates import RateError, parse
from pricing.tables.making import fetch, genai_prices, litellm, plausible, stated, unusual
from pricing.tables.making.licences import unlicensed
from pricing.tables.making.reading import (
    Tables,
    read_tables,
)
from pricing.tables.making.rows import is_token
from pricing.tables.making.writing import built
from pricing.tables.making.yaml_text import parse_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pricing.tables.making.lines import Line, Sheet

_ATTO = 10**18


def rows(tables: Tables) -> Iterator[tuple[str, Sheet, Line]]:
    """Every row with its place."""
    for provider, sheets in sorted(tables.items()):
        for _, sheet in sorted(sheets.items()):
            for line in sheet.lines:
                yield provider, sheet, line


def schema_and_freshness(directory: Path) -> Iterator[str]:
    """Every file reads as the service reads it, and `builtin.json` is made from just these."""
    try:
        expected = built(directory)
    except PriceError as problem:
        yield from str(problem).splitlines()
        return
    found = directory / "builtin.json"
    if not found.exists() or found.read_bytes() != expected:
        yield "builtin.json is stale: run `python -m pricing.tables.build --compact`"


def figures(tables: Tables) -> Iterator[tuple[tuple[str, str, str], Decimal]]:
    """Every price with its place: USD per million tokens, or per single unit."""
    for provider, sheet, line in rows(tables):
        for name, text in line.prices:
            yield (provider, sheet.model, name), _figure(name, text)


def plausibility(
    tables: Tables, known: Mapping[tuple[str, str, str], frozenset[Decimal]] | None = None
) -> Iterator[str]:
    """Units and ratios; a slip of the unit must not pass."""
    known = unusual.listed() if known is None else known
    for provider, sheet, line in rows(tables):
        try:
            figures = {name: _figure(name, text) for name, text in line.prices}
        except RateError as problem:
            yield f"{_place(provider, sheet, line)}: {problem}"
            continue
        for name, figure in figures.items():
            if reason := unusual.doubt((provider, sheet.model, name), figure, known):
                yield f"{_place(provider, sheet, line)}: {reason}"
        reason = plausible.doubt(sheet.mode, figures) or _ratio(figures)
        if reason:
            yield f"{_place(provider, sheet, line)}: {reason}"
        if not line.source or not line.checked:
            yield f"{_place(provider, sheet, line)}: names no source or no date"
        for part in unlicensed(line.source):
            yield f"{_place(provider, sheet, line)}: {part!r} has no licence in sources.yaml"


def _figure(name: str, text: str) -> Decimal:
    rate = parse(name, text if " " in text else Decimal(text))
    per_unit = Decimal(rate.atto) / rate.units / _ATTO
    return per_unit * 10**6 if is_token(name) else per_unit


def _ratio(figures: dict[str, Decimal]) -> str:
    entering = figures.get("input")
    if not entering:
        return ""
    if figures.get("cache_read", 0) > entering * Decimal("1.5"):
        return "reading the cache costs more than the input it saves"
    if figures.get("cache_write", 0) > entering * 10:
        return "writing the cache costs over ten times the input"
    if figures.get("output", 0) > entering * 250:
        return "output at over 250 times the input"
    return ""


def overlaps(tables: Tables) -> Iterator[str]:
    """No two rows of one condition are in force at one moment: neither would have precedence."""
    for provider, sheets in sorted(tables.items()):
        for _, sheet in sorted(sheets.items()):
            last: dict[object, Line] = {}
            for line in sorted(sheet.lines, key=lambda row: row.start):
                before = last.get(line.when)
                if before is not None and (not before.end or before.end > line.start):
                    yield f"{_place(provider, sheet, line)}: overlaps the row before it"
                last[line.when] = line


def _sheet(sheets: dict[str, Sheet], name: str) -> Sheet | None:
    if name in sheets:
        return sheets[name]
    return next((s for s in sheets.values() if name in {a.lower() for a in s.aliases}), None)


def explained(directory: Path) -> Iterator[str]:
    """Every disagreement has its reason, and the table has the value that was taken."""
    content = parse_text((directory / "disagreements.yaml").read_text(encoding="utf-8"))
    tables = read_tables(directory)
    for group in content["reasons"]:
        if group["reason"].startswith("unsettled"):
            yield f"{len(group['cases'])} disagreements are unsettled: a rule in making/verdicts.py says why"
        for case in group["cases"]:
            sheet = _sheet(tables.get(case["provider"], {}), case["model"].lower())
            taken = case[case["taken"]]
            if not group["reason"]:
                yield f"{case['provider']}/{case['model']}: no reason given"
            if sheet is None or not _has(sheet, case["class"], taken):
                yield f"{case['provider']}/{case['model']}: {case['class']} {taken} is not in the table"


def since_august(directory: Path) -> Iterator[str]:
    """Where the map of August 2025 has another price for its day, the tables have the one that is recorded."""
    content = parse_text((directory / "disagreements.yaml").read_text(encoding="utf-8"))
    tables = read_tables(directory)
    for group in content["since_august_2025"]:
        for case in group["cases"]:
            sheet = _sheet(tables.get(case["provider"], {}), case["model"].lower())
            if sheet is None or not _has(sheet, case["class"], case["tables"]):
                yield f"{case['provider']}/{case['model']}: {case['class']} {case['tables']} is not in the table"


def sources_are_repeated(directory: Path, wheels: Path) -> Iterator[str]:
    """Every price of either living source is in the tables, or explained."""
    tables = read_tables(directory)
    known = stated.explained(
        parse_text((directory / "disagreements.yaml").read_text(encoding="utf-8"))
    )
    today = litellm.read(fetch.content(wheels, fetch.LITELLM), fetch.LITELLM.label)
    data = fetch.content(wheels, fetch.GENAI_PRICES)
    dated, _ = genai_prices.read(data, fetch.GENAI_PRICES.label)
    for package, book in ((fetch.LITELLM, today), (fetch.GENAI_PRICES, dated)):
        for problem in stated.unrepeated(book, tables, known, package.checked):
            yield f"{package.label}: {problem}"


def unnamed_keys(wheels: Path) -> Iterator[str]:
    """Price keys of LiteLLM's map that the reader neither prices nor names with a reason."""
    content = json.loads(fetch.content(wheels, fetch.LITELLM))
    keys = {key for entry in content.values() if is_mapping(entry) for key in entry}
    for key in sorted(keys):
        if litellm_keys.is_price(key) and not litellm_keys.is_named(key):
            yield f"litellm: {key} is in no table of pricing/formats/litellm_keys.py"


def _has(sheet: Sheet, name: str, taken: str) -> bool:
    return any(dict(line.prices).get(name, "").startswith(taken) for line in sheet.lines)


def _place(provider: str, sheet: Sheet, line: Line) -> str:
    when = ", ".join(f"{name}={value}" for name, value in line.when)
    return (
        f"{provider}/{sheet.model}"
        + (f"@{line.start}" if line.start else "")
        + (f"[{when}]" if when else "")
    )
