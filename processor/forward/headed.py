"""A next hop that is told of a sender's headers what its `headers_setter` says, and nothing else.

Invariant: a header reaches only the next hops that ask for it by name: it may be a secret.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from processor.forward.next_hop import NextHop
    from processor.model import Batch, Terms
    from processor.settings.values import HeaderRule


class Headed:
    """Stands before one exporter; opens, closes and answers as it does."""

    def __init__(self, hop: NextHop, rules: Sequence[HeaderRule]) -> None:
        self._hop = hop
        self._rules = rules
        self.name = hop.name

    async def __aenter__(self) -> Self:
        await self._hop.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        await self._hop.__aexit__(exc_type, exc, traceback)

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        """The next hop's answer."""
        if self._rules or terms.metadata:
            terms = replace(terms, metadata=self._said(terms))
        return await self._hop.send(batch, terms)

    def _said(self, terms: Terms) -> tuple[tuple[str, str], ...]:
        sent = dict(
            reversed(terms.metadata)
        )  # of several values the first, as the Collector does
        said = (
            (rule.key, rule.value or sent.get(rule.from_context, rule.default_value))
            for rule in self._rules
        )
        return tuple((key, value) for key, value in said if value)
