"""Several price sources as one catalogue: later ones win, row by row, and every overruled price is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pricing import rates
from pricing.layer import Catalogue
from pricing.rows import Entry, Row, row_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pricing.formats.loaded import Loaded
    from pricing.rates import Rate


class Conflict(NamedTuple):
    """Two sources, one price: which row and class, both values, and whose was taken."""

    row: str
    name: str
    first: str
    """The text of the earlier source's price."""
    first_source: str
    taken: str
    taken_source: str

    def __str__(self) -> str:
        return (
            f"{self.row} {self.name}: {self.first} in {self.first_source}, "
            f"{self.taken} in {self.taken_source}: taken"
        )


class Merged(NamedTuple):
    """The catalogue, and what was decided on the way to it."""

    layer: Catalogue
    conflicts: tuple[Conflict, ...]
    notes: tuple[str, ...]


class _Merging:
    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], Entry] = {}
        self.aliases: dict[tuple[str, str], str] = {}
        self.conflicts: list[Conflict] = []
        self.notes: list[str] = []
        # Which source a price came from: by model, row and class.
        self._origin: dict[tuple[tuple[str, str], object, str], str] = {}

    def take(self, name: str, loaded: Loaded) -> None:
        """A further source, over those before it."""
        layer = loaded.layer
        for key in layer.models():
            entry = layer.entry(*key)
            if entry is not None:
                self.aliases.pop(key, None)
                self._entry(name, key, entry)
        for alias, model in layer.aliases().items():
            self._alias(name, alias, model)
        if layer.open_matches:
            self.notes.append(
                f"{name}: {layer.open_matches} models also match by pattern, which this form has no "
                "place for; name that file itself among `sources` for those"
            )

    def _alias(self, name: str, alias: tuple[str, str], model: str) -> None:
        known = self.aliases.get(alias)
        if known is not None and known != model:
            self.notes.append(
                f"{'/'.join(alias)} is {known} before {name}, {model} in it: taken"
            )
        if alias[1] != model and self.entries.pop(alias, None) is not None:
            self.notes.append(
                f"{'/'.join(alias)} has prices before {name}, is {model} in it: taken"
            )
        self.aliases[alias] = model

    def target(self, alias: tuple[str, str]) -> str:
        """The model that an alias ends at: a later file may have made a model an alias."""
        model = alias[1]
        for _ in range(8):
            if (alias[0], model) in self.entries:
                return model
            model = self.aliases.get((alias[0], model), "")
        return ""

    def _entry(self, name: str, key: tuple[str, str], entry: Entry) -> None:
        known = self.entries.get(key)
        rows = {(row.when, row.since): row for row in known.rows} if known else {}
        for row in entry.rows:
            place = row.when, row.since
            rows[place] = self._row(name, key, rows.get(place), row)
        multipliers = entry.multipliers or (known.multipliers if known else ())
        mode = entry.mode or (known.mode if known else "")
        label = entry.name or (known.name if known else "")
        self.entries[key] = Entry(*key, tuple(rows.values()), mode, label, multipliers)

    def _row(self, name: str, key: tuple[str, str], known: Row | None, row: Row) -> Row:
        found: dict[str, Rate] = dict(known.rates) if known is not None else {}
        for kind, rate in row.rates.items():
            origin = key, (row.when, row.since), kind
            if kind in found and found[kind] != rate:
                self.conflicts.append(
                    Conflict(
                        row_id(*key, row),
                        kind,
                        rates.text(kind, found[kind]),
                        self._origin[origin],
                        rates.text(kind, rate),
                        name,
                    )
                )
            found[kind] = rate
            self._origin[origin] = name
        until = known.until if known is not None and row.until is None else row.until
        sources = dict.fromkeys(filter(None, (known.source if known else "", row.source)))
        return Row(found, row.since, until, row.when, "; ".join(sources), row.checked)


def merge(sources: Iterable[tuple[str, Loaded]], version: str = "") -> Merged:
    """One catalogue of several sources in order; names are for people."""
    merging = _Merging()
    for name, loaded in sources:
        merging.take(name, loaded)
    targets = {alias: merging.target(alias) for alias in merging.aliases}
    aliases = {alias: model for alias, model in targets.items() if model and alias[1] != model}
    layer = Catalogue(merging.entries, aliases, version)
    return Merged(layer, tuple(merging.conflicts), tuple(sorted(merging.notes)))
