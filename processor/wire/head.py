"""The head of a span, its fields before the attributes, where they stand in the schema's order.

Every known exporter writes ids, name, kind and times first and in this order, and reading them so takes
a few comparisons. Whatever stands otherwise is left to the reader of fields by their tags.
Invariant: never beyond the end of the span. Compiled by mypyc where that works.
"""

from __future__ import annotations

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

IDS: Final = 28
"""Bytes of trace_id = 1 and span_id = 2 with their tags and lengths."""


@final
@mypyc_attr(acyclic=True)
class Head:
    """Where the fields of one head begin; -1 for one that is not there. Used again for the next."""

    def __init__(self) -> None:
        self.parent_at: i64 = -1
        self.start_at: i64 = -1
        self.end_at: i64 = -1

    def read(self, body: bytes, at: i64, end: i64) -> i64:
        """The position after the head of the span in `body[at:end]`; `at` itself where it has none.

        The ids then stand at `at + 2` and `at + 20`. Raises `IndexError` where `end` is beyond the body.
        """
        self.parent_at = self.start_at = self.end_at = -1
        here = at + IDS
        if (
            here > end
            or body[at] != 0x0A  # trace_id = 1, of 16 bytes
            or body[at + 1] != 16
            or body[at + 18] != 0x12  # span_id = 2, of 8 bytes
            or body[at + 19] != 8
        ):
            return at
        if (
            here + 10 <= end and body[here] == 0x22 and body[here + 1] == 8
        ):  # parent_span_id = 4
            self.parent_at = here + 2
            here += 10
        if here + 1 < end and body[here] == 0x2A and body[here + 1] < 128:  # name = 5
            here += 2 + i64(body[here + 1])
        if here + 1 < end and body[here] == 0x30 and body[here + 1] < 128:  # kind = 6
            here += 2
        if here + 9 <= end and body[here] == 0x39:  # start_time_unix_nano = 7
            self.start_at = here + 1
            here += 9
        if here + 9 <= end and body[here] == 0x41:  # end_time_unix_nano = 8
            self.end_at = here + 1
            here += 9
        return here if here <= end else at
