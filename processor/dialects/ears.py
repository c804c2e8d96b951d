"""What each attribute is to the shape of a span, worked out from the dialects' tables.

An attribute that two dialects read in two ways, or that takes more than a look, is `PLAIN`: a span
that carries it is read the long way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.dialects.containment import UNLESS
from processor.dialects.shapes import COUNTS, NAMES, PLAIN, STANDS, TELLS, Ear
from processor.dialects.usage import UNITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from processor.dialects.dialect import Dialect


def ear(
    dialects: Sequence[Dialect],
    marks: Iterable[str],
    plain: Iterable[str],
    kept: AbstractSet[str],
) -> Ear:
    """For writers of these dialects; where they are several, `marks` tell which one it is."""
    roles: dict[str, tuple[int, int]] = {}
    for dialect in dialects:
        for key, role, rank in _roles(dialect):
            known = roles.setdefault(key, (role, rank))
            if known != (role, rank):
                roles[key] = (PLAIN, 0)
    for key in (*marks, *UNLESS):
        if roles.setdefault(key, (STANDS, 0))[0] == NAMES:
            roles[key] = (PLAIN, 0)
    roles.update(dict.fromkeys(plain, (PLAIN, 0)))
    return Ear(roles, kept)


def _roles(dialect: Dialect) -> Iterator[tuple[str, int, int]]:
    """(key, role, rank) of everything that a dialect reads."""
    for spec in dialect.told():
        yield _simple(spec, TELLS, 0)
    for name, specs in dialect.usage.items():
        for spec in specs:
            yield _simple(spec, PLAIN if name in UNITS else COUNTS, 0)
    for rank, spec in enumerate(dialect.response_id):
        yield _simple(spec, NAMES, rank)
    for spec in dialect.reported_cost:
        yield _simple(spec, PLAIN, 0)


def _simple(spec: str, role: int, rank: int) -> tuple[str, int, int]:
    key, inside, _ = spec.partition("#")
    return (key, PLAIN, 0) if inside else (key, role, rank)
