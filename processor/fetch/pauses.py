"""When to ask again: pure arithmetic with the chance handed in."""

from __future__ import annotations

from typing import Final

FIRST_S: Final = 1.0
MOST_S: Final = 300.0
SPREAD: Final = 0.1


def after_success(interval_s: float, chance: float) -> float:
    """The interval, a tenth more or less, so that replicas do not ask together; `chance` in [0, 1)."""
    return interval_s * (1 - SPREAD + 2 * SPREAD * chance)


def after_failure(failures: int, interval_s: float, asked_s: float, chance: float) -> float:
    """Doubling from a second to the interval (at most 5 minutes), half of it left to chance.

    `failures` in a row, from 1; what the server asked to wait (`asked_s`) is never cut short.
    """
    longest = min(interval_s, MOST_S)
    pause = min(FIRST_S * 2.0 ** min(failures - 1, 20), longest)
    return max(pause * (0.5 + chance), asked_s)
