"""A check that can't fail checks nothing: each promise, broken on purpose, is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from processor.wire.fields import Malformed
from tests.calls.traffic import COST, call, enricher, put, request
from tests.fuzz.promises import BrokenPromiseError, keep

if TYPE_CHECKING:
    from collections.abc import Callable

    from pricing import PriceTable
    from processor.enrich import Enriched, Enricher


class Breaking:
    """An enricher that does its work and then something else."""

    def __init__(self, harm: Callable[[Enriched], None]) -> None:
        self._harm = harm

    def enrich(self, body: bytes, table: PriceTable, now_unix_ns: int) -> Enriched:
        enriched = enricher().enrich(body, table, now_unix_ns)
        self._harm(enriched)
        return enriched


def on_the_span(change: Callable[[Any], None]) -> Callable[[Enriched], None]:
    def harm(enriched: Enriched) -> None:
        message = ExportTraceServiceRequest.FromString(enriched.body)
        change(message.resource_spans[0].scope_spans[0].spans[0])
        enriched.body = message.SerializeToString()

    return harm


def cost_is(usd: float) -> Callable[[Any], None]:
    def change(span: Any) -> None:
        next(kv for kv in span.attributes if kv.key == COST).value.double_value = usd

    return change


def owe_less(enriched: Enriched) -> None:
    (charge,) = enriched.charges
    charge.atto_usd = -1


def fault(enriched: Enriched) -> None:
    enriched.faults = 1


def refuse(_: Enriched) -> None:
    raise Malformed("as we see it")


def crash(_: Enriched) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(fault, id="fault"),
        pytest.param(owe_less, id="negative-charge"),
        pytest.param(on_the_span(cost_is(-0.5)), id="negative"),
        pytest.param(on_the_span(cost_is(float("inf"))), id="without-end"),
        pytest.param(on_the_span(cost_is(float("nan"))), id="no-number"),
        pytest.param(on_the_span(lambda span: put(span.attributes, COST, 0.1)), id="twice"),
        pytest.param(on_the_span(lambda span: span.attributes.pop(0)), id="attribute-lost"),
        pytest.param(on_the_span(lambda span: span.ClearField("trace_id")), id="id-lost"),
        pytest.param(
            on_the_span(lambda span: put(span.attributes, "app.more", 1)), id="attribute-added"
        ),
        pytest.param(
            on_the_span(lambda span: span.MergeFromString(b"\xaa\x38\x03abc")), id="field-added"
        ),
    ],
)
def test_a_broken_promise_is_noticed(harm: Callable[[Enriched], None]) -> None:
    assert keep(request(call())) is not None
    with pytest.raises(BrokenPromiseError):
        keep(request(call()), cast("Enricher", Breaking(harm)))


def test_a_crash_is_no_answer() -> None:
    with pytest.raises(ZeroDivisionError):
        keep(request(call()), cast("Enricher", Breaking(crash)))


def test_what_only_we_doubt_goes_on() -> None:
    assert keep(request(call()), cast("Enricher", Breaking(refuse))) is None
