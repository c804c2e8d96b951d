"""How an exporter stands with its next hop: what the status page says of it. Counts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Standing:
    """Times are of the monotonic clock, in seconds."""

    state: Literal["unused", "takes", "refuses"] = "unused"
    since_s: float = 0.0
    """When it entered that state."""
    last_refusal: str = ""
    """Its code and words; empty before the first."""
    refused_at_s: float = 0.0
    in_flight: int = 0
    """Requests that wait for its answer."""

    def refused(self, words: str, now_s: float) -> bool:
        """Keep the words of a refusal; whether it is the first since something was taken."""
        first = self.state != "refuses"
        if first:
            self.state, self.since_s = "refuses", now_s
        self.last_refusal, self.refused_at_s = words, now_s
        return first
