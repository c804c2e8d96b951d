"""How long an exporter may take. Pure arithmetic; invariant: it ends before the sender gives up."""

from __future__ import annotations

from typing import Final

from processor.errors import Code, Refusal

# Left of the sender's time for our answer to reach it: an answer that comes late is a duplicate.
MARGIN_S: Final = 0.05
MARGIN_SHARE: Final = 0.1


def time_left(deadline: float | None, now: float, timeout_s: float) -> float:
    """Seconds until *deadline* less a margin, at most the timeout; raises `Refusal` where none are left."""
    if deadline is None:
        return timeout_s
    left_s = deadline - now
    left_s -= min(MARGIN_S, left_s * MARGIN_SHARE)
    if left_s <= 0:
        words = "the sender's deadline was over before the request could be forwarded"
        raise Refusal(Code.DEADLINE_EXCEEDED, words)
    return min(timeout_s, left_s)
