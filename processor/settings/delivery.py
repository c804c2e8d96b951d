"""What an exporter does about a next hop that does not take data: try again, keep it meanwhile.

Reads `retry_on_failure` and `sending_queue`, the Collector's own keys and defaults, but that both are
off unless they are written: the sender has the data and hears what became of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.settings.scalars import boolean, duration, number, text, whole
from processor.settings.values import QueueSettings, RetrySettings

if TYPE_CHECKING:
    from processor.settings.block import Block


def delivery(block: Block) -> tuple[RetrySettings, QueueSettings]:
    """Both of an exporter; a queue without retries would drop what is refused once."""
    queued = queue(block.block("sending_queue"))
    written = block.child("retry_on_failure")
    enabled = queued.enabled or (written is not None and isinstance(written.value, dict))
    return retry(block.block("retry_on_failure"), enabled=enabled), queued


def retry(block: Block, *, enabled: bool) -> RetrySettings:
    """Read `retry_on_failure`; *enabled* where it does not say."""
    default = RetrySettings()
    read = RetrySettings(
        enabled=block.take("enabled", boolean, default=enabled),
        initial_interval_s=block.take(
            "initial_interval", duration(), default.initial_interval_s
        ),
        randomization_factor=block.take("randomization_factor", number(0, 1), 0.5),
        multiplier=block.take("multiplier", number(1, 100), default.multiplier),
        max_interval_s=block.take("max_interval", duration(), default.max_interval_s),
        max_elapsed_time_s=block.take(
            "max_elapsed_time", duration(), default.max_elapsed_time_s
        ),
    )
    block.end()
    return read


def queue(block: Block) -> QueueSettings:
    """Read `sending_queue`."""
    read = QueueSettings(
        enabled=block.take("enabled", boolean, default=False),
        num_consumers=block.take("num_consumers", whole(1, 10_000), 10),
        queue_size=block.take("queue_size", whole(1, 2**40), 1000),
        storage=block.take("storage", text, ""),
    )
    for key in ("sizer", "block_on_overflow", "wait_for_result", "batch"):
        block.child(key)
    block.end()
    return read
