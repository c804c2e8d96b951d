"""A stored request through the pure part of the path, as the service would take the same bytes.

JSON becomes protobuf on the way in and JSON again on the way out; a request in which nothing was
stamped stays the very bytes it was. Raises what the service would refuse with, in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from processor.enrich import Enriched
from processor.errors import Refusal
from processor.model import Signal
from processor.pipeline import check
from processor.wire.fields import Malformed
from processor.wire.otlp_json import Unreadable, parse, text_of, to_json, to_protobuf

if TYPE_CHECKING:
    from pricing import PriceTable
    from processor.enrich import Enricher
    from processor.model import Charge
    from processor.stored.reading import Message
    from processor.stored.writing import Wanted

_SIGNALS = {
    "resourceSpans": Signal.TRACES,
    "resource_spans": Signal.TRACES,
    "resourceMetrics": Signal.METRICS,
    "resource_metrics": Signal.METRICS,
    "resourceLogs": Signal.LOGS,
    "resource_logs": Signal.LOGS,
}


class Refused(ValueError):  # noqa: N818 - an answer about the input
    """A request that the service would not take."""


class Repriced(NamedTuple):
    """A request after pricing."""

    raw: bytes
    """In the encoding that was wanted; as it came where nothing was."""
    signal: Signal
    spans: int = 0
    charges: tuple[Charge, ...] = ()
    faults: int = 0


def reprice(
    message: Message, enricher: Enricher, table: PriceTable, now_unix_ns: int, wanted: Wanted
) -> Repriced:
    """The request with its calls priced by *table*; raises `Refused`."""
    try:
        signal, body = protobuf_of(message)
        if signal is not Signal.TRACES:
            return Repriced(_written(message, body, body, signal, wanted), signal)
        enriched = _enriched(body, enricher, table, now_unix_ns)
        raw = _written(message, body, enriched.body, signal, wanted)
    except (Unreadable, Malformed) as bad:
        raise Refused(str(bad)) from None
    except Refusal as refusal:
        raise Refused(refusal.message) from None
    charges = tuple(enriched.charges)
    enriched.counted()
    return Repriced(raw, signal, enriched.items, charges, enriched.faults)


def protobuf_of(message: Message) -> tuple[Signal, bytes]:
    """Signal and bytes; a protobuf message does not say its signal and is taken for traces."""
    if not message.is_json:
        return Signal.TRACES, message.raw
    document = parse(message.raw)
    if not isinstance(document, dict):
        raise Unreadable("is no OTLP: an object with `resourceSpans` stands for a request")
    fields = cast("dict[str, Any]", document)
    signal = next((_SIGNALS[key] for key in fields if key in _SIGNALS), None)
    if signal is None:
        if "totals" in fields and "rows" in fields:
            raise Unreadable(
                "is what `replay --json` printed: sums, where dated prices and thresholds need "
                "the single calls; give the stored OTLP itself"
            )
        if fields:
            raise Unreadable(
                "is no OTLP: it has neither resourceSpans, resourceMetrics nor resourceLogs"
            )
        signal = Signal.TRACES
    return signal, to_protobuf(fields, signal)


def _enriched(body: bytes, enricher: Enricher, table: PriceTable, now: int) -> Enriched:
    try:
        return enricher.enrich(body, table, now)
    except Malformed as problem:
        check(body, problem)  # what only we doubt goes on as it came
        return Enriched(body)


def _written(
    message: Message, came: bytes, left: bytes, signal: Signal, wanted: Wanted
) -> bytes:
    if wanted == "nothing":
        return message.raw
    json_wanted = message.is_json if wanted == "same" else wanted == "jsonl"
    if json_wanted == message.is_json and came is left:
        return message.raw if wanted == "same" or not json_wanted else _one_line(message)
    if not json_wanted:
        return left
    readable = wanted == "same" and b"\n" in message.raw
    return text_of(to_json(left, signal), indent=2 if readable else None)


def _one_line(message: Message) -> bytes:
    return message.raw if b"\n" not in message.raw else text_of(parse(message.raw))
