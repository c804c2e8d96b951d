"""A span that stands above billed ones is known as long as they keep coming, however many others do."""

from __future__ import annotations

from dataclasses import replace

from processor.calls import Memory
from tests.calls.traffic import CALL_ATTO, TABLE, Said, call, enricher, request

CAPACITY = 16


def numbered(number: int, trace: bytes, parent: bytes) -> Said:
    made = call(number.to_bytes(8, "big"), gen_ai__response__id=f"chatcmpl-A{number:09}x")
    return replace(made, trace=trace, parent=parent)


def test_a_parent_that_is_asked_for_again_and_again_is_still_awaited() -> None:
    books = enricher(memory=Memory(CAPACITY))
    spent = 0
    for number in range(1, 6 * CAPACITY, 2):
        child = numbered(number, b"a long-lived one", b"between-")
        other = numbered(number + 1, number.to_bytes(16, "big"), number.to_bytes(8, "little"))
        for each in (child, other):
            charges = books.enrich(request(each), TABLE, 1).charges
            spent += sum(charge.atto_usd for charge in charges if each is child)
    between = Said(
        span_id=b"between-", attributes={}, parent=b"outer---", trace=b"a long-lived one"
    )
    outer = replace(call(b"outer---"), trace=b"a long-lived one")
    for each in (between, outer):
        spent += sum(c.atto_usd for c in books.enrich(request(each), TABLE, 1).charges)
    assert spent == 3 * CAPACITY * CALL_ATTO
