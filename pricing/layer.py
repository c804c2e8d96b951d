"""One source of prices in memory: names to models, models to entries.

A table stacks layers; the built-in one decodes its entries at first use (`pricing.compact`), those
of files are held whole. The provider `*` is for sources that name none, such as OpenLIT's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pricing.rows import Entry

ANY = "*"


class Layer(Protocol):
    """What a table asks of a source; ids and aliases are lowercase."""

    version: str
    count: int
    """How many models it has."""
    rows: int
    """How many rows those have."""
    endpoints: tuple[tuple[str, str], ...]
    """Server addresses (`*` matches any text) and the provider behind each; first match wins."""

    def resolve(self, provider: str, name: str) -> str | None:
        """The model that a provider's id or alias names; None where this source has neither."""
        ...

    def matching(self, provider: str, name: str) -> str | None:
        """The model that an open-ended match of this source takes a name for; asked last."""
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


class OpenMatch(Protocol):
    """A rule that takes more names than it lists."""

    @property
    def model(self) -> str:
        """The id of the model it stands for."""
        ...

    def takes(self, name: str) -> bool:
        """Whether a lowercase id is that model in one of its spellings."""
        ...


class Catalogue:
    """A layer that is held whole."""

    def __init__(
        self,
        entries: Mapping[tuple[str, str], Entry],
        aliases: Mapping[tuple[str, str], str],
        version: str = "",
        patterns: Mapping[str, Sequence[OpenMatch]] | None = None,
        endpoints: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Keys are lowercase (provider, id); an alias never stands before an id."""
        self.version = version
        self.count = len(entries)
        self.rows = sum(len(entry.rows) for entry in entries.values())
        self.endpoints = endpoints
        self._entries = entries
        self._aliases = aliases
        self.patterns: Mapping[str, Sequence[OpenMatch]] = patterns or {}
        """By provider; of several that take a name the first decides."""

    def resolve(self, provider: str, name: str) -> str | None:
        """The model that a provider's id or alias names."""
        key = (provider, name)
        return name if key in self._entries else self._aliases.get(key)

    def matching(self, provider: str, name: str) -> str | None:
        """The model of the provider's first open-ended match that takes a name."""
        for pattern in self.patterns.get(provider, ()):
            if pattern.takes(name):
                return pattern.model
        return None

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

    @property
    def open_matches(self) -> int:
        """How many open-ended matches it has."""
        return sum(map(len, self.patterns.values()))
