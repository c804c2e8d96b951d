"""What each attribute is to the shape of a span, worked out from the dialects' tables.

An attribute that two dialects read in two ways, or that takes more than a look, is `AT_LENGTH`: a span
that carries it is read the long way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.dialects.containment import ASKED
from processor.dialects.guesses import GUESSERS, LOOKED_INTO
from processor.dialects.reported import LITELLM_KEY, LITELLM_NEW_KEY, TELL
from processor.dialects.shapes import AT_LENGTH, COSTS, COUNTS, NAMES, STANDS, TELLS, Ear
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
    roles: dict[str, int] = {}
    for dialect in dialects:
        for key, role in _roles(dialect):
            if roles.setdefault(key, role) != role:
                roles[key] = AT_LENGTH
    for key in (*marks, *ASKED):
        if roles.setdefault(key, STANDS) == NAMES:
            roles[key] = AT_LENGTH
    roles.update(dict.fromkeys(TELL, TELLS))
    for key in (*plain, LITELLM_KEY, LITELLM_NEW_KEY):
        if roles.get(key) != COSTS:  # those are cut where a stamp replaces them
            roles[key] = AT_LENGTH
    if len(dialects) == 1 and dialects[0].name in GUESSERS:
        roles.update(dict.fromkeys(LOOKED_INTO, AT_LENGTH))
    return Ear(roles, kept)


def _roles(dialect: Dialect) -> Iterator[tuple[str, int]]:
    """(key, role) of everything that a dialect reads."""
    for spec in dialect.told():
        yield _simple(spec, TELLS)
    for name, specs in dialect.usage.items():
        for spec in specs:
            yield _simple(spec, AT_LENGTH if name in UNITS else COUNTS)
    for spec in dialect.batched:
        yield spec, STANDS
    for spec in dialect.response_id:
        yield _simple(spec, NAMES)
    for spec in dialect.costs():
        yield _simple(spec, COSTS)


def _simple(spec: str, role: int) -> tuple[str, int]:
    key, inside, _ = spec.partition("#")
    return key, AT_LENGTH if inside else role
