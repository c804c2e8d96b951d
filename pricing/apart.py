"""A price source read in another process: the layer leaves it in pieces and is put together here.

Reading a large table holds the interpreter for as long as it takes; a piece only for a moment. What passes is
trusted: two processes of one installation, by a pipe of their own.
"""

from __future__ import annotations

import pickle
import sys
from itertools import islice
from typing import IO, TYPE_CHECKING, Final, NamedTuple, TypeVar

from pricing.layer import Catalogue
from pricing.problems import PriceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pricing.book import PriceSource
    from pricing.layer import OpenMatch
    from pricing.rows import Entry

PIECE: Final = 50
"""Models in a piece."""
_PROTOCOL: Final = pickle.HIGHEST_PROTOCOL
_T = TypeVar("_T")


class Head(NamedTuple):
    """What comes first: why there is no layer, or what of it is not split."""

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    version: str = ""
    patterns: Mapping[str, Sequence[OpenMatch]] = {}
    endpoints: tuple[tuple[str, str], ...] = ()
    pieces: int = 0


class Piece(NamedTuple):
    """Some models, or some other ids of them."""

    entries: tuple[Entry, ...] = ()
    aliases: tuple[tuple[tuple[str, str], str], ...] = ()


def question(source: PriceSource, data: bytes, *, builtin: bool) -> bytes:
    """What the other process is asked; `builtin`: whether prices are compared with that table."""
    return pickle.dumps((source, builtin), _PROTOCOL) + data


def answered(stream: IO[bytes]) -> Iterator[Head | Piece]:
    """What it answers, as it comes; raises EOFError where it breaks off."""
    head: Head = pickle.load(stream)  # noqa: S301 - see above
    yield head
    for _ in range(head.pieces):
        yield pickle.load(stream)  # noqa: S301


def together(parts: Iterable[Head | Piece]) -> tuple[Catalogue, tuple[str, ...]]:
    """The layer and the warnings, as `book.judged` gives them; raises its `PriceError`."""
    head = Head()
    entries: dict[tuple[str, str], Entry] = {}
    aliases: dict[tuple[str, str], str] = {}
    for part in parts:
        if isinstance(part, Piece):
            entries.update(((entry.provider, entry.model), entry) for entry in part.entries)
            aliases.update(part.aliases)
        elif part.problems:
            raise PriceError(part.problems)
        else:
            head = part
    layer = Catalogue(entries, aliases, head.version, head.patterns, head.endpoints)
    return layer, head.warnings


def taken_apart(layer: Catalogue, warnings: tuple[str, ...]) -> Iterator[Head | Piece]:
    """The same the other way round."""
    entries = [entry for key in layer.models() if (entry := layer.entry(*key)) is not None]
    models, names = list(_split(entries)), list(_split(layer.aliases().items()))
    count = len(models) + len(names)
    yield Head((), warnings, layer.version, layer.patterns, layer.endpoints, count)
    yield from (Piece(entries=some) for some in models)
    yield from (Piece(aliases=some) for some in names)


def _split(things: Iterable[_T]) -> Iterator[tuple[_T, ...]]:
    rest = iter(things)
    while some := tuple(islice(rest, PIECE)):
        yield some


def _parts(asked: IO[bytes]) -> Iterator[Head | Piece]:
    from pricing.book import judged, limits_of_builtin  # noqa: PLC0415 - they are what takes time

    source, builtin = pickle.load(asked)  # noqa: S301
    limits = limits_of_builtin(source.guards) if builtin else None
    try:
        yield from taken_apart(*judged(source, asked.read(), limits))
    except PriceError as bad:
        yield Head(problems=bad.problems)


def main() -> None:
    """The other process: a question on standard input, its answer on standard output."""
    for part in _parts(sys.stdin.buffer):
        sys.stdout.buffer.write(pickle.dumps(part, _PROTOCOL))
    sys.stdout.buffer.flush()
