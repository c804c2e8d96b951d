"""Pauses between looks: spread, growing, bounded, and never shorter than the server asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from processor.fetch.pauses import FIRST_S, MOST_S, after_failure, after_success

CHANCE = st.floats(0, 1, exclude_max=True)
INTERVAL = st.floats(1, 366 * 86400)


@given(interval=INTERVAL, chance=CHANCE)
def test_a_refresh_is_spread_by_a_tenth(interval: float, chance: float) -> None:
    assert 0.899 * interval <= after_success(interval, chance) <= 1.101 * interval


@given(failures=st.integers(1, 10**9), interval=INTERVAL, chance=CHANCE)
def test_failures_are_bounded_on_both_sides(
    failures: int, interval: float, chance: float
) -> None:
    pause = after_failure(failures, interval, 0, chance)
    assert 0.5 * FIRST_S <= pause <= 1.5 * min(interval, MOST_S)


def test_they_double() -> None:
    assert [after_failure(n, 600, 0, 0.5) for n in (1, 2, 3, 4, 20)] == [1, 2, 4, 8, 300]


@given(failures=st.integers(1, 50), asked=st.floats(0, 3600), chance=CHANCE)
def test_what_the_server_asked_is_never_cut_short(
    failures: int, asked: float, chance: float
) -> None:
    assert after_failure(failures, 1, asked, chance) >= asked
