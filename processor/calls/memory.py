"""What is remembered of the spans that passed: enough to know each again, and each call once.

A span is known by trace and span id, a call by its response id, across traces and requests too.
Everything is bounded: see `Window`. The figures of a counted span are let go at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast, final

from mypy_extensions import mypyc_attr

from processor.calls.window import Window

if TYPE_CHECKING:
    from processor.model import Charge

CAPACITY: Final = 65_536
"""Spans remembered, their parents among them, and as many calls. Full, the service was measured at
about 50 MiB above its resident memory at start (`python -m tests.bench.hop` prints it)."""


@final
@mypyc_attr(acyclic=True)
class Remembered:
    """What is known of a span: that it was settled, and how, or that it stands above a billed one."""

    def __init__(self, parent_key: bytes) -> None:
        self.parent_key: bytes = parent_key
        self.settled: bool = False
        """Whether the span itself has come; what follows is then its own for ever."""
        self.append: bytes = b""
        """Its stamp: attributes, as bytes of a span's field 9, ..."""
        self.keys: frozenset[str] = frozenset()
        """... and their keys, which they replace."""
        self.charge: Charge | None = None
        """What is to be counted once a next hop has answered; None once it was."""
        self.billed: bool = False
        self.covered: bool = False
        """A billed span stands below it, so whatever it counts repeats that."""


COVERED: Final = Remembered(b"")
"""A span that was not seen yet, with a billed one below it."""
COVERED.covered = True


class Memory:
    """All that counting once has to know of the past."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.spans: Window = Window(capacity)
        """By trace id and span id: `Remembered`."""
        self.calls: Window = Window(capacity)
        """Response ids for which a span is billed."""

    def __len__(self) -> int:
        return len(self.spans)

    def span(self, key: bytes) -> Remembered | None:
        """What is known of a span; the empty key is nobody's."""
        return cast("Remembered | None", self.spans.get(key)) if key else None


def key_of(trace_id: bytes, span_id: bytes) -> bytes:
    """A span's identity; empty where it has none that is one (16 and 8 bytes: OTLP)."""
    return trace_id + span_id if len(trace_id) == 16 and len(span_id) == 8 else b""
