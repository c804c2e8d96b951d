"""What calls of one kind cost while one set of rows is in force: whole attos a unit, and no more.

Most calls of most models are charged so. A tariff says as well for which instants and which sizes of
prompt it holds, so that it serves call after call without another look at the rows; for whatever it
cannot say, `Offer.charge` has the answer. Compiled by mypyc where that works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from mypy_extensions import mypyc_attr

if TYPE_CHECKING:
    from pricing.answers import Standing

EVER: Final = 1 << 62
"""Later than any instant in nanoseconds, and larger than any prompt."""


@final
@mypyc_attr(acyclic=True)
class Tariff:
    """The rates of some classes, in their order; every count must be above 0."""

    def __init__(self, rates: list[int], row: str, match: str, standing: Standing) -> None:
        self.rates: list[int] = rates
        """Atto-dollars a unit."""
        self.row: str = row
        self.match: str = match
        self.standing: Standing = standing
        self.since: int = -EVER
        self.until: int = EVER
        """In force for calls that end in [since, until), Unix nanoseconds."""
        self.over: int = -1
        self.up_to: int = EVER
        """In force for prompts of more than `over` tokens, up to and with `up_to`."""
        self.prompt: list[int] = []
        """Where the classes that are the prompt stand; empty where its size has no say."""

    def holds(self, counts: list[int], at_unix_ns: int) -> bool:
        """Whether it is in force for a call."""
        if not self.since <= at_unix_ns < self.until:
            return False
        if not self.prompt:
            return True
        prompt = 0
        for place in self.prompt:
            prompt += counts[place]
        return self.over < prompt <= self.up_to
