"""Admission: the bound holds, and everything taken is given back."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.errors import Refusal
from processor.receive.admission import Admission


@given(st.lists(st.lists(st.integers(0, 60), max_size=5), max_size=10), st.integers(0, 100))
def test_the_bound_holds_and_all_is_given_back(requests: list[list[int]], limit: int) -> None:
    admission = Admission(limit)
    holds = [(admission.hold(), chunks) for chunks in requests]
    for hold, chunks in holds:
        with suppress(Refusal):
            for chunk in chunks:
                hold.take(chunk)
        assert 0 <= admission.in_flight_bytes <= limit
    for hold, _ in holds:
        with hold:
            pass
    assert admission.in_flight_bytes == 0


@pytest.mark.parametrize(
    ("size", "retryable"),
    [pytest.param(60, True, id="no-room-now"), pytest.param(101, False, id="no-room-ever")],
)
def test_a_refusal_says_whether_there_will_be_room(size: int, *, retryable: bool) -> None:
    refused: list[None] = []
    admission = Admission(100, on_refused=lambda: refused.append(None))
    admission.hold().take(50)
    with pytest.raises(Refusal) as caught:
        admission.hold().take(size)
    assert caught.value.retryable is retryable
    assert len(refused) == 1
