"""The files of a build: the providers', the disagreements, and the compact build of the service."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pricing import compact
from pricing.formats import document as documents
from pricing.formats import genai_cost
from pricing.layer import Catalogue
from pricing.tables.making import against, history
from pricing.tables.making.compiling import TODAY
from pricing.tables.making.emit import document, filename
from pricing.tables.making.keeping import ALWAYS_RIGHT, keep
from pricing.tables.making.licences import licences
from pricing.tables.making.lines import Sheet, sheet_of
from pricing.tables.making.reading import read_tables, table_files, version_of
from pricing.tables.making.record import record

if TYPE_CHECKING:
    from pathlib import Path

    from pricing.rows import Entry
    from pricing.tables.making.compiling import Compiled
    from pricing.tables.making.reading import Tables


def write_tables(compiled: Compiled, out: Path, *, fresh: bool) -> str:
    """Write everything; a line of counts for the person at the terminal."""
    tables = _sheets(compiled)
    if not fresh:
        tables = keep(tables, read_tables(out), TODAY, _believed(out))
    for provider, sheets in tables.items():
        name = compiled.names.get(provider, provider)
        text = document(provider, name, sheets.values(), TODAY)
        (out / filename(provider)).write_text(text, encoding="utf-8")
    (out / "disagreements.yaml").write_text(record(compiled), encoding="utf-8")
    (out / "builtin.json").write_bytes(built(out))
    models = [sheet for sheets in tables.values() for sheet in sheets.values()]
    names = sum(len(sheet.aliases) for sheet in models)
    rows = sum(len(sheet.lines) for sheet in models)
    return f"{len(tables)} providers, {len(models)} models, {names} aliases, {rows} rows"


def _believed(out: Path) -> dict[tuple[str, str], str]:
    """Until when the new tables are right about the past: always, of what has been corrected since."""
    corrected = dict.fromkeys(against.corrected(version_of(out)), ALWAYS_RIGHT)
    return history.untils() | corrected


def _sheets(compiled: Compiled) -> Tables:
    tables: defaultdict[str, dict[str, Sheet]] = defaultdict(dict)
    for (provider, model), entry in sorted(compiled.book.items()):
        tables[provider][model] = sheet_of(entry)
    return dict(tables)


def catalogue(directory: Path) -> Catalogue:
    """All files as the service reads them; raises `PriceError`."""
    entries: dict[tuple[str, str], Entry] = {}
    aliases: dict[tuple[str, str], str] = {}
    for path in table_files(directory):
        loaded = genai_cost.read(documents.parse(path.read_bytes(), path.name)).layer
        for key in loaded.models():
            found = loaded.entry(*key)
            if found is not None:
                entries[key] = found
        aliases |= loaded.aliases()
    return Catalogue(entries, aliases, TODAY)


def built(directory: Path) -> bytes:
    """The compact build of the files in a directory."""
    return compact.dump(catalogue(directory), licences=licences())
