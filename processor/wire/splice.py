"""Puts stamps into a request by joining slices of it around what is appended and what is cut.

Only the lengths of the messages around a stamp change; every other byte leaves as it came, fields
unknown to any schema included. Compiled by mypyc where that works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mypy_extensions import i64, mypyc_attr

if TYPE_CHECKING:
    from processor.wire.walk import Frame, SpanView


@final
@mypyc_attr(acyclic=True)
class Edit:
    """What to do to one span: `cuts` are bounds of whole fields in it, ascending and disjoint."""

    def __init__(self, view: SpanView, append: bytes, cuts: list[tuple[int, int]]) -> None:
        self.view: SpanView = view
        self.append: bytes = append
        self.cuts: list[tuple[int, int]] = cuts
        growth: i64 = len(append)
        for start, end in cuts:
            growth -= end - start
        self.growth: i64 = growth
        """Bytes the span's payload grows by; negative where it shrinks."""


def splice(body: bytes, edits: list[Edit]) -> bytes:
    """The request with every edit made. `edits` are in the order of their spans."""
    if not edits:
        return body
    growth = _growth_of_frames(edits)
    source = memoryview(body)
    out: list[object] = []
    done: i64 = 0
    last: Frame | None = None
    outermost: Frame | None = None
    for edit in edits:
        view = edit.view
        frame = view.scope
        if frame is not last:
            parent = frame.parent
            if parent is not None and parent is not outermost:
                out.append(source[done : parent.length_at])
                out.append(varint(_size(parent) + growth[parent.length_at]))
                done = parent.start
                outermost = parent
            out.append(source[done : frame.length_at])
            out.append(varint(_size(frame) + growth[frame.length_at]))
            done = frame.start
            last = frame
        out.append(source[done : view.length_at])
        out.append(varint(view.end - view.start + edit.growth))
        done = view.start
        for start, end in edit.cuts:
            out.append(source[done:start])
            done = end
        out.append(source[done : view.end])
        out.append(edit.append)
        done = view.end
    out.append(source[done:])
    return b"".join(out)  # type: ignore[arg-type]


def varint(number: i64) -> bytes:
    """A non-negative number as a protobuf varint."""
    if number < 128:
        return bytes((number,))
    if number < 16384:
        return bytes((number & 127 | 128, number >> 7))
    out: list[int] = []
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def varint_size(number: i64) -> i64:
    """How many bytes `varint` takes."""
    size: i64 = 1
    while number > 127:
        number >>= 7
        size += 1
    return size


def _growth_of_frames(edits: list[Edit]) -> dict[int, int]:
    """Growth of each enclosing message's payload, by the position of its length.

    A message also grows when the length written before one inside it needs other bytes than it had.
    """
    growth: dict[int, int] = {}
    frames: list[Frame] = []
    for edit in edits:
        view = edit.view
        frame = view.scope
        if frame.length_at not in growth:
            growth[frame.length_at] = 0
            frames.append(frame)
        width = varint_size(view.end - view.start + edit.growth) - (view.start - view.length_at)
        growth[frame.length_at] += edit.growth + width
    for frame in frames:
        parent = frame.parent
        if parent is not None:
            own = growth[frame.length_at]
            width = varint_size(_size(frame) + own) - (frame.start - frame.length_at)
            growth[parent.length_at] = growth.get(parent.length_at, 0) + own + width
    return growth


def _size(frame: Frame) -> i64:
    return frame.end - frame.start
