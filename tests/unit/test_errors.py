"""Refusals: their two faces say the same, whoever made them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.errors import Code, Refusal
from processor.receive.trailers import DETAILS_KEY, details_for, words_for
from tests.doubles.rpc_status import BadRequest, RetryInfo, Status, delay_s

CODES = st.sampled_from(sorted(set(Code) - {Code.OK}, key=lambda code: code.name))
DELAYS = st.none() | st.floats(0, 1e12, allow_nan=False)
WORDS = st.text() | st.text(min_size=1, max_size=9).map(lambda words: words * 1000)


@st.composite
def relayed(draw: st.DrawFn) -> Refusal:
    """A next hop's refusal, with whatever details it likes or none."""
    code, words = draw(CODES), draw(WORDS)
    if draw(st.booleans()):
        return Refusal.relayed(code, words, draw(st.binary(max_size=30)))
    status = Status(code=code.value[0], message=draw(st.text()))
    status.details.add().Pack(BadRequest())
    if draw(st.booleans()):
        info = RetryInfo()
        info.retry_delay.seconds = draw(st.integers(-(2**63), 2**63 - 1))
        info.retry_delay.nanos = draw(st.integers(-(2**31), 2**31 - 1))
        status.details.add().Pack(info)
    return Refusal.relayed(code, words, status.SerializeToString())


@st.composite
def made(draw: st.DrawFn) -> Refusal:
    """A refusal of our own."""
    return Refusal(draw(CODES), draw(WORDS), retry_after_s=draw(DELAYS))


def retried_over_grpc(refusal: Refusal) -> bool:
    """What the specification has a gRPC client do, from what goes over the wire."""
    details = dict(details_for(refusal)).get(DETAILS_KEY)
    if refusal.code is Code.RESOURCE_EXHAUSTED:
        return details is not None and delay_s(details) is not None
    return refusal.code.name in {
        "CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS",
    }  # fmt: skip


@given(made() | relayed())
def test_both_faces_agree_on_whether_to_try_again(refusal: Refusal) -> None:
    assert (refusal.http_status in {429, 502, 503, 504}) == retried_over_grpc(refusal)
    assert refusal.retryable == retried_over_grpc(refusal)


@given(made() | relayed())
def test_both_faces_agree_on_when(refusal: Refusal) -> None:
    details = dict(details_for(refusal)).get(DETAILS_KEY, b"")
    asked_s = delay_s(details) if details else None
    if refusal.retry_after is None:
        assert asked_s is None or not refusal.retryable
    else:
        assert asked_s is not None
        assert float(refusal.retry_after) >= min(asked_s, 315_576_000_000)


@given(made() | relayed())
def test_the_trailers_fit_what_every_client_takes(refusal: Refusal) -> None:
    words = words_for(refusal)
    encoded = sum(1 if " " <= c <= "~" and c != "%" else 3 * len(c.encode()) for c in words)
    details = sum(len(value) for _, value in details_for(refusal))
    assert encoded + details * 4 / 3 < 7000  # of 8 KiB


@given(made())
def test_the_status_says_what_the_refusal_says(refusal: Refusal) -> None:
    status = Status.FromString(refusal.status())
    assert (status.code, status.message) == (refusal.code.value[0], refusal.message)
    assert (delay_s(refusal.status()) is None) == (refusal.retry_after_s is None)


@given(CODES, st.text(), st.binary())
def test_details_are_kept_byte_for_byte_or_not_at_all(
    code: Code, words: str, details: bytes
) -> None:
    assert Refusal.relayed(code, words, details).status_details in {details, b""}


@pytest.mark.parametrize(
    ("delay_s", "header"),
    [
        pytest.param(0.0, "0", id="at-once"),
        pytest.param(0.001, "1", id="never-sooner-than-asked"),
        pytest.param(7.0, "7", id="whole"),
        pytest.param(float("inf"), "315576000000", id="forever"),
        pytest.param(None, None, id="unsaid"),
    ],
)
def test_the_delay_is_whole_seconds_over_http(
    delay_s: float | None, header: str | None
) -> None:
    assert Refusal(Code.UNAVAILABLE, "full", retry_after_s=delay_s).retry_after == header


def test_a_delay_does_not_make_a_permanent_refusal_sound_temporary() -> None:
    assert Refusal(Code.INVALID_ARGUMENT, "bad", retry_after_s=1).retry_after is None


def test_a_refusal_reads_well_in_a_log() -> None:
    assert str(Refusal(Code.UNAVAILABLE, "queue is full")) == "UNAVAILABLE: queue is full"
