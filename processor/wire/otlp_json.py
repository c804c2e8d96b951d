"""OTLP/JSON to protobuf bytes and back: ids in hex, 64-bit integers as text, enums as numbers.

Lenient where a reader should be (both spellings of a name, numbers as text, unknown fields passed
over), strict in what it writes. Nothing is decoded into message classes. Invariant: what a text says
is what protobuf's own JSON mapping says it is, ids apart; anything else is `Unreadable`, with its path.
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

import binascii
import json
import math
import re
import struct
from typing import TYPE_CHECKING, Any, Final, cast

from processor.wire.fields import Malformed
from processor.wire.otlp_schema import (
    FIXED32,
    FIXED64,
    LENGTH,
    VARINT,
    request_schema,
)
from processor.wire.splice import varint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processor.model import Signal
    from processor.wire.otlp_schema import Field, Schema

MAX_DEPTH: Final = 100
"""Deepest nesting of messages, as protobuf's own parsers have it."""
_SPECIAL: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_DOUBLE, _FLOAT = struct.Struct("<d"), struct.Struct("<f")
# Kind -> lowest and highest value.
_RANGE: Final[Mapping[str, tuple[int, int]]] = {
    **dict.fromkeys(("int64", "sint64", "sfixed64"), (-(2**63), 2**63 - 1)),
    **dict.fromkeys(("uint64", "fixed64"), (0, 2**64 - 1)),
    **dict.fromkeys(("int32", "sint32", "sfixed32", "enum"), (-(2**31), 2**31 - 1)),
    **dict.fromkeys(("uint32", "fixed32"), (0, 2**32 - 1)),
}


_MINUS_ZERO: Final = re.compile(rb"-0\s*[,\]}]")
_TEXTS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


class Unreadable(ValueError):  # noqa: N818 - it is what the text is, not what we did
    """Some text is no OTLP/JSON; says where in it and why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words
        self.path: list[str] = []
        """From the inside out."""

    def __str__(self) -> str:
        path = "".join(reversed(self.path)).removeprefix(".")
        return f"{path}: {self.words}" if path else self.words


def parse(text: bytes, *, aside: bool = False) -> Any:
    """The document in some JSON text (UTF-8); raises `Unreadable`. Bound its length beforehand.

    In a thread *aside* lets the others go on: json gives way to them only where it calls Python.
    """
    try:
        return json.loads(
            text.decode("utf-8-sig"),
            object_hook=_itself if aside else None,
            parse_int=_whole if _MINUS_ZERO.search(text) else None,
        )
    except json.JSONDecodeError as bad:
        raise Unreadable(
            f"is no JSON: {bad.msg}: line {bad.lineno} column {bad.colno}"
        ) from None
    except UnicodeDecodeError as bad:
        raise Unreadable(f"is no UTF-8 text at byte {bad.start}") from None
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except ValueError as bad:  # a number of thousands of digits
        raise Unreadable(f"is no JSON: {bad}") from None


def _itself(document: dict[str, Any]) -> dict[str, Any]:
    return document


def _whole(digits: str) -> float:
    """A number without a point; minus zero, which Go writes as `-0`, is a double."""
    return -0.0 if digits == "-0" else int(digits)


def has_more_values(text: bytes, most: int) -> bool:
    """Whether some JSON text has more values than that: what parsing takes, known beforehand."""
    return _marks(text) > most and _marks(_TEXTS.sub(b"", text)) > most


def _marks(text: bytes) -> int:
    """Commas and opening brackets: no value is without one, but the first."""
    return len(text) - len(text.translate(None, b",[{"))


def to_protobuf(document: Any, signal: Signal) -> bytes:
    """The bytes of the request that a parsed document is; raises `Unreadable`."""
    return encode(document, request_schema(signal))


def to_json(body: bytes, signal: Signal) -> dict[str, Any]:
    """The document of a request's bytes; raises `Malformed`."""
    return decode(body, request_schema(signal))


def text_of(document: Any, *, indent: int | None = None) -> bytes:
    """A document as one line of JSON, or as people read it."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(document, ensure_ascii=False, separators=separators, indent=indent)
    return text.encode()


def encode(document: Any, schema: Schema) -> bytes:
    """The bytes of the message that a document is."""
    return _message(document, schema, MAX_DEPTH)


def _message(document: Any, schema: Schema, depth: int) -> bytes:
    if type(document) is not dict:
        raise Unreadable(f"is no {schema.name}: an object stands for one")
    if depth == 0:
        raise Unreadable("is nested too deeply")
    out: list[bytes] = []
    for key, item in cast("dict[str, Any]", document).items():
        field = schema.by_name.get(key)
        if field is None or item is None:
            continue
        try:
            if field.repeated:
                _repeated(out, field, item, depth)
            else:
                _one(out, field, item, depth)
        except Unreadable as bad:
            bad.path.append(f".{key}")
            raise
    return b"".join(out)


def _repeated(out: list[bytes], field: Field, items: Any, depth: int) -> None:
    if type(items) is not list:
        raise Unreadable("is no list")
    for index, item in enumerate(items):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        try:
            _one(out, field, item, depth)
        except Unreadable as bad:
            bad.path.append(f"[{index}]")
            raise


def _one(out: list[bytes], field: Field, item: Any, depth: int) -> None:
    out.append(varint(field.tag))
    if field.kind == "message":
        payload = _message(item, field.message, depth - 1)
        out.append(varint(len(payload)))
    elif field.wire == LENGTH:
        payload = _WRITE_BYTES[field.kind](item)
        out.append(varint(len(payload)))
    elif field.kind == "bool":
        if type(item) is not bool:
            raise Unreadable("is neither true nor false")
        payload = b"\x01" if item else b"\x00"
    elif field.kind in _RANGE:
        payload = _integer_bytes(field, _integer(item, field))
    else:
        payload = _real_bytes(item, _DOUBLE if field.wire == FIXED64 else _FLOAT)
    out.append(payload)


def _integer(item: Any, field: Field) -> int:
    number: int | None = None
    if type(item) is int:
        number = item
    elif type(item) is str and item in field.enum:
        number = field.enum[item]
    elif (
        type(item) is str
        and len(item) <= 20
        and item.lstrip("-").isdecimal()
        and item.isascii()
    ):
        number = int(item) if item.count("-") < 2 else None
    elif type(item) is float and item.is_integer():
        number = int(item)
    low, high = _RANGE[field.kind]
    if number is None or not low <= number <= high:
        raise Unreadable(f"is no whole number from {low} to {high}")
    return number


def _integer_bytes(field: Field, number: int) -> bytes:
    if field.wire == VARINT:
        if field.kind.startswith("sint"):
            number = number << 1 ^ number >> 63
        return _varint64(number & 0xFFFFFFFFFFFFFFFF)
    width = 8 if field.wire == FIXED64 else 4
    return number.to_bytes(width, "little", signed=field.kind.startswith("s"))


def _varint64(number: int) -> bytes:
    """As `varint`, for all of 64 bits: its own argument is signed."""
    if number < 2**63:
        return varint(number)
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _real_bytes(item: Any, form: struct.Struct) -> bytes:
    if type(item) is str:
        special = _SPECIAL.get(item)
        try:
            item = float(item) if special is None and len(item) < 400 else special
        except ValueError:
            item = None
    if type(item) is not int and type(item) is not float:
        raise Unreadable("is no number")
    try:
        return form.pack(float(item))
    except OverflowError:
        raise Unreadable("is a number out of range") from None


def _text_bytes(item: Any) -> bytes:
    if type(item) is not str:
        raise Unreadable("is no text")
    try:
        return item.encode()
    except UnicodeEncodeError:  # half a surrogate pair is no character
        return item.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _id_bytes(item: Any) -> bytes:
    try:
        return binascii.unhexlify(item)
    except (binascii.Error, ValueError, TypeError):
        raise Unreadable("is no hex; OTLP/JSON writes ids in hex, not in base64") from None


def _base64_bytes(item: Any) -> bytes:
    try:
        plain = item.replace("-", "+").replace("_", "/").rstrip("=")
        return binascii.a2b_base64(plain + "=" * (-len(plain) % 4), strict_mode=True)
    except (binascii.Error, ValueError, AttributeError, TypeError):
        raise Unreadable("is no base64") from None


_WRITE_BYTES: Final[Mapping[str, Callable[[Any], bytes]]] = {
    "string": _text_bytes,
    "id": _id_bytes,
    "bytes": _base64_bytes,
}


def decode(body: bytes, schema: Schema) -> dict[str, Any]:
    """The document of a message's bytes."""
    try:
        return _document(body, 0, len(body), schema, MAX_DEPTH)
    except IndexError:
        raise Malformed("a message ends in the middle of a field") from None


def _document(body: bytes, at: int, end: int, schema: Schema, depth: int) -> dict[str, Any]:
    if depth == 0:
        raise Malformed("messages are nested too deeply")
    document: dict[str, Any] = {}
    heads: dict[str, bytes] = {}
    while at < end:
        tag, at = _varint(body, at, end)
        start, at = _payload(body, at, end, tag)
        field = schema.by_tag.get(tag)
        if field is None:
            continue
        if document and field.oneof:
            for other in field.oneof:
                document.pop(other, None)
                heads.pop(other, None)
        if field.repeated:
            items: list[Any] = document.setdefault(field.name, [])
            if field.wire == LENGTH:
                items.append(_read(body, start, at, field, depth))
            else:
                _numbers(items, body, start, at, field, packed=tag & 7 == LENGTH)
        elif field.kind == "message":
            # Protobuf merges a message that comes twice; so does joining their bytes.
            whole = heads.get(field.name, b"") + body[start:at]
            heads[field.name] = whole
            document[field.name] = _document(whole, 0, len(whole), field.message, depth - 1)
        else:
            value = _read(body, start, at, field, depth)
            if field.explicit or repr(value) != _ABSENT.get(field.kind, "0"):
                document[field.name] = value
            else:
                document.pop(field.name, None)
    return document


# What stands for "not there", by kind and as `repr` has it (-0.0 is there); "0" for the others.
_ABSENT: Final[Mapping[str, str]] = {
    **dict.fromkeys(("string", "bytes", "id"), "''"),
    **dict.fromkeys(("int64", "uint64", "sint64", "fixed64", "sfixed64"), "'0'"),
    **dict.fromkeys(("double", "float"), "0.0"),
    "bool": "False",
}


def _read(body: bytes, start: int, end: int, field: Field, depth: int) -> Any:
    kind = field.kind
    if kind == "message":
        return _document(body, start, end, field.message, depth - 1)
    if kind == "string":
        return body[start:end].decode("utf-8", "replace")
    if kind == "id":
        return body[start:end].hex()
    if kind == "bytes":
        return binascii.b2a_base64(body[start:end], newline=False).decode("ascii")
    return _number(body, start, end, field)[0]


def _numbers(
    items: list[Any], body: bytes, at: int, end: int, field: Field, *, packed: bool
) -> None:
    if not packed:
        items.append(_number(body, at, end, field)[0])
        return
    while at < end:
        item, at = _number(body, at, end, field)
        items.append(item)


def _number(body: bytes, at: int, end: int, field: Field) -> tuple[Any, int]:
    """A number as JSON writes it, and where the next one begins."""
    if field.wire == VARINT:
        number, at = _varint(body, at, end)
        return _as_json(number, field.kind), at
    width = 8 if field.wire == FIXED64 else 4
    stop = at + width
    if stop > end:
        raise Malformed("a number ends after its message")
    if field.kind in {"double", "float"}:
        real: float = (_DOUBLE if width == 8 else _FLOAT).unpack_from(body, at)[0]
        return (real if math.isfinite(real) else _special(real)), stop
    number = int.from_bytes(body[at:stop], "little", signed=field.kind.startswith("s"))
    return (str(number) if width == 8 else number), stop


def _special(real: float) -> str:
    return "NaN" if math.isnan(real) else "Infinity" if real > 0 else "-Infinity"


def _as_json(number: int, kind: str) -> Any:
    if kind == "bool":
        return number != 0
    if kind.startswith("sint"):
        number = number >> 1 ^ -(number & 1)
    elif kind == "int64":
        number -= (number >> 63) << 64
    elif kind in {"int32", "enum"}:
        number &= 0xFFFFFFFF
        number -= (number >> 31) << 32
    elif kind == "uint32":
        number &= 0xFFFFFFFF
    return str(number) if kind.endswith("64") else number


def _varint(body: bytes, at: int, end: int) -> tuple[int, int]:
    number = shift = 0
    while at < end:
        byte = body[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
        if shift > 63:
            raise Malformed("a varint is longer than 10 bytes")
    raise Malformed("a message ends in the middle of a field")


def _payload(body: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where a field's payload begins and ends."""
    wire = tag & 7
    start = at
    if wire == VARINT:
        _, at = _varint(body, at, end)
    elif wire == LENGTH:
        size, start = _varint(body, at, end)
        at = start + size
    elif wire in {FIXED64, FIXED32}:
        at += 8 if wire == FIXED64 else 4
    elif wire == 3:
        at = _after_group(body, at, end, tag)
    else:
        raise Malformed(f"a field has wire type {wire}")
    if at > end or tag < 8:
        raise Malformed(
            "a field ends after its message" if at > end else "a field has number 0"
        )
    return start, at


def _after_group(body: bytes, at: int, end: int, tag: int) -> int:
    """Where a group of a schema that we don't know ends; groups inside it are counted, not nested."""
    open_groups = [tag >> 3]
    while open_groups:
        if len(open_groups) > MAX_DEPTH:
            raise Malformed("groups are nested too deeply")
        tag, at = _varint(body, at, end)
        if tag & 7 == 3:
            open_groups.append(tag >> 3)
        elif tag & 7 == 4:
            if open_groups.pop() != tag >> 3:
                raise Malformed("a group ends that never began")
        else:
            _, at = _payload(body, at, end, tag)
    return at
