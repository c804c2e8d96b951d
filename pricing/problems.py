"""What is wrong with a price source, all of it at once, each line naming its place and remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN = 50
LONGEST = 400


class PriceError(ValueError):
    """A price source that cannot be used; `problems` has a line for each reason."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(map(clipped, problems))
        super().__init__("\n".join(self.problems))


def clipped(line: str) -> str:
    """A line somebody can read, whatever a file repeated in it: its place and its remedy stay."""
    if len(line) <= LONGEST:
        return line
    return f"{line[: LONGEST * 2 // 3]} ... {line[-LONGEST // 3 :]}"


def nearest(wrong: str, known: Iterable[str]) -> str:
    """`; did you mean X?`, or what there is to choose from."""
    from difflib import get_close_matches  # noqa: PLC0415  only for what is wrong

    names = sorted(known)
    longer = [name for name in names if len(wrong) > 2 and wrong in name.split("_")]
    close = longer or get_close_matches(wrong, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(names)}" if names and len(names) <= 20 else ""
