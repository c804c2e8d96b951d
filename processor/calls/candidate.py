"""A recognised span on its way through the books, and what may become of it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, final

from mypy_extensions import mypyc_attr

from processor.calls.memory import key_of

if TYPE_CHECKING:
    from processor.attribution import Resource
    from processor.calls.memory import Remembered
    from processor.dialects.reading import Reading
    from processor.wire.walk import SpanView


class Verdict(Enum):
    """What becomes of a span in the books."""

    BILL = "bill"
    DUPLICATE = "duplicate"
    AGGREGATE = "aggregate"
    RESENT = "resent"


# An enum's member is found by a look-up each time it is named; these are found once.
BILL: Final = Verdict.BILL
DUPLICATE: Final = Verdict.DUPLICATE
AGGREGATE: Final = Verdict.AGGREGATE
RESENT: Final = Verdict.RESENT


@final
@mypyc_attr(acyclic=True)
class Candidate:
    """A recognised span on its way through the books."""

    def __init__(
        self, view: SpanView, reading: Reading, scope: str, resource: Resource
    ) -> None:
        self.view: SpanView = view
        self.reading: Reading = reading
        self.scope: str = scope
        self.resource: Resource = resource
        self.key: bytes = key_of(view.trace_id, view.span_id)
        self.parent_key: bytes = key_of(view.trace_id, view.parent_id)
        self.verdict: Verdict = BILL
        self.remembered: Remembered | None = None
        """What was known of the span before; with `RESENT`, how it was settled."""
        self.covered: bool = False
        """A billed span stands below it."""
        self.claims: bool = False
        """A call is billed by it."""
        self.bill: object = None
        """What it would come to, where somebody had to know before the verdict."""
        self.dimensions: tuple[str, ...] = ()
        """Values of the configured dimensions."""
