"""Which rows of a table somebody wants to see: the one filter of the command and the service."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from pricing.rows import row_id

if TYPE_CHECKING:
    from pricing.rows import Entry, Row


class Wanted(NamedTuple):
    """Which rows; all of them where it says nothing."""

    provider: str = ""
    """Canonical id."""
    model: str = ""
    """Lower case; `*` stands for anything; holds for the id with or without its provider."""
    kind: str = ""
    """A usage class that the row prices itself."""
    at_unix_ns: int | None = None
    """In force then; None for all of history."""

    def has_model(self, provider: str, model: str) -> bool:
        """Whether a model is asked for."""
        if self.provider and provider not in {self.provider, "*"}:
            return False
        names = (model, f"{provider}/{model}")
        return not self.model or any(fnmatchcase(name, self.model) for name in names)

    def has_row(self, row: Row) -> bool:
        """Whether one of its rows is."""
        at = self.at_unix_ns
        in_force = at is None or (
            (row.since is None or row.since <= at) and (row.until is None or at < row.until)
        )
        return in_force and (not self.kind or self.kind in row.rates)


def conditions(entry: Entry, row: Row) -> str:
    """A row's conditions in words; empty where it always holds."""
    _, opened, terms = row_id(entry.provider, "", row).partition("[")
    return terms.removesuffix("]") if opened else ""
