"""Aggregates whose calls were never seen: billed in the counters after a bounded wait, where asked for.

An agent's span that counts tokens repeats its calls; where those are sent elsewhere, or never, it is
all that is known of the money. It goes on at once, marked an aggregate; what it says is held here.
Invariant: of spans that stand above one another the innermost is held, never more than `LIMIT` of
them, and each for one wait, or two where no next hop has answered for it yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from processor.calls.candidate import AGGREGATE
from processor.calls.kin import NO_LINKS, Kin
from processor.calls.settle import call_key

if TYPE_CHECKING:
    from processor.calls.candidate import Candidate
    from processor.calls.memory import Memory, Settled
    from processor.model import Charge

LIMIT: Final = 8192
"""Aggregates held; one more, and the oldest is looked at before its time. Some 600 bytes each."""


class Orphan(NamedTuple):
    """What an aggregate comes to if nothing below it is billed."""

    parent_key: bytes
    charge: Charge
    settled: Settled
    place: int
    due_ns: int
    named: str
    """The response that it names, as `settle.call_key` has it."""
    last: bool = False
    """It has waited twice."""


class Orphans:
    """Those that wait, the oldest first."""

    def __init__(self, memory: Memory, wait_s: float) -> None:
        self._memory = memory
        self._wait_ns = int(wait_s * 1e9)
        self._waiting: dict[bytes, Orphan] = {}
        self._early: list[Orphan] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def may_be(self, candidate: Candidate) -> bool:
        """Whether a span that was just settled counts what nothing below it was billed for."""
        if candidate.verdict is not AGGREGATE or not candidate.key:
            return False
        known = self._memory.span(candidate.key)
        return (
            known is not None
            and not known.covered
            and candidate.reading.says_cost()
            and not self._is_billed(call_key(candidate))
        )

    def hold(
        self, candidate: Candidate, charge: Charge, settled: Settled, kin: Kin, now_ns: int
    ) -> None:
        """Wait for calls below it. `candidate` is one that `may_be`; inner ones come before outer ones."""
        if kin.under_a_billed_one(candidate.parent_key):
            return
        place = settled.place(candidate.key)
        if len(self._waiting) >= LIMIT:
            oldest = next(iter(self._waiting))
            self._early += self._settled(oldest, self._waiting.pop(oldest))
        due_ns, named = now_ns + self._wait_ns, call_key(candidate)
        self._waiting[candidate.key] = Orphan(
            candidate.parent_key, charge, settled, place, due_ns, named
        )
        kin.cover(candidate.parent_key)

    def due(self, now_ns: int, *, everything: bool = False) -> list[Charge]:
        """What is to be counted now; each is given once."""
        found, self._early = self._early, []
        for key in [*self._waiting]:
            orphan = self._waiting[key]
            if not everything and orphan.due_ns > now_ns:
                break
            del self._waiting[key]
            if orphan.settled.charges[orphan.place] is None:
                found += self._settled(key, orphan)
            elif not everything and not orphan.last:  # its request was not accepted yet
                due_ns = now_ns + self._wait_ns
                self._waiting[key] = orphan._replace(due_ns=due_ns, last=True)
        return [orphan.charge for orphan in found]

    def _settled(self, key: bytes, orphan: Orphan) -> list[Orphan]:
        """It alone, if still nothing is billed below or above it; calls that come later repeat it."""
        known = self._memory.span(key)
        if known is None or known.covered or orphan.settled.charges[orphan.place] is not None:
            return []
        if Kin(self._memory, NO_LINKS).under_a_billed_one(orphan.parent_key):
            return []
        if self._is_billed(orphan.named):
            return []
        known.billed = True
        if orphan.named:
            self._memory.calls.put(orphan.named, key)
        return [orphan]

    def _is_billed(self, named: str) -> bool:
        """Whether a span is billed for the response of this name, perhaps of another trace."""
        return named != "" and self._memory.calls.get(named) is not None
