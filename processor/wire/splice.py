"""Puts stamps into a request by joining slices of it around what is appended and what is cut.

Only the lengths of the messages around a stamp change; every other byte leaves as it came, fields
unknown to any schema included. `patch` says the same to another process. Compiled by mypyc where that works.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, cast, final

from mypy_extensions import i64, mypyc_attr

if TYPE_CHECKING:
    from processor.wire.walk import Frame, SpanView


STEP: Final = struct.Struct("<III")
"""Of a patch: up to where the body is copied, from where it goes on, how many bytes stand between."""
STEP_BYTES: Final = 12
COPIED: Final = 1024
"""Longest slice that is copied, in bytes."""
TWO_BYTES: Final = [bytes((low, high)) for high in range(128) for low in range(128, 256)]
"""Varints from 128 to 16,383 by number, 128 being the one at 128."""


@final
@mypyc_attr(acyclic=True)
class Edit:
    """What to do to one span: `cuts` are bounds of whole fields in it, ascending and disjoint."""

    def __init__(self, view: SpanView, append: bytes, cuts: list[tuple[int, int]]) -> None:
        self.view: SpanView = view
        self.append: bytes = append
        self.cuts: list[tuple[int, int]] = cuts
        growth: i64 = len(append)
        if cuts:
            for start, end in cuts:
                growth -= end - start
        self.growth: i64 = growth
        """Bytes the span's payload grows by; negative where it shrinks."""


def splice(body: bytes, edits: list[Edit]) -> bytes:
    """The request with every edit made. `edits` are in the order of their spans."""
    if not edits:
        return body
    _grow_frames(edits)
    out: list[bytes | memoryview] = []
    source = memoryview(body)
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
                out.append(varint(_size(parent) + parent.growth))
                done = parent.start
                outermost = parent
            _copy(body, source, done, frame.length_at, out)
            out.append(varint(_size(frame) + frame.growth))
            done = frame.start
            last = frame
        _copy(body, source, done, view.length_at, out)
        out.append(varint(view.end - view.start + edit.growth))
        done = view.start
        for start, end in edit.cuts:
            out.append(source[done:start])
            done = end
        _copy(body, source, done, view.end, out)
        out.append(edit.append)
        done = view.end
    out.append(source[done:])
    return b"".join(out)


def patch(edits: list[Edit]) -> bytes:
    """What `splice` does, for whoever has the body: `patched` does it. Empty where nothing is done."""
    if not edits:
        return b""
    _grow_frames(edits)
    out: list[bytes] = []
    last: Frame | None = None
    outermost: Frame | None = None
    for edit in edits:
        view = edit.view
        frame = view.scope
        if frame is not last:
            parent = frame.parent
            if parent is not None and parent is not outermost:
                _step(
                    parent.length_at, parent.start, varint(_size(parent) + parent.growth), out
                )
                outermost = parent
            _step(frame.length_at, frame.start, varint(_size(frame) + frame.growth), out)
            last = frame
        _step(view.length_at, view.start, varint(view.end - view.start + edit.growth), out)
        for start, end in edit.cuts:
            _step(start, end, b"", out)
        _step(view.end, view.end, edit.append, out)
    return b"".join(out)


def _step(upto: i64, resume: i64, instead: bytes, out: list[bytes]) -> None:
    """Copy up to a place, write this, go on from another place."""
    out.append(STEP.pack(upto, resume, len(instead)))
    out.append(instead)


def patched(body: bytes, steps: bytes) -> bytes:
    """The body with every step of a `patch` taken."""
    if not steps:
        return body
    out: list[bytes | memoryview] = []
    source = memoryview(body)
    at: i64 = 0
    done: i64 = 0
    end: i64 = len(steps)
    while at < end:
        upto, resume, size = cast("tuple[int, int, int]", STEP.unpack_from(steps, at))
        at += STEP_BYTES
        _copy(body, source, done, upto, out)
        out.append(steps[at : at + size])
        at += size
        done = resume
    out.append(source[done:])
    return b"".join(out)


def _copy(
    body: bytes, source: memoryview, start: i64, end: i64, out: list[bytes | memoryview]
) -> None:
    """Adds a slice: a copy of what is small, which is quicker than a view of it, a view of the rest."""
    if end - start <= COPIED:
        out.append(body[start:end])
    else:
        out.append(source[start:end])


def varint(number: i64) -> bytes:
    """A non-negative number as a protobuf varint."""
    if number < 128:
        return bytes((number,))
    if number < 16384:
        return TWO_BYTES[number]
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


def _grow_frames(edits: list[Edit]) -> None:
    """Notes the growth of each enclosing message's payload.

    A message also grows when the length written before one inside it needs other bytes than it had.
    """
    frames: list[Frame] = []
    last: Frame | None = None
    for edit in edits:
        view = edit.view
        frame = view.scope
        if frame is not last:
            frame.growth = 0
            if frame.parent is not None:
                frame.parent.growth = 0
            frames.append(frame)
            last = frame
        width = varint_size(view.end - view.start + edit.growth) - (view.start - view.length_at)
        frame.growth += edit.growth + width
    for frame in frames:
        parent = frame.parent
        if parent is not None:
            own = frame.growth
            width = varint_size(_size(frame) + own) - (frame.start - frame.length_at)
            parent.growth += own + width


def _size(frame: Frame) -> i64:
    return frame.end - frame.start
