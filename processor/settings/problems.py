"""What is wrong with a configuration: every problem found, one line each.

A line reads `file:line: path.to.key: what is wrong; how to mend it`. Nothing here reads anything.
Invariant: reporting never raises; the one `ConfigError` comes at the end, with all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.settings.values import Settings


class ConfigError(Exception):
    """A configuration that cannot be used; `problems` has one line for each reason.

    `understood` is what could be read of it, defaults in the place of the rest: to be checked, never run.
    """

    def __init__(self, problems: list[str], understood: Settings | None = None) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
        self.understood = understood


class Bad(Exception):  # noqa: N818 - a word about one value, for the reader of the block it is in
    """One value cannot be what its key asks for; the text says why and how to mend it."""


class Report:
    """Collects what is wrong and what is only worth a warning.

    *origin* is the file's name, empty where there is none; `lines` says where each path of the file
    stands, for problems found later.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.lines: dict[str, int] = {}
        self.found: list[tuple[int, str]] = []
        self.noticed: list[tuple[int, str]] = []

    def problem(self, line: int, path: str, text: str) -> None:
        """Note a reason why this configuration cannot be used; line 0 is looked up."""
        entry = self._entry(line, path, text)
        if entry not in self.found:
            self.found.append(entry)

    def warning(self, line: int, path: str, text: str) -> None:
        """Note something that works otherwise than its author may think."""
        entry = self._entry(line, path, text)
        if entry not in self.noticed:
            self.noticed.append(entry)

    @property
    def problems(self) -> list[str]:
        """All problems, by line."""
        return [text for _, text in sorted(self.found, key=lambda entry: entry[0])]

    @property
    def warnings(self) -> tuple[str, ...]:
        """All warnings, by line."""
        return tuple(text for _, text in sorted(self.noticed, key=lambda entry: entry[0]))

    def _entry(self, line: int, path: str, text: str) -> tuple[int, str]:
        line = line or self._line_of(path)
        place = f"{self.origin}:{line}: " if line else f"{self.origin}: " if self.origin else ""
        return line, f"{place}{path}: {text}" if path else f"{place}{text}"

    def _line_of(self, path: str) -> int:
        """Return the line of a path, or of the nearest block above it that is written."""
        while path and path not in self.lines:
            path = path.rpartition(".")[0]
        return self.lines.get(path, 0)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word most like *word*, or empty text."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    return next(iter(get_close_matches(word, list(known), n=1, cutoff=0.6)), "")
