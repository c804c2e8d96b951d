"""Spans and log records that a service before us stamped: how many they are, and off with it.

What came with the span is put back as far as the stamp tells: a cost that was replaced stands under
`gen_ai.usage.cost` again, one that stood is left alone. Invariant: nothing else changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.calls.subtree import KEYS as SUBTREE
from processor.conventions import COST
from processor.model import Signal, Source
from processor.stamp import OWN, REPORTED, SOURCE, STATUS
from processor.wire.attributes import double_attribute
from processor.wire.keys import LOG_RECORDS, SPANS, KeyTable
from processor.wire.records import for_records, read_record
from processor.wire.splice import Edit, splice
from processor.wire.walk import read, scan

if TYPE_CHECKING:
    from processor.wire.walk import SpanView

_MARK: Final = STATUS.encode()
_OURS: Final = OWN | SUBTREE
_TAGS: Final = {Signal.TRACES: SPANS, Signal.LOGS: LOG_RECORDS}


class Stamped:
    """Looks for stamps; `written` are the attributes that the configured conventions write."""

    def __init__(self, written: frozenset[str]) -> None:
        self._written = written | _OURS
        self._keys = {
            signal: KeyTable({*self._written, COST}, [STATUS], tag)
            for signal, tag in _TAGS.items()
        }

    def count(self, signal: Signal, body: bytes) -> int:
        """How many carry a stamp. Raises `Malformed`."""
        return len(self._views(signal, body))

    def removed(self, signal: Signal, body: bytes) -> tuple[bytes, int]:
        """The request without stamps, and how many there were. Raises `Malformed`."""
        edits = [self._edit(signal, body, view) for view in self._views(signal, body)]
        return splice(body, edits), len(edits)

    def _views(self, signal: Signal, body: bytes) -> list[SpanView]:
        if _MARK not in body or signal not in self._keys:
            return []
        return scan(body, self._keys[signal]).views

    def _edit(self, signal: Signal, body: bytes, view: SpanView) -> Edit:
        keys = self._keys[signal]
        if signal is Signal.LOGS:
            read_record(body, view, keys, self._written)
        else:
            read(body, view, keys, self._written)
        said = view.attributes
        ours = said.get(SOURCE) not in {None, Source.REPORTED}
        cut = self._written if ours else _OURS
        append = b""
        before = said.get(REPORTED)
        if ours and isinstance(before, float):
            append = double_attribute(COST.encode(), before)
        cuts = [(start, end) for key, start, end in view.places if key in cut]
        return Edit(view, for_records(append) if signal is Signal.LOGS else append, cuts)
