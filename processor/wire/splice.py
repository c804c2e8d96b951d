"""Puts stamps into a request by joining slices of it around what is appended and what is cut.

Only the lengths of the messages around a stamp change; every other byte leaves as it came, fields
unknown to any schema included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.wire.walk import Frame, SpanView


class Edit(NamedTuple):
    """What to do to one span: `cuts` are bounds of whole fields in it, ascending and disjoint."""

    view: SpanView
    append: bytes
    cuts: tuple[tuple[int, int], ...] = ()

    @property
    def growth(self) -> int:
        """Bytes the span's payload grows by; negative where it shrinks."""
        return len(self.append) - sum(end - start for start, end in self.cuts)


def splice(body: bytes, edits: Sequence[Edit]) -> bytes:
    """The request with every edit made. `edits` are in the order of their spans."""
    if not edits:
        return body
    growth = _growth_of_frames(edits)
    out: list[bytes | memoryview] = []
    source = memoryview(body)
    done = 0
    opened: set[int] = set()
    for edit in edits:
        view = edit.view
        for frame in _outer_first(view.scope):
            if frame.length_at not in opened:
                opened.add(frame.length_at)
                out += (
                    source[done : frame.length_at],
                    varint(_size(frame) + growth[frame.length_at]),
                )
                done = frame.start
        out += (source[done : view.length_at], varint(view.end - view.start + edit.growth))
        done = view.start
        for start, end in edit.cuts:
            out.append(source[done:start])
            done = end
        out += (source[done : view.end], edit.append)
        done = view.end
    out.append(source[done:])
    return b"".join(out)


def varint(number: int) -> bytes:
    """A non-negative number as a protobuf varint."""
    if number < 128:
        return bytes((number,))
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _growth_of_frames(edits: Sequence[Edit]) -> dict[int, int]:
    """Growth of each enclosing message's payload, by the position of its length.

    A message also grows when the length written before one inside it needs other bytes than it had.
    """
    growth: dict[int, int] = {}
    frames: dict[int, Frame] = {}
    for edit in edits:
        view = edit.view
        size = view.end - view.start
        inner = edit.growth + len(varint(size + edit.growth)) - (view.start - view.length_at)
        frame = view.scope
        frames[frame.length_at] = frame
        growth[frame.length_at] = growth.get(frame.length_at, 0) + inner
    for frame in frames.values():
        parent = frame.parent
        if parent is None:
            continue
        own = growth[frame.length_at]
        inner = own + len(varint(_size(frame) + own)) - (frame.start - frame.length_at)
        growth[parent.length_at] = growth.get(parent.length_at, 0) + inner
    return growth


def _outer_first(scope: Frame) -> tuple[Frame, ...]:
    return (scope,) if scope.parent is None else (scope.parent, scope)


def _size(frame: Frame) -> int:
    return frame.end - frame.start
