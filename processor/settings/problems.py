"""What is wrong with a configuration: every problem found, one line each.

A line reads `file:line: path.to.key: what is wrong; how to mend it`. Nothing here reads anything.
Invariant: reporting never raises; the one `ConfigError` comes at the end, with all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ConfigError(Exception):
    """A configuration that cannot be used; `problems` has one line for each reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Bad(Exception):  # noqa: N818 - a word about one value, for the reader of the block it is in
    """One value cannot be what its key asks for; the text says why and how to mend it."""


@dataclass(slots=True)
class Report:
    """Collects what is wrong and what is only worth a warning, in the order of the file."""

    origin: str
    found: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    noticed: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def problem(self, line: int, path: str, text: str) -> None:
        """Note a reason why this configuration cannot be used."""
        self.found.append((line, self._line(line, path, text)))

    def warning(self, line: int, path: str, text: str) -> None:
        """Note something that works otherwise than its author may think."""
        self.noticed.append((line, self._line(line, path, text)))

    @property
    def problems(self) -> list[str]:
        """All problems, by line."""
        return [text for _, text in sorted(self.found, key=lambda entry: entry[0])]

    @property
    def warnings(self) -> tuple[str, ...]:
        """All warnings, by line."""
        return tuple(text for _, text in sorted(self.noticed, key=lambda entry: entry[0]))

    def _line(self, line: int, path: str, text: str) -> str:
        place = f"{self.origin}:{line}: " if line else f"{self.origin}: " if self.origin else ""
        return f"{place}{path}: {text}" if path else f"{place}{text}"


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like *word*, or empty text."""
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=0.6)), "")
