"""What is remembered of the spans that passed: enough to know each again, and each call once.

A span is known by trace and span id, a call by its response id, across traces and requests too.
Everything is bounded: see `Window`. The settled figures of a counted span are let go at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from processor.calls.window import Window

if TYPE_CHECKING:
    from processor.model import Charge
    from processor.stamp import Stamp

CAPACITY: Final = 65_536
"""Spans remembered: measured at about 600 bytes each, so at most 40 MiB."""


@dataclass(slots=True)
class Remembered:
    """A span that was settled: its stamp is its own for ever, its charge counts once."""

    stamp: Stamp
    charge: Charge | None
    """What is to be counted when a next hop has answered; None once it was."""
    parent_key: bytes
    billed: bool


class Memory:
    """All that counting once has to know of the past."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.spans: Window[bytes, Remembered] = Window(capacity)
        """By trace id and span id."""
        self.calls: Window[str, bytes] = Window(capacity)
        """Response id to the key of the span that is billed for it."""
        self.covered: Window[bytes, bool] = Window(capacity)
        """Keys of spans with a billed span below them, whether they came yet or not."""

    def __len__(self) -> int:
        return len(self.spans)


def key_of(trace_id: bytes, span_id: bytes) -> bytes:
    """A span's identity; empty where it has none and cannot be known again."""
    return trace_id + span_id if span_id else b""
