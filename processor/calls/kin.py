"""Who stands above whom, as far as the spans that passed tell it.

A span's parent is named by the span itself: by another candidate of the request, by a span of the
request that describes no call (`links`), or by one that passed before (`Memory`). Every climb ends
after `MAX_ANCESTORS` steps, since parents come from strangers and may stand in a circle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from processor.calls.memory import COVERED, UNDER

if TYPE_CHECKING:
    from processor.calls.candidate import Candidate
    from processor.calls.memory import Memory

MAX_ANCESTORS: Final = 64
"""How far up a chain of parents is followed; a longer chain may hold a loop."""
NOBODY: Final[dict[bytes, Candidate]] = {}
NO_LINKS: Final[dict[bytes, bytes]] = {}


@final
class Kin:
    """Ancestors, for the length of one request."""

    def __init__(self, memory: Memory, links: dict[bytes, bytes]) -> None:
        self.memory: Memory = memory
        self.links: dict[bytes, bytes] = links
        """Spans of this request that describe no call: their parents."""
        self.beside: dict[bytes, Candidate] = NOBODY
        """Candidates of the trace at hand that were not seen before."""
        self._unknown: bytes = b""
        """Of whom nothing was known a moment ago."""

    def depth(self, key: bytes) -> int:
        """How many candidates stand above, `key` being the lowest span that may be one."""
        depth = 0
        for _ in range(MAX_ANCESTORS):
            other = self.beside.get(key)
            if other is not None:
                depth += 1
                key = other.parent_key
            elif key in self.links:
                key = self.links[key]
            else:
                break
        return depth

    def under_a_billed_one(self, key: bytes) -> bool:
        """Whether a call is billed by the span at `key` or one above it: it came first and stays."""
        for _ in range(MAX_ANCESTORS):
            if not key:
                return False
            other = self.beside.get(key)
            if other is not None:
                if other.claims:
                    return True
                key = other.parent_key
            elif key in self.links:
                key = self.links[key]
            else:
                known = self.memory.span(key)
                if known is None:
                    self._unknown = key
                    return False
                if known.billed:
                    return True
                key = known.parent_key
        return False

    def cover(self, key: bytes) -> None:
        """The span at `key` and every one above it only repeats what was billed below."""
        if key and key is self._unknown:  # asked just before
            self._unknown = b""
            self.memory.expect(key)
            return
        for _ in range(MAX_ANCESTORS):
            if not key:
                return
            other = self.beside.get(key)
            if other is not None:
                if other.covered:
                    return
                other.covered = True
                key = other.parent_key
            elif key in self.links:
                key = self.links[key]
            else:
                known = self.memory.span(key)
                if known is None:
                    self.memory.expect(key)
                    return
                if known.covered or known.billed:
                    if known is COVERED:  # still not seen: to be awaited on
                        self.memory.expect(key)
                    return
                known.covered = True
                key = known.parent_key

    def pass_on(self) -> None:
        """What was known of spans that describe no call reaches those above them at last."""
        for key, parent_key in self.links.items():
            known = self.memory.span(key)
            if known is not None and known.covered:
                self.cover(parent_key)

    def keep_links(self) -> None:
        """Remember which spans without a call stand under a billed one, for calls yet to come."""
        for key, parent_key in self.links.items():
            if self.under_a_billed_one(parent_key) and self.memory.span(key) is None:
                self.memory.spans.put(key, UNDER)


def part(tools: list[bytes], links: dict[bytes, bytes], memory: Memory) -> None:
    """Part the calls below tools from those above: each is billed by itself, in whatever order they come."""
    for key in tools:
        if key:
            memory.spans.put(key, COVERED)  # every climb ends here, and nothing rises from it
            links.pop(key, None)
