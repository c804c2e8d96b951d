"""Each dialect's telemetry reads as what the provider billed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from processor.dialects import DIALECTS, Recogniser
from tests.dialects.cases import CASES, Case

if TYPE_CHECKING:
    from processor.dialects import Reading

RECOGNISER = Recogniser(DIALECTS)


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{case.dialect}: {case.name}") for case in CASES]
)
def test_a_span_reads_as_what_was_billed(case: Case) -> None:
    reading = RECOGNISER.read(case.attributes, RECOGNISER.writer(case.scope, case.version))
    assert said(reading) == expected(case)


def expected(case: Case) -> dict[str, Any] | None:
    """What a case's file says; amounts are texts there."""
    if case.reads is None:
        return None
    usage = {name: Decimal(number) for name, number in case.reads["usage"].items()}
    return {"dialect": case.dialect, **case.reads, "usage": usage}


def said(reading: Reading | None) -> dict[str, Any] | None:
    """A reading in the words of a case's file: what is empty is left out, but not who and what."""
    if reading is None:
        return None
    assert not reading.impossible
    subject = reading.subject
    told = {
        "service_tier": subject.service_tier,
        "response_id": reading.response_id,
        "reported": {reading.reported_key: reading.reported_usd}
        if reading.reported_key
        else {},
        "conditions": dict(subject.conditions),
        "missing": list(reading.pattern.missing),
    }
    return {
        "dialect": subject.dialect,
        "kind": reading.kind.value,
        "operation": reading.operation,
        "provider": subject.provider,
        "model": subject.model,
        "usage": reading.usage,
        **{name: value for name, value in told.items() if value},
    }
