"""What stands behind the pipeline: one place that takes a request and answers for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from types import TracebackType

    from processor.model import Batch, Terms


class NextHop(Protocol):
    """An exporter, or several that answer as one. Entering opens, leaving closes."""

    @property
    def name(self) -> str:
        """Its name under `exporters`."""
        ...

    async def send(self, batch: Batch, terms: Terms) -> bytes:
        """Return the bytes of the Export*ServiceResponse (empty: all taken), or raise `Refusal`."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
