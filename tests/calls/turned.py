"""Requests in the bytes of a Collector, which writes the fields of each message from the last to the first.

Fields of one number keep their order. Lengths stay the same, since nothing but the order changes.
"""

from __future__ import annotations

from typing import Final

from processor.wire.fields import payload_at, skip, tag_at

Messages = dict[int, "Messages"]
"""Tags of fields that hold messages, and those within them."""
PAIR: Final[Messages] = {}
SPAN: Final[Messages] = {0x4A: PAIR}
REQUEST: Final[Messages] = {0x0A: {0x0A: {0x0A: PAIR}, 0x12: {0x0A: {}, 0x12: SPAN}}}


def turned(body: bytes, messages: Messages = REQUEST) -> bytes:
    """The same message, written from the last field to the first."""
    at, fields = 0, list[tuple[int, bytes]]()
    while at < len(body):
        begin = at
        tag, at = tag_at(body, at, len(body))
        length_at = at
        at = skip(body, at, len(body), tag)
        field = body[begin:at]
        if tag in messages:
            start, stop = payload_at(body, length_at, len(body))
            field = body[begin:start] + turned(body[start:stop], messages[tag])
        fields.append((tag >> 3, field))
    return b"".join(field for _, field in sorted(fields, key=lambda each: -each[0]))
