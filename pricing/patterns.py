"""Regular expressions that are compiled at their first use.

Compiling all of this package's costs more than loading its price table, and a service asks few of
them before its first request.
"""

from __future__ import annotations

import re


class Pattern:
    """One expression; compiled once, when it is first asked."""

    __slots__ = ("_compiled", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._compiled: re.Pattern[str] | None = None

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """As `re.fullmatch`."""
        return (self._compiled or self._compile()).fullmatch(text)

    def match(self, text: str) -> re.Match[str] | None:
        """As `re.match`."""
        return (self._compiled or self._compile()).match(text)

    def search(self, text: str) -> re.Match[str] | None:
        """As `re.search`."""
        return (self._compiled or self._compile()).search(text)

    def sub(self, by: str, text: str) -> str:
        """As `re.sub`."""
        return (self._compiled or self._compile()).sub(by, text)

    def split(self, text: str) -> list[str]:
        """As `re.split`; without groups."""
        return (self._compiled or self._compile()).split(text)

    def _compile(self) -> re.Pattern[str]:
        self._compiled = re.compile(self._text)
        return self._compiled
