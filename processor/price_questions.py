"""Requests to the price service as questions to the table: checked whole, every fault named by field.

Pure. Everything is bounded: lengths of text, number of entries, size of counts.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from pricing import Question
from pricing.listing import Wanted
from pricing.problems import nearest
from pricing.providers import canonical
from pricing.rows import FACTS
from pricing.usage import CLASSES, Unit
from processor.errors import Code
from processor.price_gate import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import grpc

    from processor.price_gate import Reason

MAX_TEXT: Final = 1024
MAX_ATTRIBUTES: Final = 64
MAX_COUNT: Final = 10**15
"""Largest count of anything; a double is exact up to nine times as many."""


class BadRequest(Refused):
    """A question that makes no sense; says which field, and how to mend it."""

    def __init__(
        self,
        words: str,
        reason: Reason = "invalid",
        code: grpc.StatusCode = Code.INVALID_ARGUMENT,
    ) -> None:
        super().__init__(words, reason, code)


def parsed(message_class: Any, request: bytes) -> Any:
    """The request as a message; raises `BadRequest`."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - protobuf, once asked

    try:
        return message_class.FromString(request)
    except DecodeError:
        name = message_class.DESCRIPTOR.full_name
        raise BadRequest(f"these bytes are no {name}; is the client's .proto ours?") from None


def asked(request: Any) -> tuple[Question, Mapping[str, int | Decimal], int]:
    """Question, usage and time (0: now) of a QuoteRequest; raises `BadRequest`."""
    _check_texts(request)
    if not request.model and not request.request_model:
        raise BadRequest("model: is empty; name the model that is to be priced")
    if len(request.attributes) > MAX_ATTRIBUTES:
        raise BadRequest(
            f"attributes: has {len(request.attributes)} of them; {MAX_ATTRIBUTES} at most"
        )
    for name, text in request.attributes.items():
        if len(name) + len(text) > MAX_TEXT:
            raise BadRequest(f"attributes[{name[:40]}]: is longer than {MAX_TEXT} characters")
        if name not in FACTS:
            words = nearest(name[:40], FACTS)
            raise BadRequest(
                f"attributes[{name[:40]}]: is no fact that prices depend on{words}"
            )
        if name == "batch" and text not in {"", "true", "false"}:
            raise BadRequest("attributes[batch]: is true or false; or use the field `batch`")
    question = Question(
        model=request.model,
        request_model=request.request_model,
        provider=canonical(request.provider) if request.provider else "",
        operation=request.operation or "chat",
        endpoint=request.server_address,
        service_tier=request.service_tier,
        batch=request.batch or request.attributes.get("batch") == "true",
        region=request.region,
        attributes=tuple(
            (name, text)
            for name, text in sorted(request.attributes.items())
            if text and name != "batch"
        ),
    )
    return question, dict(_usage(request.usage)), int(request.time_unix_nano)


def wanted_rows(request: Any, now_unix_ns: int) -> Wanted:
    """The filter of a ListPricesRequest; raises `BadRequest`."""
    _check_texts(request)
    if request.usage_class and request.usage_class not in CLASSES:
        raise BadRequest(f"usage_class: {_unknown(request.usage_class)}")
    if request.page_size < 0:
        raise BadRequest(f"page_size: {request.page_size} is less than 0; leave it out for 100")
    at = int(request.time_unix_nano) or now_unix_ns
    return Wanted(
        canonical(request.provider) if request.provider else "",
        request.model.strip().lower(),
        request.usage_class,
        None if request.history else at,
    )


def _check_texts(request: Any) -> None:
    for field, value in request.ListFields():
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise BadRequest(f"{field.name}: is longer than {MAX_TEXT} characters")


def _usage(counts: Mapping[str, float]) -> Iterator[tuple[str, int | Decimal]]:
    """Counts in the order of the classes, whatever the order they came in."""
    for name in counts:
        if name not in CLASSES:
            raise BadRequest(f"usage[{name[:40]}]: {_unknown(name)}")
    for name, kind in CLASSES.items():
        if name not in counts:
            continue
        count = counts[name]
        if not 0 <= count <= MAX_COUNT:
            raise BadRequest(f"usage[{name}]: {count} is no count from 0 to {MAX_COUNT:.0e}")
        if count.is_integer():
            yield name, int(count)
        elif kind.unit is Unit.SECOND:
            yield name, Decimal(repr(count))  # the shortest decimal that reads as this double
        else:
            raise BadRequest(f"usage[{name}]: {count} is not whole, as {kind.unit}s are")


def _unknown(name: str) -> str:
    return f"{name[:40]!r} is no usage class{nearest(name[:40], CLASSES)}"
