"""The two Collector processors that everybody pastes: `memory_limiter` and `batch`.

The first one's limit bounds the bytes in flight; the second one does nothing and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.settings.block import Block
from processor.settings.scalars import whole
from processor.settings.values import MIB

if TYPE_CHECKING:
    from processor.settings.document import Node
    from processor.settings.problems import Report


def admission_bytes(node: Node, report: Report, default: int) -> int:
    """Read `memory_limiter`: the most bytes of requests being worked on at once."""
    block = Block(node, report, "processors.memory_limiter")
    limit_mib = block.take("limit_mib", whole(0, 1024 * 1024), 0)
    block.end()
    return limit_mib * MIB or default


def batch(node: Node, report: Report, *, used: bool) -> None:
    """Read `batch`, and warn that it does nothing here."""
    block = Block(node, report, "processors.batch")
    if used:
        block.warning(
            "requests go on as they come; `sending_queue: {wait_for_result: true, batch: {}}` of an "
            "exporter, or batch in the Collector in front, makes them larger"
        )
    block.end()
