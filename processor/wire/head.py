"""The head of a span: its fields before the attributes, or behind them, where they stand as most write them.

SDKs write fields in the schema's order, ids, name, kind and times first; a Collector writes them from the
last to the first, so that these end the span. Reading them so takes a few comparisons; whatever stands
otherwise is left to the reader of fields by their tags.
Invariant: never beyond the end of the span. Compiled by mypyc where that works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from mypy_extensions import mypyc_attr

if TYPE_CHECKING:
    from mypy_extensions import i64

IDS: Final = 28
"""Bytes of trace_id = 1 and span_id = 2 with their tags and lengths."""
BACK: Final = 0x41
"""Tag of end_time_unix_nano = 8, with which a head that ends a span begins."""


@final
@mypyc_attr(acyclic=True)
class Head:
    """Where the values of one head begin; -1 for one that is not there. Used again for the next."""

    def __init__(self) -> None:
        self.trace_id_at: i64 = -1
        self.span_id_at: i64 = -1
        self.parent_id_at: i64 = -1
        self.start_at: i64 = -1
        self.end_at: i64 = -1

    def read(self, body: bytes, at: i64, end: i64) -> i64:
        """The position after the head that begins the span in `body[at:end]`; `at` where none does.

        Raises `IndexError` where `end` is beyond the body.
        """
        here = at + IDS
        if (
            here > end
            or body[at] != 0x0A  # trace_id = 1, of 16 bytes
            or body[at + 1] != 16
            or body[at + 18] != 0x12  # span_id = 2, of 8 bytes
            or body[at + 19] != 8
        ):
            return at
        parent_id_at: i64 = -1
        start_at: i64 = -1
        end_at: i64 = -1
        if (
            here + 10 <= end and body[here] == 0x22 and body[here + 1] == 8
        ):  # parent_span_id = 4
            parent_id_at = here + 2
            here += 10
        if here + 1 < end and body[here] == 0x2A and body[here + 1] < 128:  # name = 5
            here += 2
            here += body[here - 1]
        if here + 1 < end and body[here] == 0x30 and body[here + 1] < 128:  # kind = 6
            here += 2
        if here + 9 <= end and body[here] == 0x39:  # start_time_unix_nano = 7
            start_at = here + 1
            here += 9
        if here + 9 <= end and body[here] == 0x41:  # end_time_unix_nano = 8
            end_at = here + 1
            here += 9
        if here > end:
            return at
        self.trace_id_at, self.span_id_at, self.parent_id_at = at + 2, at + 20, parent_id_at
        self.start_at, self.end_at = start_at, end_at
        return here

    def read_back(self, body: bytes, at: i64, end: i64) -> i64:
        """`end`, where `body[at:end]` is a head from its last field to its first, or else `at`."""
        here = at + 9
        start_at: i64 = -1
        parent_id_at: i64 = -1
        if here > end or body[at] != BACK:  # a tag may be written longer than it is
            return at
        if here + 9 <= end and body[here] == 0x39:  # start_time_unix_nano = 7
            start_at = here + 1
            here += 9
        if here + 1 < end and body[here] == 0x30 and body[here + 1] < 128:  # kind = 6
            here += 2
        if here + 1 < end and body[here] == 0x2A and body[here + 1] < 128:  # name = 5
            here += 2
            here += body[here - 1]
        if (
            here + 10 <= end and body[here] == 0x22 and body[here + 1] == 8
        ):  # parent_span_id = 4
            parent_id_at = here + 2
            here += 10
        if (
            here + IDS != end
            or body[here] != 0x12  # span_id = 2, of 8 bytes
            or body[here + 1] != 8
            or body[here + 10] != 0x0A  # trace_id = 1, of 16 bytes
            or body[here + 11] != 16
        ):
            return at
        self.span_id_at, self.trace_id_at, self.parent_id_at = here + 2, here + 12, parent_id_at
        self.start_at, self.end_at = start_at, at + 1
        return end
