"""Who stands above whom is found however a span's fields are ordered: a Collector writes its ids last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.calls.traffic import CALL_ATTO, TABLE, Said, call, enricher, request
from tests.calls.turned import turned

if TYPE_CHECKING:
    from collections.abc import Callable

OUTER = call(b"outer---")
BETWEEN = Said(
    span_id=b"between-", attributes={"http.request.method": "POST"}, parent=b"outer---"
)
INNER = replace(call(b"inner---"), parent=b"between-")
STRANGER = replace(call(b"stranger"), trace=b"fedcba9876543210")


def as_it_is(body: bytes) -> bytes:
    """As an SDK writes it."""
    return body


@pytest.mark.parametrize("written", [as_it_is, turned])
@pytest.mark.parametrize(
    "requests",
    [
        pytest.param([[OUTER, BETWEEN, INNER]], id="together"),
        pytest.param([[INNER, BETWEEN, OUTER]], id="together-from-inside"),
        pytest.param([[INNER], [BETWEEN], [OUTER]], id="apart"),
        pytest.param([[INNER], [BETWEEN, STRANGER], [OUTER]], id="apart-beside-others"),
        pytest.param([[OUTER, BETWEEN], [INNER]], id="from-outside"),
    ],
)
def test_a_call_between_whose_spans_stands_another_is_billed_once(
    written: Callable[[bytes], bytes], requests: list[list[Said]]
) -> None:
    books = enricher()
    charges = [
        charge
        for spans in requests
        for charge in books.enrich(written(request(*spans)), TABLE, 1).charges
        if charge.trace_id == OUTER.trace
    ]
    assert sum(charge.atto_usd for charge in charges) == CALL_ATTO
