"""Headers of senders reach the next hops that ask for them, under the names they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from processor.errors import Code, Refusal
from processor.forward.headed import Headed
from processor.model import Batch, Signal, Terms
from processor.receive.metadata import MAX_BYTES, passed_on
from processor.settings.values import HeaderRule
from tests.doubles.hop import Hop

if TYPE_CHECKING:
    from collections.abc import Sequence

SENT = (("x-tenant", "first"), ("x-tenant", "second"), ("authorization", "hush"))


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        pytest.param([], (), id="none"),
        pytest.param(
            [HeaderRule("x-scope-orgid", from_context="x-tenant")],
            (("x-scope-orgid", "first"),),
            id="renamed",
        ),
        pytest.param([HeaderRule("a", from_context="x-none")], (), id="not-sent"),
        pytest.param(
            [HeaderRule("a", from_context="x-none", default_value="d")],
            (("a", "d"),),
            id="default",
        ),
        pytest.param([HeaderRule("a", value="b")], (("a", "b"),), id="fixed"),
    ],
)
async def test_a_next_hop_hears_what_it_asked_for(
    rules: Sequence[HeaderRule], said: tuple[tuple[str, str], ...]
) -> None:
    hop = Hop()
    async with Headed(hop, rules) as headed:
        await headed.send(Batch(Signal.TRACES, b""), Terms(metadata=SENT, transport="grpc"))
    assert hop.heard == [Terms(metadata=said, transport="grpc")]


def test_names_that_nobody_asked_for_stay_here() -> None:
    assert passed_on(SENT, {"x-tenant"}) == SENT[:2]


@pytest.mark.parametrize(
    "value", ["x" * MAX_BYTES, "ü", "a\x7f", "a\nb"], ids=["long", "latin", "control", "line"]
)
def test_what_cannot_be_passed_on_is_refused_for_good(value: str) -> None:
    with pytest.raises(Refusal) as refused:
        passed_on([("x-tenant", value), ("x-other", value)], {"x-tenant"})
    assert refused.value.code is Code.INVALID_ARGUMENT
    assert "x-tenant" in str(refused.value) or "4096" in str(refused.value)
