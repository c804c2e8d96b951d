"""Every span of a request with its ids, for those who have to know who stands above whom.

Views like those of `walk.scan`, whose frames they share where they have the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mypy_extensions import i64  # noqa: TC002 - mypyc has it from here

from processor.wire.fields import Malformed, payload_at, skip, tag_at
from processor.wire.walk import Frame, SpanView

if TYPE_CHECKING:
    from collections.abc import Iterable


@final
class Everyone:
    """All spans of a request that was walked before, in their order."""

    def __init__(self, body: bytes, known: Iterable[SpanView]) -> None:
        self.body: bytes = body
        self.views: list[SpanView] = []
        self._frames: dict[int, Frame] = {}
        for view in known:
            self._frames[int(view.scope.length_at)] = view.scope
            if view.scope.parent is not None:
                self._frames[int(view.scope.parent.length_at)] = view.scope.parent
        try:
            self._within(0, len(body), None, 0x0A)
        except IndexError as error:  # spans without a mark were passed over when it was walked
            raise Malformed("a span ends in the middle of a field") from error

    def _within(self, at: i64, end: i64, frame: Frame | None, wanted: i64) -> None:
        """Resources in a request, scopes in a resource, spans in a scope."""
        body = self.body
        while at < end:
            tag, at = tag_at(body, at, end)
            if tag != wanted:
                at = skip(body, at, end, tag)
                continue
            length_at = at
            at, stop = payload_at(body, at, end)
            if frame is not None and frame.parent is not None:
                self._span(length_at, at, stop, frame)
            else:
                inner = self._frames.get(int(length_at)) or Frame(length_at, at, stop, frame)
                self._within(at, stop, inner, 0x12)
            at = stop

    def _span(self, length_at: i64, at: i64, end: i64, frame: Frame) -> None:
        view = SpanView(length_at, at, end, frame)
        body = self.body
        while at < end:
            tag, at = tag_at(body, at, end)
            if tag in {0x0A, 0x12, 0x22}:
                at, stop = payload_at(body, at, end)
                if tag == 0x0A:  # trace_id = 1
                    view.trace_id = body[at:stop]
                elif tag == 0x12:  # span_id = 2
                    view.span_id = body[at:stop]
                else:  # parent_span_id = 4
                    view.parent_id = body[at:stop]
                at = stop
            else:
                at = skip(body, at, end, tag)
        self.views.append(view)
