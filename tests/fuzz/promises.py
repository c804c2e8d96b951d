"""What has to hold for any bytes that a stranger sends: one check for Hypothesis and for atheris.

Answered, or refused with the one decoding error; never a fault; nothing of somebody else's changed;
no cost below 0 or without end; the page of the counters can be read.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from processor.books import check
from processor.errors import Code, Refusal
from processor.metrics import Ledger
from processor.stamp import STATUS
from processor.wire.fields import Malformed
from tests.calls.traffic import COST, END_NS, TABLE, enricher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.proto.common.v1.common_pb2 import AnyValue
    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    from processor.enrich import Enriched, Enricher

OURS: Final = ("gen_ai.usage.cost", "genai_cost.")
AS_IT_CAME: Final = "genai_cost.reported"
"""A cost that somebody else wrote, kept under our name whatever it is."""


class BrokenPromiseError(AssertionError):
    """A promise that was not kept."""


def keep(body: bytes, enriching: Enricher | None = None) -> Enriched | None:
    """Prices *body* and checks every promise; None where it was rightly refused."""
    try:
        enriched = (enriching or enricher()).enrich(body, TABLE, END_NS)
    except Malformed as problem:
        _rightly(body, problem)
        return None
    if enriched.faults:
        raise BrokenPromiseError(f"{enriched.faults} spans met a fault of ours")
    if enriched.body != body:
        _changed_only_ours(body, enriched.body)
    _sane_charges(enriched)
    return enriched


def _rightly(body: bytes, problem: Malformed) -> None:
    """What only we doubt goes on as it came; the rest is refused in one way."""
    try:
        check(body, problem)
    except Refusal as refusal:
        if refusal.code is not Code.INVALID_ARGUMENT:
            raise BrokenPromiseError(f"refused with {refusal.code}") from refusal


def _changed_only_ours(came: bytes, left: bytes) -> None:
    try:
        before = ExportTraceServiceRequest.FromString(came)
    except DecodeError:
        return  # the next hop refuses it, whatever we add
    after = ExportTraceServiceRequest.FromString(left)
    for was, now in zip(_spans(before), _spans(after), strict=True):
        _sane(was, now)
        _without_ours(was)
        _without_ours(now)
    # Bytes and not messages: NaN is not equal to itself.
    if before.SerializeToString(deterministic=True) != after.SerializeToString(
        deterministic=True
    ):
        raise BrokenPromiseError("something of somebody else's was changed")


def _sane(was: Span, now: Span) -> None:
    """What we wrote: each key once, each number one that can be spent."""
    if was == now:
        return
    had = {kv.key for kv in was.attributes}
    written = [kv for kv in now.attributes if kv.key.startswith(OURS)]
    keys = [kv.key for kv in written]
    new = [key for key in keys if key not in had]
    if len(set(new)) != len(new):
        raise BrokenPromiseError(f"written twice: {sorted(keys)}")
    status = {kv.value.string_value for kv in written if kv.key == STATUS}
    priced = any(each.startswith("priced") for each in status)
    for kv in written:
        ours = kv.key in new or (kv.key == COST and priced)
        if ours and kv.key != AS_IT_CAME and not _spendable(kv.value):
            raise BrokenPromiseError(f"{kv.key} is {kv.value}")


def _spendable(value: AnyValue) -> bool:
    if value.WhichOneof("value") != "double_value":
        return True
    return math.isfinite(value.double_value) and value.double_value >= 0


def _without_ours(span: Span) -> None:
    kept = [kv for kv in span.attributes if not kv.key.startswith(OURS)]
    del span.attributes[:]
    span.attributes.extend(kept)


def _spans(message: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource in message.resource_spans:
        for scope in resource.scope_spans:
            yield from scope.spans


def _sane_charges(enriched: Enriched) -> None:
    charges = enriched.charges
    for charge in charges:
        if charge.atto_usd < 0 or any(count < 0 for count in charge.counts):
            raise BrokenPromiseError(
                f"a charge of {charge.atto_usd} atto-dollars for {charge.counts}"
            )
    ledger = Ledger()
    ledger.add(charges, END_NS)
    if sum(each.atto_usd for each in ledger.accounts) != sum(one.atto_usd for one in charges):
        raise BrokenPromiseError("the books don't say what the charges say")
    enriched.counted()
    if enriched.charges:
        raise BrokenPromiseError("charged again")
