"""One source of prices in memory: names to models, models to entries.

A table stacks layers; the built-in one decodes its entries at first use (`pricing.compact`), those
of files are held whole. The provider `*` is for sources that name none, such as OpenLIT's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pricing.rows import Entry

ANY = "*"


class Layer(Protocol):
    """What a table asks of a source; ids and aliases are lowercase."""

    version: str
    count: int
    """How many models it has."""
    rows: int
    """How many rows those have."""

    def resolve(self, provider: str, name: str) -> str | None:
        """The model that a provider's id or alias names; None where this source has neither."""
        ...

    def entry(self, provider: str, model: str) -> Entry | None:
        """The model's rows in this source."""
        ...

    def models(self) -> Iterator[tuple[str, str]]:
        """Every (provider, model) with rows."""
        ...

    def models_of(self, provider: str) -> Iterator[str]:
        """The models of one provider."""
        ...


class Catalogue:
    """A layer that is held whole."""

    def __init__(
        self,
        entries: Mapping[tuple[str, str], Entry],
        aliases: Mapping[tuple[str, str], str],
        version: str = "",
    ) -> None:
        """Keys are lowercase (provider, id); an alias never stands before an id."""
        self.version = version
        self.count = len(entries)
        self.rows = sum(len(entry.rows) for entry in entries.values())
        self._entries = entries
        self._aliases = aliases

    def resolve(self, provider: str, name: str) -> str | None:
        """The model that a provider's id or alias names."""
        key = (provider, name)
        return name if key in self._entries else self._aliases.get(key)

    def entry(self, provider: str, model: str) -> Entry | None:
        """The model's rows in this source."""
        return self._entries.get((provider, model))

    def models(self) -> Iterator[tuple[str, str]]:
        """Every (provider, model) with rows."""
        return iter(self._entries)

    def models_of(self, provider: str) -> Iterator[str]:
        """The models of one provider."""
        return (model for seller, model in self._entries if seller == provider)

    def aliases(self) -> Mapping[tuple[str, str], str]:
        """Every (provider, alias) and the model it names."""
        return self._aliases
