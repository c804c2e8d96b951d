"""A window's bound holds always, and what was used lately is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.calls import window as windows
from processor.calls.window import Window
from tests.calls.traffic import LAW

steps = st.lists(st.tuples(st.sampled_from(["put", "get"]), st.integers(0, 12)), max_size=80)


@given(capacity=st.integers(2, 9), steps=steps)
@LAW
def test_it_never_holds_more_than_it_may_and_never_forgets_what_was_just_used(
    capacity: int, steps: list[tuple[str, int]]
) -> None:
    window = Window(capacity)
    lately: list[int] = []
    for step, key in steps:
        if step == "put":
            window.put(key, key * 10)
        found = window.get(key)
        assert found in {None, key * 10}
        if found is not None:
            lately = [*[other for other in lately if other != key], key]
        assert len(window) <= capacity
    for recent in lately[-(capacity // 2) :]:
        assert window.get(recent) == recent * 10


def test_what_is_put_again_is_the_newer() -> None:
    window = Window(4)
    window.put("a", 1)
    window.put("a", 2)
    assert window.get("a") == 2


@given(capacity=st.integers(2, 9), puts=st.lists(st.integers(0, 6), max_size=40))
@LAW
def test_no_sieve_refuses_what_is_remembered(capacity: int, puts: list[int]) -> None:
    """However often others are put again meanwhile."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(windows, "COMPILED", True)  # an interpreter has a sieve, too
        window = Window(capacity)
        for key in puts:
            window.put(key, key * 10)
            held = [other for other in range(7) if window.holds(other)]
            for other in held:
                if window.holds(other):  # a look makes room for itself
                    assert window.get(other) == other * 10


def test_what_is_not_remembered_is_none() -> None:
    assert Window(2).get("a") is None


def test_it_needs_room_for_two() -> None:
    with pytest.raises(ValueError, match="at least two"):
        Window(1)
