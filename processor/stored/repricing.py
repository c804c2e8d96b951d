"""A stored request through the pure part of the path, as the service would take the same bytes.

JSON becomes protobuf on the way in and JSON again on the way out; a request in which nothing was
stamped stays the very bytes it was. Raises what the service would refuse with, in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from processor.errors import Refusal
from processor.model import Signal
from processor.stored.signal import signal_of
from processor.wire.fields import Malformed
from processor.wire.otlp_json import Unreadable, parse, text_of, to_json, to_protobuf

if TYPE_CHECKING:
    from processor.model import Charge
    from processor.stored.pricer import Pricer
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
    items: int = 0
    """Spans, log records or metric points."""
    charges: tuple[Charge, ...] = ()
    faults: int = 0
    stamped: int = 0
    unpriced: int = 0
    """Items of a signal that is not priced."""


def reprice(message: Message, pricer: Pricer, wanted: Wanted) -> Repriced:
    """The request with its calls priced; raises `Refused`."""
    try:
        signal, body = protobuf_of(message)
        counted = pricer.price(signal, body)
        enriched = counted.enriched
        raw = _written(message, body, enriched.body, signal, wanted)
    except (Unreadable, Malformed) as bad:
        several = "; `jq -c .` puts each document on a line" * ("Extra data" in str(bad))
        raise Refused(f"{bad}{several}") from None
    except Refusal as refusal:
        raise Refused(refusal.message) from None
    charges = tuple(enriched.charges)
    enriched.counted()
    return Repriced(
        raw, signal, enriched.items, charges, enriched.faults, counted.stamped, counted.unpriced
    )


def protobuf_of(message: Message) -> tuple[Signal, bytes]:
    """Signal and bytes."""
    if not message.is_json:
        return signal_of(message.raw), message.raw
    document = parse(message.raw)
    if document and isinstance(document, list):
        raise Unreadable(
            "is no OTLP but a list; `jq -c '.[]'` makes a line of each request in it"
        )
    if not isinstance(document, dict):
        raise Unreadable("is no OTLP: an object with `resourceSpans` stands for a request")
    fields = cast("dict[str, Any]", document)
    signal = next((_SIGNALS[key] for key in fields if key in _SIGNALS), None)
    if signal is None:
        if "totals" in fields and "rows" in fields:
            raise Unreadable(
                "is what `replay --json` printed: sums, not calls; `prices diff --usage` reads it"
            )
        if fields:
            raise Unreadable(
                "is no OTLP: it has neither resourceSpans, resourceMetrics nor resourceLogs"
            )
        signal = Signal.TRACES
    return signal, to_protobuf(fields, signal)


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
