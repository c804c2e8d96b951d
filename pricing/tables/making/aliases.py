"""One model under several ids: which ids are only names, and what kind of model it is.

An id becomes an alias only where both have the same prices over all time and either a source names
both as one model or they differ by a calendar date. `-latest` moves, so it is never either.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from pricing.tables.making.rows import Book, Classes, Entry

_DATE = re.compile(r"[-@]20\d\d-?\d\d-?\d\d$")


def collapse(book: Book) -> Book:
    """The book with every mere name put under its model."""
    for entry in book.values():
        entry.mode = entry.mode or _mode(entry)
    leaders = _leaders(book)
    kept: Book = {}
    for key, entry in book.items():
        if leaders.get(key, key) == key:
            kept[key] = entry
    for key, leader in leaders.items():
        if leader != key:
            kept[leader].aliases.append(book[key].model)
    for entry in kept.values():
        entry.aliases.sort(key=str.lower)
    return kept


def _leaders(book: Book) -> dict[tuple[str, str], tuple[str, str]]:
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for members in _families(book):
        by_price: dict[Hashable, list[tuple[str, str]]] = defaultdict(list)
        for key in members:
            if not key[1].endswith("-latest"):
                by_price[_signature(book[key])].append(key)
        for same in by_price.values():
            leader = min(
                same, key=lambda key: (_DATE.search(key[1]) is not None, *_rank(book, key))
            )
            found.update(dict.fromkeys(same, leader))
    return found


def _rank(book: Book, key: tuple[str, str]) -> tuple[bool, int, str]:
    """The source's own id of the model first, then the shortest."""
    entry = book[key]
    return (not entry.kin.lower().endswith(f"/{key[1]}"), len(key[1]), key[1])


def _families(book: Book) -> Iterable[list[tuple[str, str]]]:
    """Ids that a source or a calendar date ties together."""
    families: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    home: dict[tuple[str, str], tuple[str, str]] = {}
    for key in book:
        base = (key[0], _DATE.sub("", key[1]))
        entry = book[key]
        tied = home.get(base) or (home.get((key[0], f"kin {entry.kin}")) if entry.kin else None)
        family = tied or base
        home[base] = family
        if entry.kin:
            home[key[0], f"kin {entry.kin}"] = family
        families[family].append(key)
    return families.values()


def _signature(entry: Entry) -> Hashable:
    periods = tuple(
        (p.start, p.end, tuple(sorted((c, _rates(v)) for c, v in p.grid.items())))
        for p in entry.periods
    )
    return periods, tuple((m.condition, m.factor) for m in entry.multipliers)


def _rates(classes: Classes) -> Hashable:
    return tuple(sorted((name, price.rate) for name, price in classes.items()))


def _mode(entry: Entry) -> str:
    """What a model does, from what it is charged for and what it is called."""
    classes = {
        name for period in entry.periods for grid in period.grid.values() for name in grid
    }
    for word, mode in (
        ("embed", "embedding"),
        ("bge-", "embedding"),
        ("voyage-", "embedding"),
        ("davinci", "completion"),
        ("curie", "completion"),
        ("babbage", "completion"),
        ("rerank", "rerank"),
        ("moderation", "moderation"),
    ):
        if word in entry.model.lower():
            return mode
    for name, mode in (
        ("pages", "ocr"),
        ("audio_seconds", "transcription"),
        ("images", "image"),
    ):
        if name in classes and "output" not in classes:
            return mode
    if "input_characters" in classes and "output" not in classes:
        return "speech"
    # Classifiers and routers: charged for what goes in, and no source says what they do.
    return "chat" if "output" in classes else "other"
