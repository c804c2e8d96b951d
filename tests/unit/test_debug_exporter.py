"""The debug exporter's lines."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.forward.debug import DebugExporter, line, usd
from processor.model import Batch, Charge, Labels, Origin, Signal, Status, Terms
from processor.wire import otlp_json
from tests.service.calls import chat, sent


def charge(
    *,
    status: Status = Status.PRICED,
    model: str = "gpt-4o-2024-08-06",
    atto_usd: int = 7_350_000_000_000_000,
    end_unix_ns: int = 1_795_000_000_123_456_789,
) -> Charge:
    """A charge as the pipeline hands it on."""
    labels = Labels(
        origin=Origin("checkout", "prod", ()),
        operation="chat",
        provider="openai",
        request_model="gpt-4o",
        response_model=model,
        source="computed",
        dimensions=(),
    )
    return Charge(
        labels,
        status,
        atto_usd,
        ("input", "output"),
        [1420, 380],
        end_unix_ns,
        b"",
        b"",
        row="openai/gpt-4o@2024-10-02",
    )


@pytest.mark.parametrize(
    ("billed", "expected"),
    [
        pytest.param(
            charge(),
            "2026-11-18T11:06:40.123Z checkout openai gpt-4o-2024-08-06 input=1420 output=380"
            " $0.00735 priced openai/gpt-4o@2024-10-02",
            id="priced",
        ),
        pytest.param(
            charge(status=Status.UNKNOWN_MODEL, model="", atto_usd=0),
            "2026-11-18T11:06:40.123Z checkout openai gpt-4o input=1420 output=380"
            " $- unknown_model openai/gpt-4o@2024-10-02",
            id="unpriced-is-not-zero",
        ),
        pytest.param(
            charge(model="x\n\x1b[2J$0 free", end_unix_ns=2**63),
            "2262-04-11T23:47:16.854Z checkout openai x\\u000a\\u001b[2J$0 free input=1420 output=380"
            " $0.00735 priced openai/gpt-4o@2024-10-02",
            id="a-stranger's-name-stays-on-its-line",
        ),
    ],
)
def test_a_charge_is_one_line(billed: Charge, expected: str) -> None:
    assert line(billed) == expected


@pytest.mark.parametrize("end_unix_ns", [0, 2**64 - 1, 10**30])
def test_no_clock_breaks_the_line(end_unix_ns: int) -> None:
    assert line(charge(end_unix_ns=end_unix_ns))


@given(st.integers(-(10**30), 10**30))
def test_an_amount_is_exact(atto_usd: int) -> None:
    whole, _, fraction = usd(atto_usd).partition(".")
    digits = f"{whole}{fraction.ljust(18, '0')}"
    assert int(digits) == atto_usd
    assert not fraction.endswith("0")


async def test_it_prints_charges_keeps_nothing_and_says_so_first() -> None:
    printed: list[str] = []
    async with DebugExporter("debug", printed.append) as debug, debug:
        assert await debug.send(Batch(Signal.TRACES, b"", [charge(), charge()]), Terms()) == b""
        assert await debug.send(Batch(Signal.LOGS, b"logs"), Terms()) == b""
    notice, *lines = printed
    assert notice.startswith(
        "debug: prints each priced call, acknowledges everything and keeps nothing"
    )
    assert lines == [line(charge())] * 2


async def test_detailed_prints_whole_requests_that_no_terminal_obeys() -> None:
    lines: list[str] = []
    body = sent(chat("\x1b[2Jgr\u00f6\u00dfer"))
    async with DebugExporter("debug", lines.append, detailed=True) as hop:
        await hop.send(Batch(Signal.TRACES, body), Terms())
        await hop.send(Batch(Signal.LOGS, b"\xff"), Terms())
    _, whole, unreadable = lines
    assert otlp_json.to_protobuf(json.loads(whole), Signal.TRACES) == body
    assert all(character.isprintable() or character == "\n" for character in whole)
    assert unreadable.startswith("a logs request of 1 bytes that cannot be read")
