"""Several price sources as one catalogue: what the service would answer with them as its `sources`, in one file.

Later ones win, row by row, by the table's own rules (`pricing.stacking`, `pricing.match`); every overruled price
is named. Invariant: an id of any source costs by the merged file what it costs by the sources themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pricing import rates
from pricing.layer import ANY, Catalogue
from pricing.match import candidates
from pricing.rows import Entry, Row, row_id
from pricing.stacking import over
from pricing.table import PriceTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pricing.formats.loaded import Loaded

_Key = tuple[str, str]


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
    def __init__(self, sources: Sequence[tuple[str, Loaded]]) -> None:
        self.sources = sources
        self.table = PriceTable(tuple(loaded.layer for _, loaded in sources), "")
        self.conflicts: dict[Conflict, None] = {}
        self.notes: dict[str, None] = {}

    def answers(self) -> dict[_Key, Entry]:
        """What the sources together say to every id and alias that one of them has."""
        names = dict.fromkeys(self.table.models())
        for _, loaded in self.sources:
            names |= dict.fromkeys(loaded.layer.aliases())
        found = ((key, self._answer(*key)) for key in names)
        return {key: entry for key, entry in found if entry is not None}

    def _answer(self, provider: str, name: str) -> Entry | None:
        """By the last source that knows one of the spellings of a name, as the table asks them."""
        for layer in reversed(self.table.layers):
            for spelling, _ in candidates(name, provider):
                model = layer.resolve(provider, spelling) or layer.resolve(ANY, spelling)
                if model is not None:
                    return self.table.entry(provider, model)
        return None

    def compare(self, key: _Key) -> None:
        """Names what each source overrules of those before it."""
        known: Entry | None = None
        origin: dict[tuple[object, str], str] = {}
        for name, loaded in self.sources:
            entry = loaded.layer.entry(*key) or loaded.layer.entry(ANY, key[1])
            if entry is None:
                continue
            for row, old in _pairs(entry, known):
                self._overruled(key, row, old, name, origin)
            origin |= {(row.when, kind): name for row in entry.rows for kind in row.rates}
            known = entry if known is None else over(entry, known)

    def _overruled(
        self, key: _Key, row: Row, old: Row, name: str, origin: dict[tuple[object, str], str]
    ) -> None:
        for kind, rate in row.rates.items():
            if kind in old.rates and old.rates[kind] != rate:
                said = (rates.text(kind, old.rates[kind]), origin[old.when, kind])
                self.conflicts[
                    Conflict(row_id(*key, old), kind, *said, rates.text(kind, rate), name)
                ] = None
        dropped = [kind for kind in old.rates if kind not in row.rates]
        if dropped:
            words = f"{', '.join(dropped)} of {origin[old.when, dropped[0]]} is not in {name}"
            self.notes[f"{row_id(*key, old)}: {words}, whose row takes its place"] = None

    def rename(self) -> None:
        """Names what a source says of another's ids and aliases."""
        meant: dict[_Key, str] = {}
        for name, loaded in self.sources:
            for key, model in loaded.layer.aliases().items():
                was = meant.get(key, model)
                if was != model:
                    what = "has prices" if was == key[1] else f"is {was}"
                    words = f"{what} before {name}, is {model} in it: taken"
                    self.notes[f"{'/'.join(key)} {words}"] = None
            meant.update({key: key[1] for key in loaded.layer.models()})
            meant.update(loaded.layer.aliases())
            if loaded.layer.open_matches:
                self.notes[
                    f"{name}: {loaded.layer.open_matches} models also match by pattern, which this "
                    "form has no place for; name that file itself among `sources` for those"
                ] = None


def merge(sources: Iterable[tuple[str, Loaded]], version: str = "") -> Merged:
    """One catalogue of several sources in order; names are for people."""
    merging = _Merging(tuple(sources))
    answers = merging.answers()
    for key in merging.table.models():
        merging.compare(key)
    merging.rename()
    entries: dict[_Key, Entry] = {}
    aliases: dict[_Key, str] = {}
    for (provider, name), entry in answers.items():
        meant = answers.get((provider, entry.model))
        if name != entry.model and meant is not None and meant.model == entry.model:
            aliases[provider, name] = entry.model
        else:  # a later source may have made an alias of the model itself: then its rows stand here
            entries[provider, name] = entry._replace(provider=provider, model=name)
    layer = Catalogue(entries, aliases, version)
    return Merged(layer, tuple(merging.conflicts), tuple(sorted(merging.notes)))


def _pairs(entry: Entry, known: Entry | None) -> Iterator[tuple[Row, Row]]:
    """Each row with those before it that are for the same calls at some same time."""
    for old in known.rows if known is not None else ():
        for row in entry.rows:
            begins = old.until is None or row.since is None or row.since < old.until
            if (
                old.when == row.when
                and begins
                and (row.until is None or old.since is None or old.since < row.until)
            ):
                yield row, old
